// SPDX-License-Identifier: GPL-3.0-or-later
// A request head of any bytes: a path that comes out begins with a slash and can leave no folder.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/bytes.h"
#include "web/http_message.h"

namespace {

using namespace patchcord::web;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_path(std::string_view path) {
  require(path.starts_with('/'));
  require(path.find('\\') == std::string_view::npos);
  require(path.find('\0') == std::string_view::npos);
  require(path.find("/../") == std::string_view::npos && !path.ends_with("/.."));
  require(path.find("/./") == std::string_view::npos && !path.ends_with("/."));
}

// HEAD is answered with the head of what GET gets, and that ends where it says.
void check_response(std::string_view text) {
  Response response;
  response.status = text.size() % 2 == 0 ? 200 : 404;
  response.content_type = "text/plain";
  response.body = text;
  const std::string full = print_response(response, Method::kGet, Persistence::kClose);
  const std::string head = print_response(response, Method::kHead, Persistence::kClose);
  require(full == head + std::string(text) && head.ends_with("\r\n\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = patchcord::as_text({data, size});
  if (const auto head = parse_head(text)) {
    check_path(head->request.path);
    require(!head->is_websocket_upgrade || head->request.method == Method::kGet);
    const auto& headers = head->request.headers;
    if (!headers.empty()) {
      require(head->request.header(headers.front().first) == headers.front().second);
    }
    for (const auto& [name, value] : headers) {
      require(value.find('\n') == std::string::npos && value.find('\r') == std::string::npos);
    }
  }
  if (const auto target = parse_target(text)) check_path(target->path);
  check_response(text);
  return 0;
}

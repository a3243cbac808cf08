// SPDX-License-Identifier: GPL-3.0-or-later
// A request head of any bytes: a path that comes out begins with a slash and can leave no folder.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/bytes.h"
#include "web/http_message.h"

namespace {

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace patchcord::web;
  const std::string_view text = patchcord::as_text({data, size});
  if (const auto head = parse_head(text)) {
    check_path(head->request.path);
    require(!head->is_websocket_upgrade || head->request.method == Method::kGet);
    for (const auto& [name, value] : head->request.headers) {
      require(value.find('\n') == std::string::npos && value.find('\r') == std::string::npos);
    }
  }
  if (const auto target = parse_target(text)) check_path(target->path);
  return 0;
}

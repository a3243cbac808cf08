// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/uri.h"

using namespace patchcord::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Two URIs on two lines: who is like whom does not depend on who is asked.
void compare(std::string_view text) {
  const size_t line = text.find('\n');
  if (line == text.npos) return;
  const auto a = Uri::parse(text.substr(0, line));
  const auto b = Uri::parse(text.substr(line + 1));
  if (!a || !b) return;
  require(a->equivalent(*b) == b->equivalent(*a));
  if (*a == *b) require(a->equivalent(*b));
  if (a->equivalent(*b)) require(a->scheme_text() == b->scheme_text());
}

}  // namespace

// A URI prints to itself and equals itself; and any bytes at all may be set as user, parameter or
// header and come back as they were.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 8192) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto uri = Uri::parse(text)) {
    const auto again = Uri::parse(uri->to_string());
    require(again && *again == *uri && again->to_string() == uri->to_string());
    require(uri->equivalent(*again));
  }
  compare(text);
  const Uri number = Uri::tel(text);
  if (!number.user().empty() && number.user() != "+") {
    const auto again = Uri::parse(number.to_string());
    require(again && *again == number && again->user_text() == number.user());
  }
  auto set = Uri::sip(text, "example.com", 5060);
  set->params().set("p", text);
  set->add_header("h", text);
  const auto read = Uri::parse(set->to_string());
  require(read && read->user_text() == text && read->host() == "example.com");
  require(read->params().text("p") == text && read->embedded_header("h") == text);

  auto header = Params::parse(text, Params::Kind::kHeader);
  if (header) {
    header->set("x", text);
    size_t count = 0;
    for (size_t at = 0; header->next(at);) ++count;
    const bool reads = Params::parse(header->to_string(), Params::Kind::kHeader).has_value();
    require(reads || count > kMaxParams);
  }
  return 0;
}

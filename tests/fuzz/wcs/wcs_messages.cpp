// SPDX-License-Identifier: GPL-3.0-or-later
// Whatever parses prints to a text that parses again, to the same message, and prints the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "core/bytes.h"
#include "wcs/messages.h"

namespace {

using namespace patchcord::wcs;

// Boost.JSON 1.81 reads a real number with an error of one unit in the last place, so text that
// keeps one inside (custom, echo, payload) may move by that when read again.
bool has_real_number(std::string_view text) {
  size_t digits = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      if (++digits >= 18) return true;
      continue;
    }
    if (digits > 0 && (c == '.' || c == 'e' || c == 'E')) return true;
    digits = 0;
  }
  return false;
}

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Parse>
void check(std::string_view text, Parse parse) {
  const auto first = parse(text);
  if (!first) return;
  const std::string once = print(*first);
  require(once.find("\"data\":[") != std::string::npos);
  if (has_real_number(text)) return;
  const auto second = parse(once);
  require(second.ok() || once.size() > kMaxText);
  if (!second) return;
  require(second->index() == first->index());
  require(print(*second) == once);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = patchcord::as_text({data, size});
  check(text, parse_client);
  check(text, parse_server);
  return 0;
}

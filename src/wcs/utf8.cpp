// SPDX-License-Identifier: GPL-3.0-or-later
#include "wcs/utf8.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace patchcord::wcs {
namespace {

// Bytes of the well-formed character at the start of text, 0 if there is none. RFC 3629 4: the
// second byte has a narrower range after E0, ED, F0 and F4 (no overlong form, no surrogate, no more
// than U+10FFFF).
size_t character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  size_t length = 0;
  if (lead >= 0xc2 && lead <= 0xdf) length = 2;
  if (lead >= 0xe0 && lead <= 0xef) length = 3;
  if (lead >= 0xf0 && lead <= 0xf4) length = 4;
  if (length == 0 || text.size() < length) return 0;
  const uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::string valid_utf8(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t length = character(text);
    out += length > 0 ? text.substr(0, length) : kReplacement;
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out;
}

bool is_one_line(std::string_view text) {
  const bool control = std::any_of(
      text.begin(), text.end(), [](char c) { return static_cast<uint8_t>(c) < 0x20 || c == 0x7f; });
  if (control) return false;
  constexpr std::array<std::string_view, 3> kSeparators{"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9"};
  return std::none_of(kSeparators.begin(), kSeparators.end(), [&](std::string_view separator) {
    return text.find(separator) != std::string_view::npos;
  });
}

}  // namespace patchcord::wcs

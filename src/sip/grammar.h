// SPDX-License-Identifier: GPL-3.0-or-later
// The small words of the SIP grammar, shared by the parsers of this room: character classes,
// tokens, quoted strings, comma lists. Each function looks at each byte once. Private to sip/.
// Thread: any. RFC 3261 section 25.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchcord::sip {

namespace chars {
inline constexpr uint16_t kDigit = 1, kHex = 2, kAlnum = 4, kToken = 8, kUnreserved = 16,
                          kUser = 32, kPassword = 64, kUriParam = 128, kUriHeader = 256,
                          kHost = 512, kParamValue = 1024, kOpaque = 2048, kDisplay = 4096;

constexpr std::array<uint16_t, 256> make_table() {
  std::array<uint16_t, 256> table{};
  const auto mark = [&table](std::string_view set, unsigned classes) {
    for (const char c : set) {
      auto& slot = table[static_cast<uint8_t>(c)];
      slot = static_cast<uint16_t>(slot | classes);
    }
  };
  constexpr unsigned everywhere = kToken | kUnreserved | kUser | kPassword | kUriParam |
                                  kUriHeader | kParamValue | kOpaque | kDisplay;
  mark("0123456789", kDigit | kHex | kAlnum | kHost | everywhere);
  mark("abcdefABCDEF", kHex | kAlnum | kHost | everywhere);
  mark("ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ", kAlnum | kHost | everywhere);
  mark("-.!%*_+`'~", kToken | kDisplay);
  mark("-_.!~*'()", kUnreserved | kUser | kPassword | kUriParam | kUriHeader);
  mark("&=+$,;?/#", kUser);  // '#' is not of the grammar, but "#31#" is dialled every day
  mark("&=+$,", kPassword);
  mark("[]/:&+$=", kUriParam);  // '=' too: some proxies put padded base64 in Record-Route
  mark("[]/?:+$&=", kUriHeader);
  mark("-._", kHost);
  for (int c = 0x21; c < 0x7f; ++c) {
    const char text[] = {static_cast<char>(c), 0};
    const std::string_view one(text, 1);
    if (one.find_first_of("\",;<>\\") == one.npos) mark(one, kParamValue | kDisplay);
    if (one.find_first_of("\"<>\\") == one.npos) mark(one, kOpaque);
  }
  for (int c = 0x80; c < 0x100; ++c) {
    const char text[] = {static_cast<char>(c), 0};
    mark(std::string_view(text, 1), kDisplay);
  }
  mark(" \t", kDisplay);
  return table;
}
inline constexpr std::array<uint16_t, 256> kTable = make_table();
}  // namespace chars

inline bool is(char c, uint16_t classes) {
  return chars::kTable[static_cast<uint8_t>(c)] & classes;
}
inline bool is_space(char c) {
  return c == ' ' || c == '\t';
}
// What may not stand in a value of ours; TAB may.
inline bool is_control(char c) {
  return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f;
}
inline char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

inline bool all_of(std::string_view text, uint16_t classes) {
  for (const char c : text) {
    if (!is(c, classes)) return false;
  }
  return true;
}
inline bool is_token(std::string_view text) {
  return !text.empty() && all_of(text, chars::kToken);
}
// As all_of, and each '%' begins an escape of two hex digits.
bool all_of_or_escaped(std::string_view text, uint16_t classes);

bool iequals(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
bool istarts_with(std::string_view text, std::string_view prefix);

inline std::string_view trim_left(std::string_view text) {
  size_t i = 0;
  while (i < text.size() && is_space(text[i])) ++i;
  return text.substr(i);
}
inline std::string_view trim_right(std::string_view text) {
  size_t n = text.size();
  while (n > 0 && is_space(text[n - 1])) --n;
  return text.substr(0, n);
}
inline std::string_view trim(std::string_view text) {
  return trim_right(trim_left(text));
}

// text[at] is '"': the position after the closing quote, or npos.
size_t skip_quoted(std::string_view text, size_t at);
// The first `wanted` outside quotes and angle brackets, or npos.
size_t find_outside(std::string_view text, char wanted);
// Cuts the next token off `rest` (white space before it skipped); "" if there is none.
std::string_view take_token(std::string_view& rest);
// Cuts `c`, with white space around it, off `rest`; false and unchanged if it is not next.
bool take(std::string_view& rest, char c);

// A host name, an IPv4 address, or an IPv6 address in brackets.
bool is_host(std::string_view text);
// "host", "host:5060", "[::1]:5060"; port 0 if none. False if malformed.
bool split_host_port(std::string_view text, std::string_view& host, uint16_t& port);

}  // namespace patchcord::sip

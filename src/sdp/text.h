// SPDX-License-Identifier: GPL-3.0-or-later
// The small words of SDP text: blanks, tokens, numbers. Inside sdp/ only.
// Thread: any (pure functions).
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

#include "sdp/session.h"

namespace patchcord::sdp {

inline constexpr std::string_view kBlanks = " \t";

inline std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// Takes the next word off the front, with the blanks around it; empty when there is none.
inline std::string_view take_token(std::string_view& text) {
  text = trim(text);
  const size_t end = std::min(text.find_first_of(kBlanks), text.size());
  const std::string_view token = text.substr(0, end);
  text = trim(text.substr(end));
  return token;
}

// Takes the last word off the end; empty when there is none.
inline std::string_view take_last_token(std::string_view& text) {
  text = trim(text);
  const size_t blank = text.find_last_of(kBlanks);
  const size_t begin = blank == std::string_view::npos ? 0 : blank + 1;
  const std::string_view token = text.substr(begin);
  text = trim(text.substr(0, begin));
  return token;
}

inline bool is_token(std::string_view text) {
  return !text.empty() && text.find_first_of(kBlanks) == std::string_view::npos;
}

// Decimal digits only, all of them, and within the type: no sign, no blank, no overflow.
template <std::unsigned_integral T>
std::optional<T> to_number(std::string_view text) {
  T number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// "IN IP4 192.0.2.1"; words behind it are ignored.
std::optional<Connection> to_connection(std::string_view text);

}  // namespace patchcord::sdp

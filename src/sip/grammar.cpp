// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/grammar.h"

#include <algorithm>
#include <charconv>

#include "core/address.h"

namespace patchcord::sip {

bool all_of_or_escaped(std::string_view text, uint16_t classes) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is(text[i + 1], chars::kHex) || !is(text[i + 2], chars::kHex)) {
        return false;
      }
      i += 2;
    } else if (!is(text[i], classes)) {
      return false;
    }
  }
  return true;
}

bool iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool istarts_with(std::string_view text, std::string_view prefix) {
  return iequals(text.substr(0, prefix.size()), prefix);
}

size_t skip_quoted(std::string_view text, size_t at) {
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

size_t find_outside(std::string_view text, char wanted) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == wanted) return i;
    if (c == '"') {
      i = skip_quoted(text, i);
      if (i == text.npos) return text.npos;
      --i;
    } else if (c == '<') {
      i = text.find('>', i);
      if (i == text.npos) return text.npos;
    }
  }
  return text.npos;
}

std::string_view take_token(std::string_view& rest) {
  const std::string_view text = trim_left(rest);
  size_t n = 0;
  while (n < text.size() && is(text[n], chars::kToken)) ++n;
  rest = text.substr(n);
  return text.substr(0, n);
}

bool take(std::string_view& rest, char c) {
  const std::string_view text = trim_left(rest);
  if (text.empty() || text[0] != c) return false;
  rest = trim_left(text.substr(1));
  return true;
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  if (text.front() != '[') return all_of(text, chars::kHost);
  if (text.size() < 4 || text.back() != ']') return false;
  const std::string_view inside = text.substr(1, text.size() - 2);
  return inside.find(':') != inside.npos && IpAddress::parse(inside).has_value();
}

bool split_host_port(std::string_view text, std::string_view& host, uint16_t& port) {
  port = 0;
  const size_t search_from = text.starts_with('[') ? std::min(text.find(']'), text.size()) : 0;
  const size_t colon = text.find(':', search_from);
  host = trim_right(text.substr(0, colon));
  if (!is_host(host)) return false;
  if (colon == text.npos) return true;
  const std::string_view digits = trim(text.substr(colon + 1));
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc() && end == digits.data() + digits.size() && port != 0;
}

}  // namespace patchcord::sip

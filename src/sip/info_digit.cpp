// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/info_digit.h"

#include <strings.h>

#include <algorithm>
#include <string_view>

#include "sip/headers.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<char> digit_of(std::string_view text) {
  if (text == "10") return '*';  // some phones send the RFC 4733 event numbers
  if (text == "11") return '#';
  if (text.size() != 1) return std::nullopt;
  char c = text.front();
  if (c >= 'a' && c <= 'd') c = static_cast<char>(c - 'a' + 'A');
  if (std::string_view("0123456789*#ABCD").find(c) == std::string_view::npos) return std::nullopt;
  return c;
}

// The value of "Name=value" or "Name: value" on a line of its own.
std::string_view field(std::string_view body, std::string_view name) {
  while (!body.empty()) {
    const size_t end = std::min(body.find('\n'), body.size() - 1) + 1;
    const std::string_view line = body.substr(0, end);
    body.remove_prefix(end);
    const size_t equals = line.find_first_of("=:");
    if (equals == std::string_view::npos) continue;
    const std::string_view found = trimmed(line.substr(0, equals));
    if (found.size() == name.size() && strncasecmp(found.data(), name.data(), name.size()) == 0) {
      return trimmed(line.substr(equals + 1));
    }
  }
  return {};
}

}  // namespace

std::optional<ReadDigit> read_info_digit(const Message& info) {
  const auto type = parse_parameterized(info.header(Header::kContentType));
  if (!type) return std::nullopt;
  const bool is_relay = type->value == "application/dtmf-relay";
  if (!is_relay && type->value != "application/dtmf") return std::nullopt;
  const auto digit = digit_of(is_relay ? field(info.body(), "Signal") : trimmed(info.body()));
  if (!digit) return std::nullopt;
  const uint32_t asked = parse_number(field(info.body(), "Duration"), 60000).value_or(160);
  return ReadDigit{*digit, std::clamp<std::chrono::milliseconds>(1ms * asked, 40ms, 5000ms)};
}

}  // namespace patchcord::sip

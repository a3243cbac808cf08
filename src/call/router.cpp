// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/router.h"

#include <algorithm>

namespace patchcord::call {
namespace {

constexpr size_t kMaxDialled = 256;
constexpr size_t kLocalDigits = 7;  // a shorter end of a number is too short to be meant for it

bool is_control(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7f;
}

bool is_digit_like(char c) {
  return (c >= '0' && c <= '9') || c == '*' || c == '#' || c == '+';
}

// People paste "+49 (30) 123-456": what only separates digits is no part of a number.
std::string without_separators(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '(' && c != ')' && c != '-' && c != '.' && c != '/') out += c;
  }
  return out;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit_like);
}

// The digits that tell one number from another: without the "+", or what is dialled for it.
std::string_view significant(std::string_view number) {
  for (const std::string_view prefix : {"+", "011", "00"}) {
    if (number.starts_with(prefix)) return number.substr(prefix.size());
  }
  return number;
}

bool starts_with_scheme(std::string_view text, std::string_view scheme) {
  return text.size() > scheme.size() &&
         std::equal(scheme.begin(), scheme.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b);
         });
}

bool is_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-' || c == ':' ||
           c == '[' || c == ']' || c == '_';
  });
}

}  // namespace

Result<Dialled> read_dialled(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return {ErrorCode::kMalformed, "no number was given"};
  if (text.size() > kMaxDialled) {
    return {ErrorCode::kMalformed, "the number is longer than 256 characters"};
  }
  if (std::any_of(text.begin(), text.end(), is_control)) {
    return {ErrorCode::kMalformed, "the number holds a control character"};
  }
  for (const std::string_view scheme : {"sips:", "sip:", "tel:"}) {
    if (starts_with_scheme(text, scheme)) {
      text.remove_prefix(scheme.size());
      break;
    }
  }
  Dialled dialled;
  const size_t at = text.rfind('@');
  std::string_view user = text.substr(0, at);
  if (at != std::string_view::npos) {
    std::string_view host = text.substr(at + 1);
    host = host.substr(0, host.find_first_of(";?"));  // parameters of the page choose nothing
    if (!is_host(host)) return {ErrorCode::kMalformed, "the address names no valid host"};
    dialled.host = host;
  }
  const std::string compact = without_separators(user);
  dialled.user = is_number(compact) ? compact : std::string(user);
  if (dialled.user.empty()) return {ErrorCode::kMalformed, "the address names no user"};
  if (dialled.user.find_first_of(" <>\"") != std::string::npos) {
    return {ErrorCode::kMalformed, "the number holds a blank, a bracket or a quote"};
  }
  return dialled;
}

std::optional<std::string> user_of_number(const NumberPlan& plan, std::string_view dialled) {
  if (!is_number(dialled)) return std::nullopt;
  const std::string_view wanted = significant(dialled);
  const std::string* by_end = nullptr;
  bool is_one = true;
  for (const auto& [number, login] : plan.numbers) {
    const std::string compact = without_separators(number);
    const std::string_view known = significant(compact);
    if (known == wanted) return login;
    if (wanted.size() < kLocalDigits || !known.ends_with(wanted)) continue;
    is_one = by_end == nullptr;
    by_end = &login;
  }
  return by_end && is_one ? std::optional(*by_end) : std::nullopt;
}

Route route(AccountKind caller, const NumberPlan& plan, const Dialled& dialled) {
  if (caller == AccountKind::kTrunk) return ToTrunk{dialled};
  if (!dialled.host.empty() && dialled.host != plan.domain) return Nowhere{};
  if (dialled.user == kEchoNumber) return ToService{Service::kEcho};
  if (dialled.user == kAnnouncementNumber) return ToService{Service::kAnnouncement};
  return ToUser{user_of_number(plan, dialled.user).value_or(dialled.user)};
}

}  // namespace patchcord::call

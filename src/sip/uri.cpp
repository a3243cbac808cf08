// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/uri.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sip/grammar.h"

namespace patchcord::sip {
namespace {

constexpr std::string_view kUserAllowed = "&=+$,;?/";
constexpr std::string_view kHeaderAllowed = "[]/?:+$";
constexpr std::string_view kReserved = ";/?:@&=+$,";
constexpr std::string_view kVisualSeparators = "-.()";

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// The byte escaped at text[i], or -1 if no whole escape begins there.
int escaped_byte(std::string_view text, size_t i) {
  if (text[i] != '%' || i + 2 >= text.size()) return -1;
  const int high = hex_value(text[i + 1]);
  const int low = hex_value(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

void append_escape(std::string& out, char c) {
  constexpr char kHexDigits[] = "0123456789ABCDEF";
  const auto byte = static_cast<uint8_t>(c);
  out.append(1, '%').append(1, kHexDigits[byte >> 4]).append(1, kHexDigits[byte & 15]);
}

// RFC 3261 19.1.4: an escape equals its character unless that is one of the reserved set.
std::string comparable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int byte = escaped_byte(text, i);
    if (byte < 0) {
      out += text[i];
      continue;
    }
    const char c = static_cast<char>(byte);
    if (kReserved.find(c) != kReserved.npos || c == '%') {
      append_escape(out, c);
    } else {
      out += c;
    }
    i += 2;
  }
  return out;
}

bool same_text(std::string_view a, std::string_view b) {
  return a == b || comparable(a) == comparable(b);
}
bool same_value(std::string_view a, std::string_view b) {
  return iequals(a, b) || iequals(comparable(a), comparable(b));
}

bool same_host(const Uri& a, const Uri& b) {
  if (iequals(a.host(), b.host())) return true;
  const auto ip = a.ip();
  return ip && ip == b.ip();
}

// Those that change where a request goes: absent on one side is a difference.
bool decides_alone(std::string_view name) {
  constexpr std::string_view kNames[] = {"user", "ttl", "method", "maddr", "transport"};
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [name](std::string_view n) { return iequals(n, name); });
}

enum class Absent { kMayDiffer, kDiffers };

bool params_agree(const Params& a, const Params& b, Absent absent) {
  for (size_t at = 0; const auto param = a.next(at);) {
    const auto other = b.get(param->name);
    if (!other) {
      if (absent == Absent::kDiffers || decides_alone(param->name)) return false;
    } else if (!same_value(*a.get(param->name), *other)) {  // of a repeated name the first counts
      return false;
    }
  }
  return true;
}

using Pair = std::pair<std::string, std::string>;

std::vector<Pair> embedded(std::string_view headers) {
  std::vector<Pair> out;
  while (!headers.empty() && out.size() < kMaxParams) {
    const std::string_view one = headers.substr(0, headers.find('&'));
    headers.remove_prefix(std::min(headers.size(), one.size() + 1));
    const size_t equals = std::min(one.find('='), one.size());
    const size_t value_at = std::min(equals + 1, one.size());
    out.emplace_back(to_lower(unescape(one.substr(0, equals))), unescape(one.substr(value_at)));
  }
  return out;
}

bool same_headers(std::string_view a, std::string_view b) {
  if (a == b) return true;
  auto left = embedded(a);
  auto right = embedded(b);
  std::sort(left.begin(), left.end());
  std::sort(right.begin(), right.end());
  return left == right;
}

std::string without_separators(std::string_view number) {
  std::string out;
  for (const char c : number) {
    if (kVisualSeparators.find(c) == kVisualSeparators.npos) out += lower(c);
  }
  return out;
}

bool is_scheme(std::string_view text) {
  if (text.empty() || !is(text[0], chars::kAlnum) || is(text[0], chars::kDigit)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is(c, chars::kAlnum) || c == '+' || c == '-' || c == '.';
  });
}

}  // namespace

std::string escape(std::string_view plain, std::string_view also_allowed) {
  std::string out;
  out.reserve(plain.size());
  for (const char c : plain) {
    if (is(c, chars::kUnreserved) || also_allowed.find(c) != also_allowed.npos) {
      out += c;
    } else {
      append_escape(out, c);
    }
  }
  return out;
}

std::string unescape(std::string_view escaped) {
  std::string out;
  out.reserve(escaped.size());
  for (size_t i = 0; i < escaped.size(); ++i) {
    const int byte = escaped_byte(escaped, i);
    out += byte < 0 ? escaped[i] : static_cast<char>(byte);
    if (byte >= 0) i += 2;
  }
  return out;
}

std::optional<Uri> Uri::parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == text.npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 1);
  if (iequals(scheme, "sip")) return parse_sip(rest, Scheme::kSip);
  if (iequals(scheme, "sips")) return parse_sip(rest, Scheme::kSips);
  if (iequals(scheme, "tel")) return parse_tel(rest);
  if (rest.empty() || !all_of(rest, chars::kOpaque)) return std::nullopt;
  Uri out;
  out.scheme_ = Scheme::kOther;
  out.opaque_ = text;
  return out;
}

std::optional<Uri> Uri::parse_sip(std::string_view rest, Scheme scheme) {
  Uri out;
  out.scheme_ = scheme;
  if (const size_t at = rest.find('@'); at != rest.npos) {
    const std::string_view user_info = rest.substr(0, at);
    const std::string_view user = user_info.substr(0, user_info.find(':'));
    const std::string_view password = user_info.substr(std::min(user_info.size(), user.size() + 1));
    if (user.empty() || !all_of_or_escaped(user, chars::kUser) ||
        !all_of_or_escaped(password, chars::kPassword)) {
      return std::nullopt;
    }
    out.user_ = user;
    out.password_ = password;
    rest.remove_prefix(at + 1);
  }
  if (const size_t question = rest.find('?'); question != rest.npos) {
    out.headers_ = rest.substr(question + 1);
    if (out.headers_.empty() || !all_of_or_escaped(out.headers_, chars::kUriHeader)) {
      return std::nullopt;
    }
    rest = rest.substr(0, question);
  }
  const std::string_view host_port = rest.substr(0, rest.find(';'));
  auto params = Params::parse(rest.substr(host_port.size()), Params::Kind::kUri);
  if (!params || !out.parse_host_port(host_port)) return std::nullopt;
  out.params_ = std::move(*params);
  return out;
}

bool Uri::parse_host_port(std::string_view text) {
  std::string_view host;
  if (text.find_first_of(" \t") != text.npos || !split_host_port(text, host, port_)) return false;
  host_ = host;
  return true;
}

std::optional<Uri> Uri::parse_tel(std::string_view rest) {
  Uri out;
  out.scheme_ = Scheme::kTel;
  const std::string_view number = rest.substr(0, rest.find(';'));
  auto params = Params::parse(rest.substr(number.size()), Params::Kind::kUri);
  const std::string_view digits = number.substr(number.starts_with('+') ? 1 : 0);
  const bool good = std::all_of(digits.begin(), digits.end(), [](char c) {
    return is(c, chars::kHex) || c == '*' || c == '#' ||
           kVisualSeparators.find(c) != kVisualSeparators.npos;
  });
  if (!params || digits.empty() || !good) return std::nullopt;
  out.user_ = number;
  out.params_ = std::move(*params);
  return out;
}

std::optional<Uri> Uri::sip(std::string_view user, std::string_view host, uint16_t port) {
  Uri out;
  if (!out.set_host(host)) return std::nullopt;
  out.set_user(user);
  out.port_ = port;
  return out;
}

Uri Uri::sip(std::string_view user, const SocketAddress& address) {
  Uri out;
  out.set_host(address.ip().to_string());
  out.set_user(user);
  out.port_ = address.port();
  return out;
}

Uri Uri::tel(std::string_view number) {
  Uri out;
  out.scheme_ = Scheme::kTel;
  for (const char c : number) {
    const bool leading_plus = c == '+' && out.user_.empty();
    if (leading_plus || is(c, chars::kDigit) || c == '*' || c == '#') out.user_ += c;
  }
  return out;
}

std::string_view Uri::scheme_text() const {
  switch (scheme_) {
    case Scheme::kSip:
      return "sip";
    case Scheme::kSips:
      return "sips";
    case Scheme::kTel:
      return "tel";
    case Scheme::kOther:
      break;
  }
  return std::string_view(opaque_).substr(0, opaque_.find(':'));
}

std::string Uri::user_text() const {
  return scheme_ == Scheme::kTel ? without_separators(user_) : unescape(user_);
}

void Uri::set_user(std::string_view plain_text) {
  user_ = escape(plain_text, kUserAllowed);
}

bool Uri::set_host(std::string_view host) {
  const bool bare_v6 = host.find(':') != host.npos && !host.starts_with('[');
  std::string text = bare_v6 ? "[" + std::string(host) + "]" : std::string(host);
  if (!is_host(text)) return false;
  host_ = std::move(text);
  return true;
}

void Uri::add_header(std::string_view name, std::string_view value) {
  if (!headers_.empty()) headers_ += '&';
  headers_ += escape(name, {}) + "=" + escape(value, kHeaderAllowed);
}

std::optional<std::string> Uri::embedded_header(std::string_view name) const {
  for (auto& [key, value] : embedded(headers_)) {
    if (iequals(key, name)) return std::move(value);
  }
  return std::nullopt;
}

std::string Uri::to_string() const {
  if (scheme_ == Scheme::kOther) return opaque_;
  if (!is_set()) return {};
  std::string out(scheme_text());
  out += ':';
  out += user_;
  if (scheme_ == Scheme::kTel) return out + params_.to_string();
  if (!password_.empty()) out.append(1, ':').append(password_);
  if (!user_.empty()) out += '@';
  out += host_;
  if (port_ != 0) out.append(1, ':').append(std::to_string(port_));
  out += params_.to_string();
  if (!headers_.empty()) out.append(1, '?').append(headers_);
  return out;
}

bool Uri::equivalent(const Uri& other) const {
  if (scheme_ != other.scheme_) return false;
  if (scheme_ == Scheme::kOther) return opaque_ == other.opaque_;
  if (scheme_ == Scheme::kTel) {
    return without_separators(user_) == without_separators(other.user_) &&
           params_agree(params_, other.params_, Absent::kDiffers) &&
           params_agree(other.params_, params_, Absent::kDiffers);
  }
  return port_ == other.port_ && same_text(user_, other.user_) &&
         same_text(password_, other.password_) && same_host(*this, other) &&
         params_agree(params_, other.params_, Absent::kMayDiffer) &&
         params_agree(other.params_, params_, Absent::kMayDiffer) &&
         same_headers(headers_, other.headers_);
}

}  // namespace patchcord::sip

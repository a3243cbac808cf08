// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/wire.h"

#include <strings.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sip/header_names.h"

namespace patchcord::sip {

namespace {

constexpr std::string_view kBlanks = " \t";

bool carries_secrets(std::string_view line) {
  switch (header_from(line.substr(0, line.find_first_of(": \t")))) {
    case Header::kAuthorization:
    case Header::kProxyAuthorization:
    case Header::kWwwAuthenticate:
    case Header::kProxyAuthenticate:
    case Header::kAuthenticationInfo:
      return true;
    default:
      return false;
  }
}

// The end of a parameter's value: of a quoted string its closing quote, else a comma or a space.
size_t value_end(std::string_view line, size_t at) {
  if (at >= line.size() || line[at] != '"')
    return std::min(line.find_first_of(", \t\r\n", at), line.size());
  for (++at; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\') ++at;
  }
  return std::min(at + 1, line.size());
}

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kNames = {"response", "nonce", "cnonce",
                                                             "nextnonce", "opaque"};
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view secret) {
    return name.size() == secret.size() &&
           strncasecmp(name.data(), secret.data(), name.size()) == 0;
  });
}

// The token that ends where the '=' stands, blanks between them aside.
std::string_view name_before(std::string_view line, size_t equals) {
  const size_t last = line.find_last_not_of(kBlanks, equals == 0 ? 0 : equals - 1);
  if (last == std::string_view::npos) return {};
  const std::string_view head = line.substr(0, last + 1);
  return head.substr(head.find_last_of(", \t") + 1);
}

void append_masked(std::string& out, std::string_view line) {
  for (size_t at = 0; at < line.size();) {
    if (line[at] == '"') {  // a value that is not masked
      const size_t end = value_end(line, at);
      out += line.substr(at, end - at);
      at = end;
      continue;
    }
    const bool is_masked = line[at] == '=' && is_secret_name(name_before(line, at));
    out += line[at++];
    if (!is_masked) continue;
    const size_t value = std::min(line.find_first_not_of(kBlanks, at), line.size());
    out += line.substr(at, value - at);
    out += "***";
    at = value_end(line, value);
  }
}

}  // namespace

std::string masked(std::string_view message) {
  std::string out;
  out.reserve(message.size());
  bool is_masking = false;
  while (!message.empty()) {
    const size_t end = std::min(message.find('\n'), message.size() - 1) + 1;
    const std::string_view line = message.substr(0, end);
    const bool is_fold = line.front() == ' ' || line.front() == '\t';
    if (!is_fold) is_masking = carries_secrets(line);
    if (is_masking) {
      append_masked(out, line);
    } else {
      out += line;
    }
    message.remove_prefix(end);
  }
  return out;
}

void Wire::send(const Target& target, std::string_view bytes) {
  if (is_holding_) {
    held_.push_back({target, std::string(bytes)});
    return;
  }
  if (trace_) trace_(TraceDirection::kOut, target, masked(bytes));
  outside_.send(target, as_bytes(bytes));
}

void Wire::release() {
  is_holding_ = false;
  for (const Held& one : std::exchange(held_, {})) send(one.target, one.bytes);
}

void Wire::note_received(const Target& from, std::string_view bytes) {
  if (trace_) trace_(TraceDirection::kIn, from, masked(bytes));
}

}  // namespace patchcord::sip

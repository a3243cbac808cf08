// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/wire.h"

#include <strings.h>

#include <algorithm>
#include <array>

#include "sip/header_names.h"

namespace patchcord::sip {

namespace {

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
    return std::min(line.find_first_of(", \t", at), line.size());
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

void append_masked(std::string& out, std::string_view line) {
  size_t name_at = 0;
  for (size_t at = 0; at < line.size();) {
    const char c = line[at];
    if (c == ',' || c == ' ' || c == '\t') {
      out += c;
      name_at = ++at;
    } else if (c == '=') {
      const size_t end = value_end(line, at + 1);
      out += '=';
      out += is_secret_name(line.substr(name_at, at - name_at)) ? "***"
                                                                : line.substr(at + 1, end - at - 1);
      at = end;
    } else {
      out += c;
      ++at;
    }
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
  if (trace_) trace_(TraceDirection::kOut, target, masked(bytes));
  outside_.send(target, as_bytes(bytes));
}

void Wire::note_received(const Target& from, std::string_view bytes) {
  if (trace_) trace_(TraceDirection::kIn, from, masked(bytes));
}

}  // namespace patchcord::sip

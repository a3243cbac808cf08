// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/request_check.h"

#include <algorithm>

#include "sip/grammar.h"
#include "sip/headers.h"

namespace patchcord::sip {
namespace {

template <class T>
bool contains(std::span<const T> all, const T& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string unknown_extensions(const Message& request, std::span<const std::string_view> known) {
  std::string out;
  for (const std::string_view tag : request.all(Header::kRequire)) {
    const bool ours = std::any_of(known.begin(), known.end(),
                                  [tag](std::string_view k) { return iequals(k, tag); });
    if (ours || !is_token(tag)) continue;
    if (!out.empty()) out += ", ";
    out += tag;
  }
  return out;
}

bool body_is_optional(const Message& request) {
  const auto disposition = parse_parameterized(request.header(Header::kContentDisposition));
  return disposition && iequals(disposition->params.text("handling"), "optional");
}

bool reads_body(const Message& request, std::span<const std::string_view> content_types) {
  if (request.body().empty() || body_is_optional(request)) return true;
  const auto type = parse_parameterized(request.header(Header::kContentType));
  return type && contains(content_types, std::string_view(type->value));
}

// "*/*", "application/*" or the type itself.
bool range_covers(std::string_view range, std::string_view type) {
  if (range == "*/*" || range == type) return true;
  return range.ends_with("/*") && type.starts_with(range.substr(0, range.size() - 1));
}

bool accepts_our_answer(const Message& request, std::span<const std::string_view> content_types) {
  const Values accepted = request.all(Header::kAccept);
  if (accepted.empty()) return true;
  for (const std::string_view value : accepted) {
    const auto range = parse_parameterized(value);
    if (!range) continue;
    for (const std::string_view type : content_types) {
      if (range_covers(range->value, type)) return true;
    }
  }
  return false;
}

}  // namespace

std::optional<Refusal> check_request(const Message& request, const Capabilities& capabilities) {
  const Method method = request.method();
  // ACK is never answered, and a CANCEL is not refused for what it carries (RFC 3261 8.2.2.3, 9.2).
  if (method == Method::kAck || method == Method::kCancel) return std::nullopt;
  if (method == Method::kOther) {
    return Refusal{501, Header::kAllow, allow_value(capabilities.methods)};
  }
  if (!contains(capabilities.methods, method)) {
    return Refusal{405, Header::kAllow, allow_value(capabilities.methods)};
  }
  std::string unknown = unknown_extensions(request, capabilities.extensions);
  if (!unknown.empty()) return Refusal{420, Header::kUnsupported, std::move(unknown)};
  for (const std::string_view coding : request.all(Header::kContentEncoding)) {
    if (!iequals(coding, "identity")) return Refusal{415, Header::kAcceptEncoding, "identity"};
  }
  if (!reads_body(request, capabilities.content_types)) {
    return Refusal{415, Header::kAccept, token_list(capabilities.content_types)};
  }
  if (method == Method::kInvite && !accepts_our_answer(request, capabilities.content_types)) {
    return Refusal{406, Header::kAccept, token_list(capabilities.content_types)};
  }
  return std::nullopt;
}

std::string allow_value(std::span<const Method> methods) {
  std::string out;
  for (const Method method : methods) {
    if (!out.empty()) out += ", ";
    out += method_name(method);
  }
  return out;
}

std::string token_list(std::span<const std::string_view> tokens) {
  std::string out;
  for (const std::string_view token : tokens) {
    if (!out.empty()) out += ", ";
    out += token;
  }
  return out;
}

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/builder.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "sip/grammar.h"
#include "sip/indexer.h"

namespace patchcord::sip {
namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_control);
}

// RFC 3261 12.1.1: in answers that make a dialog the route is given back.
bool makes_dialog(const Message& request, int status) {
  const Method method = request.method();
  return status > 100 && status < 300 &&
         (method == Method::kInvite || method == Method::kSubscribe || method == Method::kRefer);
}

// RFC 3261 18.2.1, RFC 3581 4: where the request really came from goes into its top Via.
std::string stamped(std::string_view value, const SocketAddress& source) {
  auto via = parse_via(value);
  if (!via || !source.is_set()) return std::string(value);
  const bool wants_port = via->params.has("rport");
  const auto claimed = IpAddress::parse(via->host);
  via->params.remove("received");
  if (wants_port) via->params.set("rport", std::to_string(source.port()));
  if (wants_port || claimed != source.ip()) via->params.set("received", source.ip().to_string());
  return via->to_string();
}

}  // namespace

Builder Builder::request(std::string_view method, const Uri& target) {
  Builder out(std::string(method) + " " + target.to_string() + " SIP/2.0\r\n");
  if (!is_token(method) || !target.is_set()) out.refuse("the start line");
  return out;
}

Builder Builder::request(Method method, const Uri& target) {
  return request(method_name(method), target);
}

Builder Builder::response(int status, std::string_view reason) {
  if (reason.empty()) reason = default_reason(status);
  Builder out("SIP/2.0 " + std::to_string(status) + " " + std::string(reason) + "\r\n");
  if (status < 100 || status > 699 || has_control(reason)) out.refuse("the status line");
  return out;
}

void Builder::refuse(std::string_view what) {
  if (fault_) return;
  fault_ = Error{ErrorCode::kMalformed, "a SIP message cannot hold this as " + std::string(what)};
}

void Builder::line(std::string_view name, std::string_view value) {
  head_.append(name).append(": ").append(value).append("\r\n");
}

Builder& Builder::add(Header header, std::string_view value) {
  return add(header_name(header), value);
}

Builder& Builder::add(std::string_view name, std::string_view value) {
  const Header header = header_from(name);
  const bool ours = header == Header::kContentLength || header == Header::kContentType;
  if (!is_token(name) || ours) {
    refuse("a header name");
  } else if (has_control(value) || value.size() > kMaxLine - name.size() - 4) {
    refuse("the value of " + std::string(name));
  } else {
    line(name, value);
  }
  return *this;
}

Builder& Builder::add(Header header, uint32_t number) {
  return add(header, std::to_string(number));
}
Builder& Builder::add(Header header, const NameAddr& value) {
  return add(header, value.to_string());
}
Builder& Builder::add(const Via& via) {
  return add(Header::kVia, via.to_string());
}
Builder& Builder::add(const CSeq& cseq) {
  return add(Header::kCSeq, cseq.to_string());
}

Builder& Builder::copy(const Message& from, Header header) {
  for (size_t i = 0; i < from.field_count(); ++i) {
    const Message::Field field = from.field(i);
    if (field.header != header) continue;
    line(header_name(header), field.value);
    if (header_shape(header) == Shape::kSingle) break;  // of a wrong request that has two
  }
  return *this;
}

Builder& Builder::body(std::string_view content_type, std::string body) {
  if (content_type.empty() || has_control(content_type)) refuse("Content-Type");
  content_type_ = content_type;
  body_ = std::move(body);
  return *this;
}

Result<Message> Builder::build() {
  if (fault_) return *fault_;
  std::string text = head_;
  if (!content_type_.empty()) text.append("Content-Type: ").append(content_type_).append("\r\n");
  text.append("Content-Length: ").append(std::to_string(body_.size())).append("\r\n\r\n");
  text += body_;
  if (text.size() > kMaxMessage) {
    return Error{ErrorCode::kTooLarge,
                 "a SIP message of " + std::to_string(text.size()) + " bytes"};
  }
  // What we send passes our own reader, so a fault of ours stays here.
  Indexer indexer(std::move(text));
  if (indexer.kind() == StartLine::Kind::kNotSip || indexer.status() != 0) {
    return Error{ErrorCode::kMalformed, "a SIP message: " + indexer.reason()};
  }
  return indexer.take();
}

Builder make_response(const Message& request, int status, std::string_view reason,
                      std::string_view to_tag) {
  Builder out = Builder::response(status, reason);
  bool top = true;
  for (const std::string_view value : request.all(Header::kVia)) {
    if (value.empty()) continue;
    out.line("Via", top ? stamped(value, request.source()) : std::string(value));
    top = false;
  }
  out.copy(request, Header::kFrom);
  if (request.has(Header::kTo)) {
    std::string to(request.header(Header::kTo));
    const bool tagged = !sip::to_tag(request).empty();
    if (!tagged && status > 100 && is_token(to_tag)) to.append(";tag=").append(to_tag);
    out.line("To", to);
  }
  out.copy(request, Header::kCallId);
  out.copy(request, Header::kCSeq);
  if (status == 100) out.copy(request, Header::kTimestamp);  // RFC 3261 8.2.6.1
  if (makes_dialog(request, status)) out.copy(request, Header::kRecordRoute);
  return out;
}

std::string stateless_tag(const Message& request, uint64_t key) {
  std::string seed(request.header(Header::kVia));
  seed += request.call_id();
  seed += from_tag(request);
  seed += std::to_string(key);
  return std::to_string(std::hash<std::string>()(seed));
}

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// parse_message(): what must be in a message and read well before anybody acts on it, and what is
// to be done with one that is wrong. RFC 3261 8.1.1, 8.2, 16.3, 18.3; RFC 4475.
#include <optional>
#include <utility>

#include "sip/grammar.h"
#include "sip/headers.h"
#include "sip/indexer.h"
#include "sip/message.h"
#include "sip/uri.h"

namespace patchcord::sip {
namespace {

struct Fault {
  int status;
  std::string reason;
};
using Check = std::optional<Fault>;

Fault malformed(Header header) {
  return {400, "Malformed " + std::string(header_name(header))};
}

Check mandatory_headers(const Message& message) {
  std::string missing;
  for (const Header header :
       {Header::kVia, Header::kFrom, Header::kTo, Header::kCallId, Header::kCSeq}) {
    if (!message.has(header)) missing.append(1, ' ').append(header_name(header));
  }
  if (missing.empty()) return std::nullopt;
  return Fault{400, "Missing" + missing};
}

Check list_sizes(const Message& message) {
  for (int i = 0; i < static_cast<int>(Header::kOther); ++i) {
    const auto header = static_cast<Header>(i);
    if (header_shape(header) != Shape::kList || !message.has(header)) continue;
    size_t count = 0;
    for (const std::string_view value : message.all(header)) {
      static_cast<void>(value);
      if (++count > kMaxListValues) {
        return Fault{400, "Too Many Values In " + std::string(header_name(header))};
      }
    }
  }
  return std::nullopt;
}

Check vias(const Message& message) {
  size_t count = 0;
  for (const std::string_view value : message.all(Header::kVia)) {
    if (++count > kMaxVia || !parse_via(value)) return malformed(Header::kVia);
  }
  if (count == 0) return malformed(Header::kVia);
  // We are no proxy, so a second Via says that it was not for us (RFC 3261 8.1.3.3).
  if (message.is_response() && count > 1) return Fault{400, "Two Via In A Response"};
  return std::nullopt;
}

Check call_id(const Message& message) {
  const std::string_view id = message.call_id();
  // Any visible character: RFC 3261 leaves out a few, and phones use them.
  for (const char c : id) {
    if (static_cast<uint8_t>(c) <= 0x20 || static_cast<uint8_t>(c) >= 0x7f) {
      return malformed(Header::kCallId);
    }
  }
  return id.empty() ? Check(malformed(Header::kCallId)) : std::nullopt;
}

Check cseq(const Message& message) {
  const auto parsed = parse_cseq(message.header(Header::kCSeq));
  if (!parsed) return malformed(Header::kCSeq);
  if (message.is_request() && parsed->method != message.method_text()) {
    return Fault{400, "CSeq Method Mismatch"};
  }
  return std::nullopt;
}

Check addresses(const Message& message) {
  for (const Header header :
       {Header::kFrom, Header::kTo, Header::kContact, Header::kRoute, Header::kRecordRoute}) {
    for (const std::string_view value : message.all(header)) {
      if (header == Header::kContact && is_star(value)) continue;
      if (!parse_name_addr(value)) return malformed(header);
    }
  }
  return std::nullopt;
}

Check max_forwards(const Message& message) {
  // An RFC 2543 request has none (RFC 4475 3.4.1).
  if (!message.has(Header::kMaxForwards)) return std::nullopt;
  const auto hops = parse_number(message.header(Header::kMaxForwards));
  return hops && *hops <= 255 ? std::nullopt : Check(malformed(Header::kMaxForwards));
}

Check request_uri(const Message& message) {
  const auto uri = Uri::parse(message.request_uri());
  if (!uri) return Fault{400, "Malformed Request-URI"};
  if (uri->scheme() == Uri::Scheme::kOther) return Fault{416, "Unsupported URI Scheme"};
  // RFC 3261 19.1.1: no headers here; obeying them would let a caller write our Route.
  if (!uri->headers().empty()) return Fault{400, "Headers In Request-URI"};
  return std::nullopt;
}

Check check(const Message& message) {
  using Rule = Check (*)(const Message&);
  constexpr Rule kBoth[] = {mandatory_headers, list_sizes, vias, call_id, cseq, addresses};
  constexpr Rule kRequest[] = {max_forwards, request_uri};
  for (const Rule rule : kBoth) {
    if (auto fault = rule(message)) return fault;
  }
  if (message.is_response()) return std::nullopt;
  for (const Rule rule : kRequest) {
    if (auto fault = rule(message)) return fault;
  }
  return std::nullopt;
}

Parsed drop(DropCause cause, std::string reason = {}) {
  Parsed out;
  out.drop = cause;
  out.reason = std::move(reason);
  return out;
}

Parsed refuse(Message message, StartLine::Kind kind, int status, std::string reason) {
  if (kind == StartLine::Kind::kResponse) return drop(DropCause::kResponse, std::move(reason));
  if (message.method_text() == "ACK") return drop(DropCause::kAck, std::move(reason));
  if (!message.has(Header::kVia)) return drop(DropCause::kNoVia, std::move(reason));
  return {Verdict::kAnswer, DropCause::kNone, status, std::move(reason), std::move(message)};
}

}  // namespace

Parsed parse_message(std::string bytes) {
  if (bytes.size() > kMaxMessage) return drop(DropCause::kTooLarge);
  size_t blank = 0;
  while (bytes.compare(blank, 2, "\r\n") == 0) blank += 2;  // RFC 3261 7.5
  if (blank == bytes.size()) return drop(DropCause::kKeepAlive);
  if (blank != 0) bytes.erase(0, blank);

  Indexer indexer(std::move(bytes));
  if (indexer.kind() == StartLine::Kind::kNotSip) return drop(DropCause::kNotSip);
  Message message = indexer.take();
  if (indexer.status() != 0) {
    return refuse(std::move(message), indexer.kind(), indexer.status(), indexer.reason());
  }
  if (auto fault = check(message)) {
    return refuse(std::move(message), indexer.kind(), fault->status, std::move(fault->reason));
  }
  return {Verdict::kGood, DropCause::kNone, 0, {}, std::move(message)};
}

}  // namespace patchcord::sip

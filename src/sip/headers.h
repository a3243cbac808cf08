// SPDX-License-Identifier: GPL-3.0-or-later
// Typed views of header values, made on demand from the text a Message gives, and printed back.
// parse_x() takes one value (as Message::header() or all() give it) and returns nothing if it is
// not of the grammar. What is set here by us prints safely: names are quoted, tokens are checked.
// Authentication headers are in digest.h.
// Thread: any (values). RFC 3261 section 20, and the RFC named at each type.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/message.h"
#include "sip/params.h"
#include "sip/uri.h"

namespace patchcord::sip {

// From, To, Contact, Route, Record-Route, Refer-To, Referred-By, P-Asserted-Identity, Diversion...
struct NameAddr {
  std::string display_name;  // unquoted, plain text; quoted again by to_string()
  Uri uri;
  Params params;  // of the header, not of the URI: ;tag, ;q, ;expires

  std::string tag() const { return params.text("tag"); }
  std::string to_string() const;  // always with < >
};
// Contact: "*" is not an address: see is_star().
std::optional<NameAddr> parse_name_addr(std::string_view value);
bool is_star(std::string_view contact_value);

// The tag of From or To as written, without an allocation; "" if there is none.
std::string_view from_tag(const Message& message);
std::string_view to_tag(const Message& message);

// The first value of a header that holds addresses; nothing if absent or malformed.
std::optional<NameAddr> address_of(const Message& message, Header header);
// All of them in order (Route sets); nothing if one is malformed.
std::optional<std::vector<NameAddr>> addresses_of(const Message& message, Header header);

struct Via {
  std::string transport;  // upper case: "UDP", "TCP", "TLS", "WS", or an unknown token
  std::string host;       // name, IPv4, or IPv6 in brackets
  uint16_t port = 0;      // 0: none
  Params params;          // ;branch ;received ;rport ;maddr ;ttl

  std::string branch() const { return params.text("branch"); }
  // True if the branch is an RFC 3261 transaction id (magic cookie and something after it).
  bool has_rfc3261_branch() const;
  // The port of ;rport=N; nothing if absent or a bare flag.
  std::optional<uint16_t> rport() const;
  std::string to_string() const;
};
inline constexpr std::string_view kMagicCookie = "z9hG4bK";
std::optional<Via> parse_via(std::string_view value);
std::optional<Via> top_via(const Message& message);

struct CSeq {
  uint32_t number = 0;  // below 2^31
  std::string method;
  std::string to_string() const;
};
std::optional<CSeq> parse_cseq(std::string_view value);

struct RAck {  // RFC 3262 7.2
  uint32_t rseq = 0;
  uint32_t cseq = 0;
  std::string method;
  std::string to_string() const;
};
std::optional<RAck> parse_rack(std::string_view value);

// Digits only. `max` or more gives `max`: an over-large number never wraps (Expires, RSeq, Min-SE).
std::optional<uint32_t> parse_number(std::string_view value, uint32_t max = UINT32_MAX);

struct RetryAfter {
  uint32_t seconds = 0;  // held to one day: a larger one is not believed
  Params params;         // ;duration
};
std::optional<RetryAfter> parse_retry_after(std::string_view value);

struct SessionExpires {  // RFC 4028
  enum class Refresher : uint8_t { kNone, kUac, kUas };
  uint32_t seconds = 0;
  Refresher refresher = Refresher::kNone;
  std::string to_string() const;
};
std::optional<SessionExpires> parse_session_expires(std::string_view value);

// "application/sdp;charset=x", "presence;id=1", "active;expires=60", "session;handling=optional":
// Content-Type, Accept, Event, Subscription-State, Content-Disposition, Min-SE.
struct Parameterized {
  std::string value;  // lower case
  Params params;
  std::string to_string() const;
};
std::optional<Parameterized> parse_parameterized(std::string_view value);

struct Reason {          // RFC 3326
  std::string protocol;  // "SIP", "Q.850"
  uint32_t cause = 0;    // 0: none
  std::string text;
  std::string to_string() const;
};
std::optional<Reason> parse_reason(std::string_view value);

struct Warning {
  uint32_t code = 0;  // 3 digits
  std::string agent;
  std::string text;
  std::string to_string() const;
};
std::optional<Warning> parse_warning(std::string_view value);

struct Replaces {  // RFC 3891; also unescaped from a Refer-To
  std::string call_id;
  std::string to_tag;
  std::string from_tag;
  bool early_only = false;
  std::string to_string() const;
};
std::optional<Replaces> parse_replaces(std::string_view value);

// True if a list header (Supported, Require, Allow, Allow-Events) has the token; case-insensitive.
bool lists_token(const Message& message, Header header, std::string_view token);

// A quoted string with its quotes and back; control characters become spaces when quoting.
std::string quote(std::string_view plain);
std::string unquote(std::string_view quoted);  // a text without quotes is given as it is

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Uri: sip:, sips: and tel: as a value with parts; any other scheme is kept as opaque text.
// The invariant is the point: whatever was parsed or set, to_string() gives a URI of the grammar,
// so nothing a user typed can leave its place in a header. It does not resolve names and knows no
// policy. Thread: any (a value). RFC 3261 19.1, RFC 3966, RFC 5118.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.h"
#include "sip/params.h"

namespace patchcord::sip {

class Uri {
 public:
  enum class Scheme : uint8_t { kSip, kSips, kTel, kOther };

  Uri() = default;  // empty: to_string() is "", is_set() is false

  // The whole of text must be one URI: no angle brackets, no white space.
  static std::optional<Uri> parse(std::string_view text);

  // sip:user@host:port. `user` is plain text and is escaped here; "" gives sip:host. Port 0: none.
  // Nothing if `host` is neither a host name nor an IP address (with or without brackets).
  static std::optional<Uri> sip(std::string_view user, std::string_view host, uint16_t port = 0);
  static Uri sip(std::string_view user, const SocketAddress& address);
  // Visual separators and letters a number cannot have are left out.
  static Uri tel(std::string_view number);

  bool is_set() const { return !opaque_.empty() || !host_.empty() || scheme_ == Scheme::kTel; }
  Scheme scheme() const { return scheme_; }
  bool is_sip() const { return scheme_ == Scheme::kSip || scheme_ == Scheme::kSips; }
  std::string_view scheme_text() const;

  // As on the wire, still escaped: "sips%3Auser%40example.com". For tel: the number.
  const std::string& user() const { return user_; }
  // Unescaped, for people and number plans; of tel: without its visual separators. May hold any
  // byte, also '@' and NUL: never put it back into a message except through set_user().
  std::string user_text() const;
  const std::string& password() const { return password_; }  // as on the wire
  const std::string& host() const { return host_; }  // IPv6 in brackets; empty for tel and others
  // The host as an address, when it is a numeric one.
  std::optional<IpAddress> ip() const { return IpAddress::parse(host_); }
  uint16_t port() const { return port_; }  // 0: none given
  const Params& params() const { return params_; }
  Params& params() { return params_; }
  // "?a=b&c=d" without the '?', as written (escaped); legal in Contact and Refer-To only.
  const std::string& headers() const { return headers_; }

  void set_user(std::string_view plain_text);
  bool set_host(std::string_view host);  // false, and unchanged, if it is no host
  void set_port(uint16_t port) { port_ = port; }
  void set_secure() { scheme_ = Scheme::kSips; }
  void clear_headers() { headers_.clear(); }
  // For Refer-To: appends name=value to the headers, both escaped (RFC 3261 19.1.1).
  void add_header(std::string_view name, std::string_view value);
  // One of the embedded headers, unescaped; nothing if absent.
  std::optional<std::string> embedded_header(std::string_view name) const;

  bool is_loose_router() const { return params_.has("lr"); }

  std::string to_string() const;

  // The same resource by the rules of RFC 3261 19.1.4 (not byte equality).
  bool equivalent(const Uri& other) const;
  bool operator==(const Uri&) const = default;  // same parts, same bytes

 private:
  static std::optional<Uri> parse_sip(std::string_view rest, Scheme scheme);
  static std::optional<Uri> parse_tel(std::string_view rest);
  bool parse_host_port(std::string_view text);

  Scheme scheme_ = Scheme::kSip;
  uint16_t port_ = 0;
  std::string user_;
  std::string password_;
  std::string host_;
  Params params_{Params::Kind::kUri};
  std::string headers_;
  std::string opaque_;  // the whole text of a scheme that is not ours
};

// "%HH" for every byte outside `unreserved` and `also_allowed`; and back (a broken escape stays).
std::string escape(std::string_view plain, std::string_view also_allowed);
std::string unescape(std::string_view escaped);

}  // namespace patchcord::sip

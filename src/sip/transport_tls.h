// SPDX-License-Identifier: GPL-3.0-or-later
// Private to sip/transport*.cpp: TLS without a socket. TlsSession takes the bytes a connection
// brought and gives the bytes it must send, and says whether the peer is who it must be.
// TlsContexts makes sessions from one configuration, which may be replaced: sessions keep what they
// were made with. OpenSSL does not leave transport_tls.cpp. Thread: control. Owner:
// StreamConnections. RFC 5922 7, RFC 8446, RFC 9325.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "sip/transport.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;

namespace patchcord::sip {

class TlsSession {
 public:
  enum class State : uint8_t { kHandshaking, kOpen, kEnded };
  enum class Role : uint8_t { kAccepting, kDialling };

  // `name`, when dialling: the domain (or numeric address) the certificate must be of.
  TlsSession(ssl_ctx_st* context, Role role, std::string name);

  // Bytes off the wire. What they hold is then in take_plain(); what must be sent in take_wire().
  void receive(std::string_view bytes);
  // Kept until the handshake is done.
  void send(std::string_view plain);
  std::string take_plain() { return std::exchange(plain_, {}); }
  std::string take_wire();

  State state() const { return state_; }
  size_t unsent() const { return unsent_.size(); }
  // Why it ended. kClosed: the peer said so.
  const TransportFault& fault() const { return fault_; }

 private:
  struct Free {
    void operator()(ssl_st* ssl) const;
  };

  void shake_hands();
  void read();
  void end(TransportFault::Kind kind, std::string text);

  std::unique_ptr<ssl_st, Free> ssl_;
  Role role_;
  std::string name_;
  State state_ = State::kHandshaking;
  TransportFault fault_{TransportFault::Kind::kClosed, {}};
  std::string unsent_;
  std::string plain_;
};

class TlsContexts {
 public:
  // kNotFound: a file cannot be read or used; the text says which and why.
  static Result<TlsContexts> make(const TlsConfig& config);

  bool can_accept() const { return accepting_ != nullptr; }
  TlsSession accept() const { return {accepting_.get(), TlsSession::Role::kAccepting, {}}; }
  TlsSession dial(const std::string& name) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Free>;
  static Result<Context> make_context(const TlsConfig& config, TlsSession::Role role,
                                      const std::filesystem::path& authority);

  Context accepting_;
  Context dialling_;  // for domains without an authority of their own: the system's
  std::map<std::string, Context, std::less<>> by_domain_;
};

// The SIP identities of a certificate: the hosts of its sip: URIs; where there is none, its DNS
// names; where it has no alternative name at all, its common name (RFC 5922 7.1). And its IP
// addresses, for peers that are known by nothing else.
std::vector<std::string> sip_identities(const x509_st* certificate);
// The whole name, in any case; no wildcard (RFC 5922 7.2).
bool is_identity(const std::vector<std::string>& identities, std::string_view name);

}  // namespace patchcord::sip

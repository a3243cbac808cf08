// SPDX-License-Identifier: GPL-3.0-or-later
// Outside: the one door through which the user agent touches the world: bytes out, names resolved,
// the address by which we are seen, and a timer. In the gateway it is sockets and c-ares; in the
// house tests it is a simulated network. Not a socket itself.
// Bytes that arrive come back through UserAgent::on_message(), an answer of resolve() through
// UserAgent::on_resolved(): in a later turn, never from inside the call.
// Thread: control. Owner: app; it outlives the user agent.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/bytes.h"
#include "core/id.h"
#include "core/time.h"

namespace patchcord::sip {

enum class TransportKind : uint8_t { kUdp, kTcp, kTls };
std::string_view to_string(TransportKind kind);  // "UDP", "TCP", "TLS": as in a Via
std::optional<TransportKind> transport_from(std::string_view text);  // any case
inline bool is_reliable(TransportKind kind) {
  return kind != TransportKind::kUdp;
}

using SocketId = StrongId<struct SipSocketTag, uint64_t>;  // a stream connection; 0: none
using ResolveTicket = StrongId<struct ResolveTicketTag, uint64_t>;

// Where bytes go to, or came from. A response over a stream goes back by the connection its request
// came on while that is open (RFC 3261 18.2.2).
struct Target {
  TransportKind transport = TransportKind::kUdp;
  SocketAddress address;
  SocketId connection;
  std::string name{};  // TLS: the domain or address whose certificate must be shown (RFC 5922)
  auto operator<=>(const Target&) const = default;
};

// Why a target can be sent nothing more.
struct TransportFault {
  enum class Kind : uint8_t {
    kUnreachable,  // no route, or a connection that could not be had
    kRefused,      // an ICMP error to a datagram; whoever guesses our ports can write one
    kClosed,       // an open connection ended
    kHandshake,    // TLS: no protocol in common
    kUntrusted,    // TLS: the certificate is not of whom it must be
  };
  Kind kind = Kind::kUnreachable;
  std::string text{};  // for a person
};

// What RFC 3263 starts from. port 0: none was given (then SRV may be asked); transport: the one the
// URI names, if any.
struct ResolveQuery {
  std::string host;
  uint16_t port = 0;
  std::optional<TransportKind> transport{};
  bool is_sips = false;
};

// In the order of trying; empty: the name does not resolve.
using Targets = std::vector<Target>;

class Outside {
 public:
  virtual ~Outside() = default;
  // Never blocks. A failure comes as on_transport_error(target, fault), in a later turn.
  virtual void send(const Target& target, ByteSpan bytes) = 0;
  virtual void resolve(ResolveTicket ticket, const ResolveQuery& query) = 0;
  // What Via and Contact say to that target: the listening (or the public) address; over a stream
  // for which nothing listens, our end of the connection, which is dialled for that.
  virtual SocketAddress local_address(const Target& target) = 0;
  // Call UserAgent::on_time() at or soon after this time; it replaces what was asked before.
  // kNever: no need.
  virtual void wake_at(MonoTime when) = 0;
};

}  // namespace patchcord::sip

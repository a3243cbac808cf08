// SPDX-License-Identifier: GPL-3.0-or-later
// Transport: the SIP sockets on the control loop. Whole messages come out of it, bytes go into it;
// it knows nothing of what they say. UDP: one socket for each address listened on; an ICMP error
// is told of the target it came for. TCP and TLS: connections in a table by id, dialled when there
// is none and used again, one for each target and verified name (RFC 3261 18, RFC 5626 keep-alives,
// RFC 5922); each is bounded in what it may hold, and a message that dribbles in is given up.
// Not here: names (resolver), retransmission (transaction).
// Its handlers carry ids, but they do carry it: the io_context must not run after it is destroyed.
// Thread: control. Owner: app.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/bytes.h"
#include "core/counters.h"
#include "core/executor.h"
#include "core/result.h"
#include "sip/outside.h"

namespace boost::asio {
class io_context;
}

namespace patchcord::sip {

class TransportListener {
 public:
  virtual ~TransportListener() = default;
  // One whole message, or over UDP whatever one datagram held. Good for the length of the call.
  virtual void on_received(ByteSpan bytes, const Target& from) = 0;
  // Nothing more can be sent there: the connection failed or ended. Never from inside send().
  virtual void on_transport_error(const Target& target, const TransportFault& fault) = 0;
};

struct ListenAddress {
  TransportKind transport = TransportKind::kUdp;
  SocketAddress address;                // port 0: any
  std::optional<IpAddress> advertised;  // in Via and Contact, behind a 1:1 NAT
};

// What TLS needs. A domain has its own certificate authority, or the system's; "*" is every other.
struct TlsConfig {
  std::filesystem::path certificate, key;  // of ours, PEM; empty: we can dial, not listen
  bool is_shown_to_servers = false;        // that ask: one made for a web page may do harm there
  std::map<std::string, std::filesystem::path> authorities;  // by domain, lower case
};

enum class TransportEvent : uint8_t {
  kSendFailed,      // the system refused a datagram, or a connection could not be had
  kSendDropped,     // a full socket or queue: as if lost on the way
  kFramingFault,    // a stream in which no message end can be told
  kMessageTooSlow,  // a message, a handshake or a first message that was not there in time
  kHandshakeFailed,
  kUntrusted,  // a certificate of the wrong name, authority or time
  kFlowDead,   // a connection whose peer answers no keep-alive any more
  kTooManyConnections,
  kCount,
};

// Of a stream; what takes longer is closed.
struct TransportLimits {
  Duration connect = std::chrono::seconds(5);         // and as long again for a TLS handshake
  Duration first_message = std::chrono::seconds(10);  // of a peer that dialled us
  Duration message = std::chrono::seconds(10);        // from its first byte to its last
  Duration pong = std::chrono::seconds(10);  // of a peer that has answered before, RFC 5626 4.4.1
  Duration idle = std::chrono::minutes(30);
};

class Transport {
 public:
  Transport(boost::asio::io_context& io, Executor& control, TransportListener& listener,
            TransportLimits limits = {});
  ~Transport();

  // Certificates and authorities for handshakes from now on; what is open stays. kNotFound: a file
  // cannot be used, and nothing has changed.
  Result<void> use_tls(const TlsConfig& config);
  // kNetwork: the system's words. kState: TLS without a certificate.
  Result<void> listen(const ListenAddress& where);
  // The address a listener got, for port 0; unset if there is no such listener.
  SocketAddress bound(TransportKind transport) const;

  void send(const Target& target, ByteSpan bytes);
  // The address of ours that a peer at `target` can reach: advertised, bound, or by the route. For
  // a stream that nothing listens for it dials, to know its own end of the connection.
  SocketAddress local_address(const Target& target);

  size_t connection_count() const;
  const Counters<TransportEvent>& counters() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

// The source address the system would use toward that peer; unspecified if there is no route.
IpAddress source_address_toward(const SocketAddress& peer);

}  // namespace patchcord::sip

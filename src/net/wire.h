// SPDX-License-Identifier: GPL-3.0-or-later
// The doors between media/ and the network, so that the same gateway runs over real sockets and
// threads (udp_socket, epoll_loop) and, in the tests, over a simulated network in one thread with a
// virtual clock (tests/support/sim_net.h). Doors are virtual once per batch, not per packet.
//
//   Wire ──bind────▶ Port ──watch─────▶ Loop   turn: posted tasks, datagrams, timers, residents,
//     ╰────listen──▶ Listener ──watch──▶ │          flush
//                        Port ◀─accepted─╯
//
// A Port gives and takes datagrams, whatever carries them: a UDP socket, or one TCP connection in
// whose stream they are framed (RFC 4571).
//
// Thread: a Wire belongs to control; a Port to whoever holds it, and from watch() to unwatch() to
// the Loop's thread; a Loop's functions other than Executor::post are for its own thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "core/address.h"
#include "core/bytes.h"
#include "core/counters.h"
#include "core/executor.h"
#include "core/function.h"
#include "core/result.h"
#include "core/time.h"
#include "core/transport_address.h"
#include "net/outbox.h"

namespace patchcord::net {

class ReceiveSlab;

// A datagram as it came, inside the loop's slab: valid until the handler returns. Whoever keeps it
// copies it; whoever likes may change it in place.
struct Datagram {
  MutableByteSpan bytes;  // 0..kMaxDatagram; kTailroom more may be written behind them
  SocketAddress from;
  IpAddress to;  // our address it was sent to; not set if the system did not say
};

enum class PortCount : uint8_t {
  kReceived,
  kSent,
  kTooLarge,     // received, over kMaxDatagram, dropped; it breaks a TCP connection
  kIcmpError,    // "nobody there" about something sent before; ends nothing
  kSendBlocked,  // no room in the system's buffer: dropped, as a full router would
  kSendFailed,   // no route, forbidden by a firewall, ...
  kCount
};

// A bound UDP port or a TCP connection; closed when it dies.
class Port {
 public:
  explicit Port(const SocketAddress& local) : local_(local) {}
  virtual ~Port() = default;
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  // As bound: the port is the real one, the address may be unspecified.
  const SocketAddress& local() const { return local_; }
  virtual TransportProtocol protocol() const { return TransportProtocol::kUdp; }
  // A connection that ended, by its peer or by what came on it: it gives nothing any more.
  virtual bool is_broken() const { return false; }
  const Counters<PortCount>& counters() const { return counters_; }

  // For a Loop: what has arrived, at most one slab full; never blocks.
  virtual std::span<Datagram> receive(ReceiveSlab& slab) = 0;
  // The slab was full: there is more that no descriptor will tell of.
  virtual bool has_more() const { return false; }
  // For an Outbox: sends now; what cannot be sent is dropped and counted.
  virtual void send(std::span<const Outgoing> batch) = 0;
  // For a Loop over the operating system; -1: there is none.
  virtual int descriptor() const { return -1; }

 protected:
  Counters<PortCount> counters_;

 private:
  friend class Outbox;
  SocketAddress local_;
  OutboxChain queued_;
};

enum class PortKind : uint8_t {
  kShared,  // many calls: large system buffers
  kCall,    // one stream of one call
};

// A port at which TCP connections come in.
class Listener {
 public:
  explicit Listener(const SocketAddress& local) : local_(local) {}
  virtual ~Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  const SocketAddress& local() const { return local_; }
  // For a Loop: the next connection that waits, with the address of its peer; nothing: none does.
  struct Accepted {
    std::unique_ptr<Port> port;
    SocketAddress from;
  };
  virtual std::optional<Accepted> accept() = 0;
  virtual int descriptor() const { return -1; }

 private:
  SocketAddress local_;
};

class Wire {
 public:
  virtual ~Wire() = default;
  // Port 0 takes any free one. An address of :: takes IPv4 as well (seen as IPv4 addresses).
  // Errors: kNetwork, the text says which address and why.
  virtual Result<std::unique_ptr<Port>> bind(const SocketAddress& local, PortKind kind) = 0;
  // The same for TCP.
  virtual Result<std::unique_ptr<Listener>> listen(const SocketAddress& local) = 0;
};

// Also called, with nothing, when the port has broken.
using DatagramHandler = Function<void(std::span<Datagram>)>;
using ConnectionHandler = Function<void(Listener::Accepted)>;

// Something that lives on a loop and has a say in each of its turns.
class Resident {
 public:
  // After the datagrams, timers and tasks of the turn, before what was queued is sent.
  virtual void on_turn(MonoTime now) = 0;
  // When a turn must come at the latest; kNever: nothing is due.
  virtual MonoTime next_deadline() const = 0;

 protected:
  ~Resident() = default;
};

class Loop : public Executor {
 public:
  // The port must outlive its being watched. A handler may watch and unwatch, also its own port.
  virtual void watch(Port& port, DatagramHandler handler) = 0;
  // Sends first what is queued for the port. A port that is not watched is ignored.
  virtual void unwatch(Port& port) = 0;
  virtual void watch(Listener& listener, ConnectionHandler handler) = 0;
  virtual void unwatch(Listener& listener) = 0;
  virtual void attach(Resident& resident) = 0;
  virtual void detach(Resident& resident) = 0;

  // Where ports that are watched here send through; flushed at the end of every turn.
  Outbox& outbox() { return outbox_; }

 private:
  Outbox outbox_;
};

}  // namespace patchcord::net

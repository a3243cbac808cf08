// SPDX-License-Identifier: GPL-3.0-or-later
// Outbox: what a loop's ports send in this turn, so that one port's datagrams leave in one system
// call. A datagram is written straight into its slot (and protected there in place), then
// committed. It is not a queue over time: the loop flushes it at the end of each turn, and it
// flushes itself when it is full. Order is kept within a port.
// Thread: that of the loop. Owner: Loop.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/address.h"
#include "core/bytes.h"

namespace patchcord::net {

class Port;

inline constexpr size_t kMaxDatagram = 2048;  // of audio and handshakes; larger ones are dropped
inline constexpr size_t kTailroom = 64;       // behind each of them, e.g. for the tag of SRTP
inline constexpr size_t kBatch = 64;          // datagrams in one system call

struct Outgoing {
  ByteSpan bytes;
  SocketAddress to;
  IpAddress from;  // our address to send from; not set: the system chooses
};

struct OutboxChain {  // the slots that belong to one port, in order
  static constexpr uint16_t kNone = 0xffff;
  uint16_t first = kNone;
  uint16_t last = kNone;
};

class Outbox {
 public:
  static constexpr size_t kSlots = 256;

  Outbox();
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // A free slot of kMaxDatagram + kTailroom bytes, to be filled and then committed; the same one
  // until then.
  MutableByteSpan next();
  // The first `size` bytes of next() leave from `port`, which must be watched by this loop.
  void commit(Port& port, size_t size, const SocketAddress& to, const IpAddress& from = {});
  // next() and commit() with a copy of `bytes`; more than kMaxDatagram are not sent.
  void queue(Port& port, ByteSpan bytes, const SocketAddress& to, const IpAddress& from = {});

  void flush();
  bool is_empty() const { return count_ == 0; }

 private:
  struct Slot;
  void send_chain(Port& port);

  std::unique_ptr<std::array<Slot, kSlots>> slots_;
  std::array<Port*, kSlots> ports_{};  // those with a chain
  size_t count_ = 0;                   // slots in use
  size_t port_count_ = 0;
};

}  // namespace patchcord::net

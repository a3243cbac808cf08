// SPDX-License-Identifier: GPL-3.0-or-later
// DatagramSink: where a transport puts the datagrams it wants sent now (checks, answers,
// handshake). Not a socket: the owner queues them. send() must copy what it keeps and must not call
// back into the transport. Media packets do not go through it: they are the return values of
// Transport.
// Thread: that of the transport.
#pragma once

#include "core/bytes.h"
#include "core/transport_address.h"

namespace patchcord::rtc {

class DatagramSink {
 public:
  virtual void send(ByteSpan datagram, const TransportAddress& to) = 0;

 protected:
  ~DatagramSink() = default;
};

// A sink with the address already written on the envelope, for layers that know no address.
struct Route {
  DatagramSink& sink;
  TransportAddress to;

  void send(ByteSpan datagram) const { sink.send(datagram, to); }
};

}  // namespace patchcord::rtc

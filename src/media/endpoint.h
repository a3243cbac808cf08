// SPDX-License-Identifier: GPL-3.0-or-later
// Endpoint: one media side of a call, whatever it is: a browser, a SIP peer, or a far end that is
// inside. It turns datagrams into RTP packets one may trust and sends packets to its peer; STUN,
// DTLS and RTCP end in it. It knows no other endpoint, no pipe and no codec.
//
//   datagram ──receive──▶ packet ──▶ bridge ──▶ pipe ──▶ send ──▶ outbox
//
// Thread: media. Owner: Bridge.
#pragma once

#include <optional>

#include "core/address.h"
#include "core/time.h"
#include "media/engine.h"
#include "media/pipe.h"
#include "media/plan.h"
#include "net/wire.h"
#include "rtp/packet.h"

namespace patchcord::media {

// Who hears what an endpoint or a bridge has to tell. Events are values to be passed on later: the
// receiver calls nothing back from inside.
class EventSink {
 public:
  virtual void on_event(const MediaEvent& event) = 0;

 protected:
  ~EventSink() = default;
};

class Endpoint : public PacketSink {
 public:
  // A plan of the endpoint's own kind; any other changes nothing.
  virtual void set_plan(const EndpointPlan& plan, MonoTime now) = 0;
  // Which payload types this side may send (`in`) and is sent (`out`).
  virtual void set_formats(const AudioPlan& in, const AudioPlan& out) = 0;

  // One datagram for this endpoint. Nothing unless it is RTP of the peer, of a known payload type.
  virtual std::optional<rtp::Packet> receive(net::Port& port, net::Datagram& datagram,
                                             MonoTime now) = 0;
  // What the endpoint itself gives now without a datagram (an echo, a tune); ask until there is
  // none.
  virtual std::optional<rtp::Packet> next_packet(MonoTime /*now*/) { return std::nullopt; }

  // The other side hears from now on: what this one plays may begin. Repeated: nothing.
  virtual void begin(MonoTime /*now*/) {}

  // Has this address proved to belong to the peer?
  virtual bool has_proved(const TransportAddress& /*address*/, MonoTime /*now*/) const {
    return false;
  }
  // This port, by which the address was reached, is closed: nothing may be sent by it any more.
  virtual void on_port_gone(const net::Port& /*port*/, const TransportAddress& /*address*/,
                            MonoTime /*now*/) {}
  // Can it be sent to?
  virtual bool is_ready() const = 0;
  virtual void on_time(MonoTime now) = 0;
  virtual MonoTime next_deadline() const = 0;
  // Says goodbye to the peer; deaf and mute from then on. The datagrams are in the outbox.
  virtual void close(MonoTime now) = 0;

  virtual EndpointStats stats(MonoTime now) const = 0;
  virtual std::optional<MonoTime> last_heard() const = 0;  // RTP or RTCP of the peer
  // What the peer's newest report says of our stream, 0..100 percent; nothing: no report yet.
  virtual std::optional<int> reported_loss() const { return std::nullopt; }
};

}  // namespace patchcord::media

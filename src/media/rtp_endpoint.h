// SPDX-License-Identifier: GPL-3.0-or-later
// RtpEndpoint: the media side that is a SIP peer: plain RTP and RTCP on a port pair of its own.
// Whom it believes is decided by Latch; all else is counted and goes nowhere, and nothing is ever
// sent to it. While an answer is awaited the newest packets of strangers are held back: the answer
// may say that one of them is the peer, and then its packets go on in their order. An ICMP error
// ends nothing: phones open their ports late. Not here: SDES-SRTP, codecs, digits. Thread: media.
// Owner: Bridge.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "core/counters.h"
#include "media/endpoint.h"
#include "media/held_packets.h"
#include "media/latch.h"
#include "media/rtcp_session.h"
#include "net/port_pool.h"

namespace patchcord::media {

class RtpEndpoint final : public Endpoint {
 public:
  struct Identity {
    Side side;
    Ssrc ssrc;
    std::string cname;
    // Addresses that are ours: our own port there is no peer but a loop.
    std::vector<IpAddress> own;
  };

  RtpEndpoint(Identity identity, net::PortPair ports, net::Outbox& outbox, EventSink& events);

  void set_plan(const EndpointPlan& plan, MonoTime now) override;
  void set_formats(const AudioPlan& in, const AudioPlan& out) override;
  std::optional<rtp::Packet> receive(net::Port& port, net::Datagram& datagram,
                                     MonoTime now) override;
  std::optional<rtp::Packet> next_packet(MonoTime now) override;
  void send(rtp::Packet& packet, MonoTime now) override;

  bool is_ready() const override { return can_send_to(latch_.remote()); }
  void on_time(MonoTime now) override;
  MonoTime next_deadline() const override;
  void close(MonoTime now) override;

  EndpointStats stats(MonoTime now) const override;
  std::optional<MonoTime> last_heard() const override { return rtcp_.last_heard(); }
  std::optional<int> reported_loss() const override { return rtcp_.reported_loss(); }

  net::PortPair& ports() { return ports_; }

 private:
  enum class Drop : uint8_t { kNotRtp, kUnknownPayloadType, kBadRtcp, kStranger, kCount };

  std::optional<rtp::Packet> on_rtp(const net::Datagram& datagram, MonoTime now);
  void refuse(const net::Datagram& datagram, MonoTime now);
  void on_rtcp(const net::Datagram& datagram, MonoTime now);
  void drop_stranger(const SocketAddress& from);
  void send_rtcp(size_t size, ByteSpan slot);
  SocketAddress rtcp_remote() const;
  bool can_send_to(const SocketAddress& to) const;

  const Identity identity_;
  net::PortPair ports_;
  net::Outbox& outbox_;
  EventSink& events_;
  RtpPlan plan_;
  Latch latch_;
  std::unique_ptr<HeldPackets> held_;  // while an answer is awaited
  size_t to_judge_ = 0;                // of these, by the newest plan
  RtcpSession rtcp_;
  IpAddress local_;            // that the peer sends to: answers leave from there
  SocketAddress rtcp_source_;  // of the believed peer's RTCP
  SocketAddress unexpected_;
  bool is_closed_ = false;
  Counters<Drop> drops_;
};

}  // namespace patchcord::media

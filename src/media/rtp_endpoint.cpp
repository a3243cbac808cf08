// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/rtp_endpoint.h"

#include <algorithm>
#include <utility>

namespace patchcord::media {
namespace {

// An answer that takes longer to come through is no reason to play old sound.
constexpr Duration kHoldLimit = std::chrono::milliseconds(300);

}  // namespace

RtpEndpoint::RtpEndpoint(Identity identity, net::PortPair ports, net::Outbox& outbox,
                         EventSink& events)
    : identity_(std::move(identity)),
      ports_(std::move(ports)),
      outbox_(outbox),
      events_(events),
      rtcp_(identity_.ssrc, identity_.cname) {}

void RtpEndpoint::set_plan(const EndpointPlan& plan, MonoTime now) {
  const auto* rtp = std::get_if<RtpPlan>(&plan);
  if (!rtp || is_closed_) return;
  if (rtp->rtp != plan_.rtp) {
    local_ = {};
    rtcp_source_ = {};
  }
  plan_ = *rtp;
  latch_.set_plan(plan_);
  if (plan_.awaits_answer && !held_) held_ = std::make_unique<HeldPackets>();
  if (held_) to_judge_ = held_->size();
  if (is_ready()) rtcp_.start(now);
}

void RtpEndpoint::set_formats(const AudioPlan& in, const AudioPlan& out) {
  rtcp_.set_formats(in, out);
}

std::optional<rtp::Packet> RtpEndpoint::receive(net::Port& port, net::Datagram& datagram,
                                                MonoTime now) {
  if (is_closed_) return std::nullopt;
  // RFC 5761: a peer may put its RTCP on the RTP port without asking.
  if (&port == ports_.rtcp.get() || rtp::is_rtcp(datagram.bytes)) {
    on_rtcp(datagram, now);
    return std::nullopt;
  }
  return on_rtp(datagram, now);
}

std::optional<rtp::Packet> RtpEndpoint::next_packet(MonoTime now) {
  if (!held_) return std::nullopt;
  for (; to_judge_ > 0; --to_judge_) {
    const auto held = held_->take();
    if (!held) break;
    if (now - held->at > kHoldLimit) {
      drop_stranger(held->datagram.from);
    } else if (auto packet = on_rtp(held->datagram, held->at)) {
      --to_judge_;
      return packet;
    }
  }
  if (!plan_.awaits_answer) held_.reset();
  return std::nullopt;
}

std::optional<rtp::Packet> RtpEndpoint::on_rtp(const net::Datagram& datagram, MonoTime now) {
  const std::optional<rtp::Packet> packet = rtp::Packet::parse(datagram.bytes);
  if (!packet) {
    drops_.add(Drop::kNotRtp);
    return std::nullopt;
  }
  const SocketAddress before = latch_.remote();
  if (!latch_.accept(datagram.from, *packet)) {
    refuse(datagram, now);
    return std::nullopt;
  }
  local_ = datagram.to;
  if (latch_.remote() != before) rtcp_source_ = {};
  if (is_ready()) rtcp_.start(now);
  const bool is_first = !rtcp_.has_packets();
  if (!rtcp_.on_packet(*packet, now)) {
    drops_.add(Drop::kUnknownPayloadType);
    return std::nullopt;
  }
  if (is_first) events_.on_event(FirstPacket{identity_.side});
  return packet;
}

void RtpEndpoint::on_rtcp(const net::Datagram& datagram, MonoTime now) {
  // RTCP teaches no address of the media; it is taken from the SDP's address or the believed host.
  const bool is_believed = datagram.from == plan_.rtcp ||
                           (latch_.remote().is_set() && datagram.from.ip() == latch_.remote().ip());
  if (!is_believed) return drop_stranger(datagram.from);
  if (!rtcp_.on_rtcp(datagram.bytes, now)) return drops_.add(Drop::kBadRtcp);
  rtcp_source_ = datagram.from;
}

// One that is held too long, or gives way to a newer one, was a stranger.
void RtpEndpoint::refuse(const net::Datagram& datagram, MonoTime now) {
  if (!plan_.awaits_answer || datagram.bytes.size() > HeldPackets::kLongest) {
    return drop_stranger(datagram.from);
  }
  if (const auto displaced = held_->keep(datagram, now)) drop_stranger(*displaced);
}

void RtpEndpoint::drop_stranger(const SocketAddress& from) {
  drops_.add(Drop::kStranger);
  unexpected_ = from;
}

void RtpEndpoint::send(rtp::Packet& packet, MonoTime now) {
  if (is_closed_ || !is_ready()) return;
  outbox_.queue(*ports_.rtp, packet.bytes(), latch_.remote(), local_);
  rtcp_.on_sent(packet, now);
}

void RtpEndpoint::send_rtcp(size_t size, ByteSpan slot) {
  const SocketAddress to = rtcp_remote();
  if (size == 0 || !can_send_to(to)) return;
  // A peer that muxes says the same address for both.
  net::Port& port = to == latch_.remote() ? *ports_.rtp : *ports_.rtcp;
  outbox_.queue(port, slot.first(size), to, local_);
}

// By the SDP, unless the SDP's address proved to be a wrong one.
SocketAddress RtpEndpoint::rtcp_remote() const {
  if (!plan_.rtcp.is_set() || !latch_.is_learnt()) return plan_.rtcp;
  if (rtcp_source_.is_set()) return rtcp_source_;
  const SocketAddress& rtp = latch_.remote();
  return rtp.port() == 0xffff ? SocketAddress()
                              : SocketAddress(rtp.ip(), static_cast<uint16_t>(rtp.port() + 1));
}

bool RtpEndpoint::can_send_to(const SocketAddress& to) const {
  if (!to.is_set() || to.ip().is_unspecified() || to.ip().is_multicast()) return false;
  const bool is_own_port =
      to.port() == ports_.rtp->local().port() || to.port() == ports_.rtcp->local().port();
  if (!is_own_port) return true;
  return !to.ip().is_loopback() && to.ip() != local_ &&
         std::find(identity_.own.begin(), identity_.own.end(), to.ip()) == identity_.own.end();
}

void RtpEndpoint::on_time(MonoTime now) {
  if (is_closed_ || rtcp_.next_report() > now) return;
  std::array<uint8_t, RtcpSession::kMaxReport> report;
  send_rtcp(rtcp_.report(report, now), report);
}

MonoTime RtpEndpoint::next_deadline() const {
  return is_closed_ ? kNever : rtcp_.next_report();
}

void RtpEndpoint::close(MonoTime now) {
  if (is_closed_) return;
  std::array<uint8_t, RtcpSession::kMaxReport> bye;
  send_rtcp(rtcp_.bye(bye, now), bye);
  is_closed_ = true;
}

EndpointStats RtpEndpoint::stats(MonoTime now) const {
  EndpointStats stats;
  rtcp_.fill(stats, now);
  stats.remote = latch_.remote();
  stats.unexpected = unexpected_;
  stats.dropped = drops_.total();
  stats.transport = "rtp";
  return stats;
}

}  // namespace patchcord::media

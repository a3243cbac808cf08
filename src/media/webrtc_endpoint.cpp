// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/webrtc_endpoint.h"

#include <algorithm>
#include <cstring>

#include "core/log.h"

namespace patchcord::media {
namespace {

rtc::RemoteParameters parameters(const WebrtcRemote& remote) {
  rtc::RemoteParameters out;
  out.ice = {remote.ufrag, remote.password};
  out.fingerprints = remote.fingerprints;
  out.our_role = remote.dtls == WebrtcRemote::Dtls::kWeConnect ? rtc::DtlsRole::kClient
                                                               : rtc::DtlsRole::kServer;
  return out;
}

}  // namespace

WebrtcEndpoint::WebrtcEndpoint(const WebrtcLocal& local, const Surroundings& surroundings)
    : id_(surroundings.id),
      side_(surroundings.side),
      outbox_(surroundings.outbox),
      events_(surroundings.events),
      transport_(surroundings.dtls, rtc::IceRole::kLite, {local.ufrag, local.password},
                 surroundings.random),
      rtcp_(local.ssrc, local.cname) {}

void WebrtcEndpoint::set_plan(const EndpointPlan& plan, MonoTime now) {
  const auto* webrtc = std::get_if<WebrtcPlan>(&plan);
  if (!webrtc || !webrtc->remote || webrtc->remote == remote_ || is_closed_) return;
  remote_ = webrtc->remote;
  transport_.set_remote(parameters(*remote_), now, *this);
  pass_events(now);
}

void WebrtcEndpoint::set_formats(const AudioPlan& in, const AudioPlan& out) {
  rtcp_.set_formats(in, out);
}

std::optional<rtp::Packet> WebrtcEndpoint::receive(net::Port& port, net::Datagram& datagram,
                                                   MonoTime now) {
  if (is_closed_) return std::nullopt;
  note_path(port, datagram);
  const rtc::Received received =
      transport_.receive(datagram.bytes, {datagram.from, port.protocol()}, now, *this);
  switch (received.kind) {
    case rtc::Received::Kind::kRtp:
      return on_rtp(received.packet, now);
    case rtc::Received::Kind::kRtcp:
      if (!rtcp_.on_rtcp(received.packet, now)) drops_.add(Drop::kBadRtcp);
      return std::nullopt;
    case rtc::Received::Kind::kNothing:
      pass_events(now);  // only STUN and DTLS make any
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<rtp::Packet> WebrtcEndpoint::on_rtp(MutableByteSpan bytes, MonoTime now) {
  const std::optional<rtp::Packet> packet = rtp::Packet::parse(bytes);
  if (!packet) {
    drops_.add(Drop::kNotRtp);
    return std::nullopt;
  }
  const bool is_first = !rtcp_.has_packets();
  if (!rtcp_.on_packet(*packet, now)) {
    drops_.add(Drop::kUnknownPayloadType);
    return std::nullopt;
  }
  if (is_first) events_.on_event(FirstPacket{side_});
  return packet;
}

void WebrtcEndpoint::send(rtp::Packet& packet, MonoTime now) {
  const ByteSpan bytes = packet.bytes();
  if (!is_ready() || bytes.size() > net::kMaxDatagram) return;
  const MutableByteSpan slot = outbox_.next();
  std::memcpy(slot.data(), bytes.data(), bytes.size());
  const auto sealed = transport_.protect_rtp(slot, bytes.size());
  const Path* path = path_to(transport_.remote());
  if (!sealed || !path) return;
  outbox_.commit(*path->port, sealed->size(), path->remote.address, path->local);
  rtcp_.on_sent(packet, now);
}

void WebrtcEndpoint::send_rtcp(size_t size, MutableByteSpan slot) {
  if (size == 0 || !is_ready()) return;
  const auto sealed = transport_.protect_rtcp(slot, size);
  const Path* path = path_to(transport_.remote());
  if (!sealed || !path) return;
  outbox_.commit(*path->port, sealed->size(), path->remote.address, path->local);
}

void WebrtcEndpoint::send(ByteSpan datagram, const TransportAddress& to) {
  if (const Path* path = path_to(to)) outbox_.queue(*path->port, datagram, to.address, path->local);
}

bool WebrtcEndpoint::has_proved(const TransportAddress& address, MonoTime now) const {
  return !is_closed_ && transport_.is_proved(address, now);
}

void WebrtcEndpoint::on_port_gone(const net::Port& port, const TransportAddress& address,
                                  MonoTime now) {
  for (Path& path : paths_) {
    if (path.port == &port) path = {};
  }
  transport_.forget(address, now);
}

void WebrtcEndpoint::on_time(MonoTime now) {
  if (is_closed_) return;
  if (transport_.next_deadline() <= now) {
    transport_.on_time(now, *this);
    pass_events(now);
  }
  if (rtcp_.next_report() <= now) {
    const MutableByteSpan slot = outbox_.next();
    send_rtcp(rtcp_.report(slot.first(RtcpSession::kMaxReport), now), slot);
  }
}

MonoTime WebrtcEndpoint::next_deadline() const {
  if (is_closed_) return kNever;
  return std::min(transport_.next_deadline(), rtcp_.next_report());
}

void WebrtcEndpoint::close(MonoTime now) {
  if (is_closed_) return;
  if (is_ready()) {
    const MutableByteSpan slot = outbox_.next();
    send_rtcp(rtcp_.bye(slot.first(RtcpSession::kMaxReport), now), slot);
  }
  transport_.close(*this);
  is_closed_ = true;
}

const WebrtcEndpoint::Path* WebrtcEndpoint::path_to(const TransportAddress& remote) {
  for (size_t i = 0; i < paths_.size(); ++i) {
    const size_t at = (current_path_ + i) % paths_.size();
    if (paths_[at].port && paths_[at].remote == remote) {
      current_path_ = at;
      return &paths_[at];
    }
  }
  return nullptr;
}

void WebrtcEndpoint::note_path(net::Port& port, const net::Datagram& datagram) {
  const TransportAddress from(datagram.from, port.protocol());
  if (const Path* known = path_to(from)) {
    Path& path = paths_[static_cast<size_t>(known - paths_.data())];
    path.port = &port;
    path.local = datagram.to;
    return;
  }
  // The nominated pair's place is never taken: strangers may send what they like.
  if (paths_[next_path_].port && paths_[next_path_].remote == transport_.remote()) {
    next_path_ = (next_path_ + 1) % paths_.size();
  }
  paths_[next_path_] = {from, &port, datagram.to};
  next_path_ = (next_path_ + 1) % paths_.size();
}

void WebrtcEndpoint::pass_events(MonoTime now) {
  while (const auto event = transport_.poll_event()) {
    Failed failed{side_, Failed::What::kIce};
    switch (*event) {
      case rtc::TransportEvent::kIceConnected:
        ice_connected_ = true;
        continue;
      case rtc::TransportEvent::kConnected:
        rtcp_.start(now);
        events_.on_event(Connected{side_});
        continue;
      case rtc::TransportEvent::kClosedByPeer:
        failed.what = Failed::What::kClosedByPeer;
        break;
      case rtc::TransportEvent::kIceFailed:
        break;
      case rtc::TransportEvent::kConsentLost:
        failed.what = Failed::What::kConsent;
        break;
      case rtc::TransportEvent::kFingerprintFailed:
        failed.what = Failed::What::kFingerprint;
        break;
      case rtc::TransportEvent::kDtlsFailed:
        failed.what = Failed::What::kDtls;
        break;
    }
    if (!transport_.failure().empty()) {
      log::info("media.transport_failed", {{"media", id_.value()}, {"why", transport_.failure()}});
    }
    events_.on_event(failed);
  }
}

EndpointStats WebrtcEndpoint::stats(MonoTime now) const {
  EndpointStats stats;
  rtcp_.fill(stats, now);
  stats.remote = transport_.remote().address;
  stats.protocol = transport_.remote().protocol;
  const auto proof = std::max(rtcp_.last_heard(), transport_.last_valid_check());
  if (proof) stats.since_proof = now - *proof;
  stats.dropped = drops_.total() + transport_.drops().total() + transport_.ice_drops().total() +
                  transport_.received_drops().total();
  stats.transport = state_text();
  return stats;
}

const char* WebrtcEndpoint::state_text() const {
  if (is_closed_) return "closed";
  if (transport_.is_connected()) return "connected";
  if (!transport_.failure().empty()) return "failed";
  return ice_connected_ ? "dtls running" : "ice waiting";
}

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/media_peers.h"

#include <algorithm>
#include <array>

namespace patchcord::test {
namespace {

std::optional<HeardPacket> heard_packet(MutableByteSpan bytes, const SocketAddress& from,
                                        MonoTime now) {
  const auto packet = rtp::Packet::parse(bytes);
  if (!packet) return std::nullopt;
  const MutableByteSpan payload = packet->payload();
  return HeardPacket{packet->header(), {payload.begin(), payload.end()}, now, from};
}

}  // namespace

std::vector<uint8_t> SentStream::next(PayloadType type, ByteSpan payload) {
  std::vector<uint8_t> bytes(rtp::kFixedHeaderSize + payload.size());
  rtp::write_header(bytes, {type, sequence, timestamp, ssrc, false});
  std::copy(payload.begin(), payload.end(), bytes.begin() + rtp::kFixedHeaderSize);
  ++sequence;
  timestamp += step;
  return bytes;
}

BrowserPeer::BrowserPeer(net::Wire& wire, net::Loop& loop, const SocketAddress& local,
                         Random& random)
    : wire_(wire),
      loop_(loop),
      certificate_(rtc::Certificate::generate(SystemClock().wall()).value()),
      dtls_(rtc::DtlsContext::create(certificate_).value()),
      ice_(rtc::IceCredentials::generate(random)),
      port_(wire.bind(local, net::PortKind::kCall).value()),
      transport_(
          std::make_unique<rtc::Transport>(dtls_, rtc::IceRole::kControlling, ice_, random)) {
  watch();
  loop_.attach(*this);
}

BrowserPeer::~BrowserPeer() {
  loop_.unwatch(*port_);
  loop_.detach(*this);
}

void BrowserPeer::watch() {
  loop_.watch(*port_, [this](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) on_datagram(datagram);
  });
}

void BrowserPeer::connect(const rtc::IceCredentials& remote, const std::string& fingerprint,
                          const SocketAddress& candidate, rtc::DtlsRole our_role) {
  rtc::RemoteParameters parameters;
  parameters.ice = remote;
  parameters.fingerprints = {fingerprint};
  parameters.our_role = our_role;
  parameters.candidate = candidate;
  transport_->set_remote(parameters, loop_.now(), *this);
  collect_events();
}

void BrowserPeer::move(const SocketAddress& local) {
  loop_.unwatch(*port_);
  port_ = wire_.bind(local, net::PortKind::kCall).value();
  watch();
}

void BrowserPeer::use(std::unique_ptr<net::Port> connection) {
  loop_.unwatch(*port_);
  port_ = std::move(connection);
  watch();
}

void BrowserPeer::on_datagram(net::Datagram& datagram) {
  const rtc::Received received =
      transport_->receive(datagram.bytes, datagram.from, loop_.now(), *this);
  if (received.kind == rtc::Received::Kind::kRtp) {
    if (auto packet = heard_packet(received.packet, datagram.from, loop_.now())) {
      heard.push_back(std::move(*packet));
    }
  } else if (received.kind == rtc::Received::Kind::kRtcp) {
    heard_rtcp.emplace_back(received.packet.begin(), received.packet.end());
  }
  collect_events();
}

void BrowserPeer::collect_events() {
  while (const auto event = transport_->poll_event()) events.push_back(*event);
}

void BrowserPeer::send(PayloadType type, ByteSpan payload) {
  std::vector<uint8_t> bytes = stream.next(type, payload);
  const size_t size = bytes.size();
  bytes.resize(size + rtc::kSrtpMaxTrailer);
  if (const auto sealed = transport_->protect_rtp(bytes, size)) send_raw(*sealed);
}

void BrowserPeer::send_rtcp(ByteSpan compound) {
  std::vector<uint8_t> bytes(compound.begin(), compound.end());
  bytes.resize(compound.size() + rtc::kSrtpMaxTrailer);
  if (const auto sealed = transport_->protect_rtcp(bytes, compound.size())) send_raw(*sealed);
}

void BrowserPeer::send_raw(ByteSpan datagram) {
  loop_.outbox().queue(*port_, datagram, transport_->remote().address);
}

void BrowserPeer::send(ByteSpan datagram, const TransportAddress& to) {
  loop_.outbox().queue(*port_, datagram, to.address);
}

void BrowserPeer::close() {
  transport_->close(*this);
}

void BrowserPeer::on_turn(MonoTime now) {
  if (transport_->next_deadline() > now) return;
  transport_->on_time(now, *this);
  collect_events();
}

PhonePeer::PhonePeer(net::Wire& wire, net::Loop& loop, const SocketAddress& local)
    : loop_(loop), rtp_(wire.bind(local, net::PortKind::kCall).value()) {
  const SocketAddress next(local.ip(), static_cast<uint16_t>(rtp_->local().port() + 1));
  rtcp_ = wire.bind(next, net::PortKind::kCall).value();
  loop_.watch(*rtp_, [this](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) {
      auto packet = heard_packet(datagram.bytes, datagram.from, loop_.now());
      if (packet) heard.push_back(std::move(*packet));
    }
  });
  loop_.watch(*rtcp_, [this](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) {
      heard_rtcp.emplace_back(datagram.bytes.begin(), datagram.bytes.end());
    }
  });
}

PhonePeer::~PhonePeer() {
  loop_.unwatch(*rtp_);
  loop_.unwatch(*rtcp_);
}

void PhonePeer::send(const SocketAddress& to, PayloadType type, ByteSpan payload) {
  send_raw(to, stream.next(type, payload));
}

void PhonePeer::send_raw(const SocketAddress& to, ByteSpan datagram) {
  loop_.outbox().queue(*rtp_, datagram, to);
}

void PhonePeer::send_rtcp(const SocketAddress& to, ByteSpan compound) {
  loop_.outbox().queue(*rtcp_, compound, to);
}

}  // namespace patchcord::test

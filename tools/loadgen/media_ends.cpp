// SPDX-License-Identifier: GPL-3.0-or-later
#include "media_ends.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "bench/support/free_ports.h"

namespace patchcord::loadgen {
namespace {

using bench::loopback;

constexpr int kBindTries = 200;

}  // namespace

Numbers Numbers::draw(Random& random, PayloadType type, uint32_t clock_rate) {
  return {.ssrc = Ssrc(random.u32()),
          .sequence = static_cast<uint16_t>(random.u32()),
          .timestamp = random.u32(),
          .type = type,
          .step = clock_rate / 50};
}

rtp::Header Numbers::next() {
  ++sequence;
  timestamp += step;
  return {type, sequence, timestamp, ssrc, false};
}

BrowserEnd::BrowserEnd(net::Wire& wire, net::Loop& loop, const rtc::DtlsContext& dtls,
                       Random& random, Numbers numbers, OnRtp on_rtp)
    : loop_(loop),
      ice_(rtc::IceCredentials::generate(random)),
      port_(wire.bind({loopback(), 0}, net::PortKind::kCall).value()),
      transport_(dtls, rtc::IceRole::kControlling, ice_, random),
      random_(random),
      numbers_(numbers),
      on_rtp_(std::move(on_rtp)) {
  loop_.watch(*port_, [this](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) on_datagram(datagram);
  });
}

BrowserEnd::~BrowserEnd() {
  loop_.unwatch(*port_);
}

void BrowserEnd::connect(const rtc::IceCredentials& remote, const std::string& fingerprint,
                         const SocketAddress& candidate) {
  rtc::RemoteParameters parameters;
  parameters.ice = remote;
  parameters.fingerprints = {fingerprint};
  parameters.our_role = rtc::DtlsRole::kClient;
  parameters.candidate = candidate;
  transport_.set_remote(parameters, loop_.now(), *this);
}

void BrowserEnd::on_datagram(net::Datagram& datagram) {
  const rtc::Received received =
      transport_.receive(datagram.bytes, datagram.from, loop_.now(), *this);
  while (transport_.poll_event()) {
  }
  if (received.kind != rtc::Received::Kind::kRtp) return;
  if (const auto packet = rtp::Packet::parse(received.packet)) on_rtp_(*packet);
}

void BrowserEnd::on_tick(MonoTime now) {
  if (transport_.next_deadline() <= now) transport_.on_time(now, *this);
  while (transport_.poll_event()) {
  }
}

const Numbers& BrowserEnd::next_numbers() {
  numbers_.next();
  return numbers_;
}

void BrowserEnd::send(ByteSpan payload) {
  const MutableByteSpan slot = loop_.outbox().next();
  const size_t head = rtp::write_header(slot, numbers_.next());
  std::copy(payload.begin(), payload.end(), slot.begin() + static_cast<std::ptrdiff_t>(head));
  const auto sealed = transport_.protect_rtp(slot, head + payload.size());
  if (!sealed || random_.below(100) < lost_percent_) return;
  if (on_sealed_) on_sealed_(*sealed);
  loop_.outbox().commit(*port_, sealed->size(), remote());
}

void BrowserEnd::send_rtp(ByteSpan packet) {
  const MutableByteSpan slot = loop_.outbox().next();
  std::copy(packet.begin(), packet.end(), slot.begin());
  const auto sealed = transport_.protect_rtp(slot, packet.size());
  if (sealed) loop_.outbox().commit(*port_, sealed->size(), remote());
}

void BrowserEnd::send_rtcp(ByteSpan compound) {
  const MutableByteSpan slot = loop_.outbox().next();
  std::copy(compound.begin(), compound.end(), slot.begin());
  const auto sealed = transport_.protect_rtcp(slot, compound.size());
  if (sealed) loop_.outbox().commit(*port_, sealed->size(), remote());
}

void BrowserEnd::send_unprotected(ByteSpan bytes) {
  if (remote().is_set()) loop_.outbox().queue(*port_, bytes, remote());
}

void BrowserEnd::send(ByteSpan datagram, const TransportAddress& to) {
  loop_.outbox().queue(*port_, datagram, to.address);
}

PhoneEnd::PhoneEnd(net::Wire& wire, net::Loop& loop, Numbers numbers, OnRtp on_rtp)
    : loop_(loop), numbers_(numbers), on_rtp_(std::move(on_rtp)) {
  bind(wire);
  loop_.watch(*rtp_, [this](std::span<net::Datagram> datagrams) {
    for (net::Datagram& datagram : datagrams) {
      if (const auto packet = rtp::Packet::parse(datagram.bytes)) on_rtp_(*packet);
    }
  });
  loop_.watch(*rtcp_, [](std::span<net::Datagram>) {});
}

void PhoneEnd::bind(net::Wire& wire) {
  for (int i = 0; i < kBindTries; ++i) {
    auto rtp = wire.bind({loopback(), 0}, net::PortKind::kCall);
    if (!rtp || (*rtp)->local().port() % 2 != 0) continue;
    const auto next = static_cast<uint16_t>((*rtp)->local().port() + 1);
    auto rtcp = wire.bind({loopback(), next}, net::PortKind::kCall);
    if (!rtcp) continue;
    rtp_ = std::move(*rtp);
    rtcp_ = std::move(*rtcp);
    return;
  }
  std::abort();  // a system without two free ports in a row can play no phones
}

PhoneEnd::~PhoneEnd() {
  loop_.unwatch(*rtp_);
  loop_.unwatch(*rtcp_);
}

void PhoneEnd::send(ByteSpan payload) {
  const MutableByteSpan slot = loop_.outbox().next();
  const size_t head = rtp::write_header(slot, numbers_.next());
  std::copy(payload.begin(), payload.end(), slot.begin() + static_cast<std::ptrdiff_t>(head));
  loop_.outbox().commit(*rtp_, head + payload.size(), remote_);
}

void PhoneEnd::send_raw(ByteSpan datagram) {
  loop_.outbox().queue(*rtp_, datagram, remote_);
}

void PhoneEnd::send_rtcp(ByteSpan datagram) {
  const auto port = static_cast<uint16_t>(remote_.port() + 1);
  loop_.outbox().queue(*rtcp_, datagram, {remote_.ip(), port});
}

}  // namespace patchcord::loadgen

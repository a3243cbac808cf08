// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/transport.h"

#include <algorithm>

#include "rtc/demux.h"
#include "rtc/ice_controlling.h"
#include "rtc/ice_lite.h"

namespace patchcord::rtc {
namespace {

std::unique_ptr<IceAgent> make_agent(IceRole role, const IceCredentials& local, Random& random) {
  if (role == IceRole::kLite) return std::make_unique<IceLite>(local);
  return std::make_unique<IceControlling>(local, random);
}

}  // namespace

Transport::Transport(const DtlsContext& context, IceRole role, const IceCredentials& local,
                     Random& random)
    : context_(context), ice_(make_agent(role, local, random)) {}

Transport::~Transport() = default;

void Transport::set_remote(const RemoteParameters& remote, MonoTime now, DatagramSink& out) {
  if (stage_ == Stage::kEnded || role_) return;
  role_ = remote.our_role;
  // RFC 8122 section 5: hashes that are not trusted are passed over; one of the rest must match.
  for (const std::string& text : remote.fingerprints) {
    if (auto fingerprint = Fingerprint::parse(text)) fingerprints_.push_back(*fingerprint);
  }
  if (fingerprints_.empty()) {
    return end(TransportEvent::kFingerprintFailed, "no fingerprint that can be used");
  }
  ice_->set_remote(remote.ice, remote.candidate, now);
  advance(now, out);
}

void Transport::restart_ice(const IceCredentials& local, const RemoteParameters& remote,
                            MonoTime now) {
  ice_->restart(local);
  ice_->set_remote(remote.ice, remote.candidate, now);
}

Received Transport::receive(MutableByteSpan datagram, const TransportAddress& from, MonoTime now,
                            DatagramSink& out) {
  if (stage_ == Stage::kEnded) {
    drops_.add(TransportDrop::kEnded);
    return {};
  }
  switch (protocol_of(datagram)) {
    case Protocol::kRtp:
      return receive_media(datagram, Received::Kind::kRtp, from, now);
    case Protocol::kRtcp:
      return receive_media(datagram, Received::Kind::kRtcp, from, now);
    case Protocol::kStun:
      ice_->receive(datagram, from, now, out);
      break;
    case Protocol::kDtls:
      receive_dtls(datagram, from, now, out);
      break;
    case Protocol::kNone:
      drops_.add(TransportDrop::kUnknownProtocol);
      return {};
  }
  advance(now, out);
  return {};
}

Received Transport::receive_media(MutableByteSpan packet, Received::Kind kind,
                                  const TransportAddress& from, MonoTime now) {
  if (stage_ != Stage::kConnected) {
    drops_.add(TransportDrop::kTooEarly);
    return {};
  }
  if (from != ice_->selected() && !ice_->is_proved(from, now)) {
    drops_.add(TransportDrop::kUnprovedAddress);
    return {};
  }
  const auto plain = kind == Received::Kind::kRtp ? receiver_->unprotect_rtp(packet)
                                                  : receiver_->unprotect_rtcp(packet);
  return plain ? Received{kind, *plain} : Received{};
}

void Transport::receive_dtls(ByteSpan datagram, const TransportAddress& from, MonoTime now,
                             DatagramSink& out) {
  // RFC 8827 section 6.5 and the ClientHello race: whoever is not proved cannot begin a handshake.
  if (!ice_->is_proved(from, now)) return drops_.add(TransportDrop::kUnprovedAddress);
  // A browser that answers our offer may be faster than its answer. It is the client then: to wait
  // for it as the server binds us to nothing before its fingerprint is known.
  if (!dtls_) dtls_.emplace(context_, role_.value_or(DtlsRole::kServer));
  dtls_->receive(datagram, now, route(out));
}

void Transport::on_time(MonoTime now, DatagramSink& out) {
  if (stage_ == Stage::kEnded) return;
  ice_->on_time(now, out);
  if (dtls_) dtls_->on_time(now, route(out));
  advance(now, out);
}

MonoTime Transport::next_deadline() const {
  if (stage_ == Stage::kEnded) return kNever;
  return std::min(ice_->next_deadline(), dtls_ ? dtls_->next_deadline() : kNever);
}

// Each layer has moved as far as it could; what does that mean for the next one up?
void Transport::advance(MonoTime now, DatagramSink& out) {
  check_ice();
  start_dtls(now, out);
  check_dtls(out);
}

void Transport::check_ice() {
  switch (ice_->state()) {
    case IceState::kWaiting:
      return;
    case IceState::kConnected:
      if (!ice_connected_) events_.push_back(TransportEvent::kIceConnected);
      ice_connected_ = true;
      return;
    case IceState::kFailed:
      return end(TransportEvent::kIceFailed, "no valid check from the peer within 20 s");
    case IceState::kConsentLost:
      return end(TransportEvent::kConsentLost, "no valid check from the peer for 30 s");
  }
}

void Transport::start_dtls(MonoTime now, DatagramSink& out) {
  if (stage_ != Stage::kConnecting || !ice_connected_ || !role_) return;
  if (!dtls_) dtls_.emplace(context_, *role_);
  if (dtls_->role() != *role_) {
    return end(TransportEvent::kDtlsFailed, "the peer began a handshake as the client it is not");
  }
  dtls_->start(now, route(out));
}

void Transport::check_dtls(DatagramSink& out) {
  if (stage_ == Stage::kEnded || !dtls_) return;
  switch (dtls_->state()) {
    case Dtls::State::kIdle:
    case Dtls::State::kHandshaking:
      return;
    case Dtls::State::kComplete:
      if (stage_ == Stage::kConnecting && role_) connect(out);
      return;
    case Dtls::State::kClosed:
      return end(TransportEvent::kClosedByPeer, {});
    case Dtls::State::kFailed:
      return end(TransportEvent::kDtlsFailed, dtls_->failure());
  }
}

void Transport::connect(DatagramSink& out) {
  const bool known = std::any_of(fingerprints_.begin(), fingerprints_.end(),
                                 [&](const Fingerprint& f) { return dtls_->peer_matches(f); });
  if (!known) {
    dtls_->close(route(out));
    return end(TransportEvent::kFingerprintFailed, "the certificate has another fingerprint");
  }
  const auto keys = dtls_->export_keys();
  if (!keys) return end(TransportEvent::kDtlsFailed, "no keys could be exported");
  sender_.emplace(keys->ours);
  receiver_.emplace(keys->theirs);
  stage_ = Stage::kConnected;
  events_.push_back(TransportEvent::kConnected);
}

std::optional<MutableByteSpan> Transport::protect_rtp(MutableByteSpan buffer, size_t size) {
  if (stage_ != Stage::kConnected) return std::nullopt;
  return sender_->protect_rtp(buffer, size);
}

std::optional<MutableByteSpan> Transport::protect_rtcp(MutableByteSpan buffer, size_t size) {
  if (stage_ != Stage::kConnected) return std::nullopt;
  return sender_->protect_rtcp(buffer, size);
}

void Transport::close(DatagramSink& out) {
  if (stage_ == Stage::kEnded) return;
  if (dtls_) dtls_->close(route(out));
  stage_ = Stage::kEnded;
}

void Transport::end(TransportEvent why, std::string text) {
  stage_ = Stage::kEnded;
  failure_ = std::move(text);
  events_.push_back(why);
}

std::optional<TransportEvent> Transport::poll_event() {
  if (events_.empty()) return std::nullopt;
  const TransportEvent event = events_.front();
  events_.erase(events_.begin());
  return event;
}

Counters<SrtpDrop> Transport::received_drops() const {
  return receiver_ ? receiver_->drops() : Counters<SrtpDrop>();
}

Counters<SrtpDrop> Transport::sent_drops() const {
  return sender_ ? sender_->drops() : Counters<SrtpDrop>();
}

}  // namespace patchcord::rtc

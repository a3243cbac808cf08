// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/ice_lite.h"

#include <algorithm>

namespace patchcord::rtc {
namespace {

constexpr size_t kMaxAnswer = 160;  // the largest is a 420 with eight attributes: 100 bytes
// Browsers check each 2.5 to 6 s; a selected address that misses two or more is not in use.
constexpr Duration kSilence = std::chrono::seconds(10);
constexpr uint16_t kUnknownAttribute = 420;
constexpr uint16_t kRoleConflict = 487;

}  // namespace

void IceLite::set_remote(const IceCredentials&, const TransportAddress&, MonoTime now) {
  // The peer's credentials sign its answers to checks of ours, and a lite agent sends none.
  if (state_ == IceState::kWaiting) connect_deadline_ = now + kIceConnectLimit;
}

void IceLite::restart(const IceCredentials& local) {
  previous_ = local_;
  local_ = local;
}

const IceCredentials* IceLite::credentials_for(std::string_view ufrag) const {
  if (ufrag == local_.ufrag) return &local_;
  if (previous_ && ufrag == previous_->ufrag) return &*previous_;
  return nullptr;
}

void IceLite::receive(ByteSpan datagram, const TransportAddress& from, MonoTime now,
                      DatagramSink& out) {
  const auto message = parse_stun(datagram);
  if (!message) return drops_.add(IceDrop::kMalformed);
  if (message->is(StunType::kBindingIndication)) return;  // a keep-alive, RFC 8445 section 11
  if (!message->is(StunType::kBindingRequest)) return drops_.add(IceDrop::kUnexpected);

  const IceCredentials* credentials = credentials_for(message->local_ufrag());
  if (!credentials || !has_integrity(datagram, *message, credentials->pwd)) {
    return drops_.add(IceDrop::kUnauthorized);
  }
  const Route back{out, from};
  if (message->unknown_count > 0) return answer_unknown(*message, *credentials, back);
  // RFC 8445 section 7.3.1.1: the peer must be the controlling side, for a lite agent cannot be.
  if (message->controlled) return answer_conflict(*message, *credentials, back);
  answer(*message, *credentials, back);
  prove(*message, from, now);
}

void IceLite::answer(const StunMessage& request, const IceCredentials& credentials,
                     const Route& out) {
  std::array<uint8_t, kMaxAnswer> buffer;
  StunBuilder builder(buffer, StunType::kBindingSuccess, request.transaction);
  out.send(builder.xor_mapped(out.to.address).seal(credentials.pwd));
}

void IceLite::answer_unknown(const StunMessage& request, const IceCredentials& credentials,
                             const Route& out) {
  std::array<uint8_t, kMaxAnswer> buffer;
  StunBuilder builder(buffer, StunType::kBindingError, request.transaction);
  builder.error(kUnknownAttribute, "")
      .unknown_attributes(std::span(request.unknown).first(request.unknown_count));
  out.send(builder.seal(credentials.pwd));
}

void IceLite::answer_conflict(const StunMessage& request, const IceCredentials& credentials,
                              const Route& out) {
  std::array<uint8_t, kMaxAnswer> buffer;
  StunBuilder builder(buffer, StunType::kBindingError, request.transaction);
  out.send(builder.error(kRoleConflict, "").seal(credentials.pwd));
}

void IceLite::prove(const StunMessage& request, const TransportAddress& from, MonoTime now) {
  last_valid_ = now;
  if (previous_ && request.local_ufrag() == local_.ufrag) {
    previous_.reset();
    nominated_ = false;
  }
  auto place = std::find_if(proved_.begin(), proved_.end(),
                            [&](const Proved& p) { return p.address == from; });
  if (place == proved_.end()) {
    place = std::min_element(proved_.begin(), proved_.end(), [](const Proved& a, const Proved& b) {
      return a.checked < b.checked;
    });
  }
  *place = {from, now};

  // Regular nomination comes in a later check, aggressive in each: the last one told counts. Until
  // there is any, the address of the last check is used, so that DTLS need not wait for it. A
  // browser that nominates several pairs keeps only one of them alive, and need not say which.
  const bool is_silent = now - selected_.checked >= kSilence;
  if (request.use_candidate || !nominated_ || is_silent || from == selected_.address) {
    selected_ = {from, now};
  }
  nominated_ |= request.use_candidate;
  if (state_ == IceState::kWaiting) state_ = IceState::kConnected;
}

bool IceLite::is_proved(const TransportAddress& address, MonoTime now) const {
  return address.is_set() && std::any_of(proved_.begin(), proved_.end(), [&](const Proved& p) {
           return p.address == address && now - p.checked < kIceConsentLimit;
         });
}

void IceLite::forget(const TransportAddress& address, MonoTime now) {
  std::replace_if(
      proved_.begin(), proved_.end(), [&](const Proved& p) { return p.address == address; },
      Proved{});
  if (selected_.address != address) return;
  const auto newest =
      std::max_element(proved_.begin(), proved_.end(),
                       [](const Proved& a, const Proved& b) { return a.checked < b.checked; });
  if (is_proved(newest->address, now)) {
    selected_ = *newest;
  } else {
    // The time of the last check stays: the consent it gave ends when it would have.
    selected_.address = {};
    nominated_ = false;
  }
}

void IceLite::on_time(MonoTime now, DatagramSink&) {
  if (now < next_deadline()) return;
  state_ = state_ == IceState::kWaiting ? IceState::kFailed : IceState::kConsentLost;
}

MonoTime IceLite::next_deadline() const {
  switch (state_) {
    case IceState::kWaiting:
      return connect_deadline_;
    case IceState::kConnected:
      return selected_.checked + kIceConsentLimit;
    default:
      return kNever;
  }
}

}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/ice_controlling.h"

#include <algorithm>

namespace patchcord::rtc {
namespace {

using std::chrono::milliseconds;

constexpr Duration kCheckPause = milliseconds(50);
constexpr Duration kConsentPause = milliseconds(2500);
// RFC 8445 section 5.1.2.1 with type preference 110 (peer-reflexive), one interface, component 1.
constexpr uint32_t kPriority = 110u << 24 | 65535u << 8 | 255u;

}  // namespace

IceControlling::IceControlling(const IceCredentials& local, Random& random)
    : random_(random), local_(local), tie_breaker_(random.u64()) {}

void IceControlling::set_remote(const IceCredentials& remote, const TransportAddress& candidate,
                                MonoTime now) {
  remote_ = remote;
  candidate_ = candidate;
  next_check_ = now;
  if (state_ == IceState::kWaiting) deadline_ = now + kIceConnectLimit;
}

void IceControlling::receive(ByteSpan datagram, const TransportAddress& from, MonoTime now,
                             DatagramSink&) {
  const auto message = parse_stun(datagram);
  if (!message) return drops_.add(IceDrop::kMalformed);
  if (!message->is(StunType::kBindingSuccess) || from != candidate_ ||
      !is_ours(message->transaction)) {
    return drops_.add(IceDrop::kUnexpected);
  }
  if (!has_integrity(datagram, *message, remote_.pwd)) return drops_.add(IceDrop::kUnauthorized);
  if (state_ != IceState::kWaiting && state_ != IceState::kConnected) return;
  state_ = IceState::kConnected;
  last_valid_ = now;
  selected_ = candidate_;
  next_check_ = now + kConsentPause;
  deadline_ = now + kIceConsentLimit;
}

bool IceControlling::is_ours(const StunTransaction& transaction) const {
  const auto end = asked_.begin() + static_cast<ptrdiff_t>(std::min(checks_, asked_.size()));
  return std::find(asked_.begin(), end, transaction) != end;
}

void IceControlling::on_time(MonoTime now, DatagramSink& out) {
  if (now >= deadline_) {
    state_ = state_ == IceState::kWaiting ? IceState::kFailed : IceState::kConsentLost;
    next_check_ = deadline_ = kNever;
  }
  if (now < next_check_) return;
  send_check(out);
  // Without an answer a check is never more than one pause away, connected or not.
  next_check_ = now + (state_ == IceState::kWaiting ? kCheckPause : kConsentPause);
}

MonoTime IceControlling::next_deadline() const {
  return std::min(next_check_, deadline_);
}

void IceControlling::send_check(DatagramSink& out) {
  StunTransaction& transaction = asked_[checks_++ % asked_.size()];
  random_.fill(transaction);
  std::array<uint8_t, 640> buffer;  // two ufrags of 256 letters fit
  StunBuilder builder(buffer, StunType::kBindingRequest, transaction);
  builder.username(remote_.ufrag + ":" + local_.ufrag)
      .priority(kPriority)
      .controlling(tie_breaker_)
      .use_candidate();
  out.send(builder.seal(remote_.pwd), candidate_);
}

void IceControlling::forget(const TransportAddress& address, MonoTime) {
  if (selected_ == address) selected_ = {};
}

bool IceControlling::is_proved(const TransportAddress& address, MonoTime now) const {
  return address.is_set() && address == selected_ && now < deadline_;
}

}  // namespace patchcord::rtc

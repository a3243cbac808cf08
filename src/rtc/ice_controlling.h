// SPDX-License-Identifier: GPL-3.0-or-later
// IceControlling: the browser's side of ICE, as small as a peer of our own needs it (test browsers,
// load generator): one remote candidate, a check with USE-CANDIDATE each 50 ms until one is
// answered, then one each 2.5 s for consent (RFC 7675). Not a full agent: no pairs, no priorities.
// Thread: that of the transport. Owner: Transport.
#pragma once

#include <array>

#include "rtc/ice.h"
#include "rtc/stun.h"

namespace patchcord::rtc {

class IceControlling final : public IceAgent {
 public:
  IceControlling(const IceCredentials& local, Random& random);

  void set_remote(const IceCredentials& remote, const TransportAddress& candidate,
                  MonoTime now) override;
  void restart(const IceCredentials& local) override { local_ = local; }
  void receive(ByteSpan datagram, const TransportAddress& from, MonoTime now,
               DatagramSink& out) override;
  void on_time(MonoTime now, DatagramSink& out) override;
  MonoTime next_deadline() const override;

  IceState state() const override { return state_; }
  const TransportAddress& selected() const override { return selected_; }
  bool is_proved(const TransportAddress& address, MonoTime now) const override;
  void forget(const TransportAddress& address, MonoTime now) override;
  std::optional<MonoTime> last_valid() const override { return last_valid_; }
  const Counters<IceDrop>& drops() const override { return drops_; }

 private:
  void send_check(DatagramSink& out);
  bool is_ours(const StunTransaction& transaction) const;

  Random& random_;
  IceCredentials local_;
  IceCredentials remote_;
  uint64_t tie_breaker_;
  TransportAddress candidate_;
  TransportAddress selected_;
  std::array<StunTransaction, 8> asked_{};  // a ring: the answer to any of the last eight will do
  size_t checks_ = 0;
  IceState state_ = IceState::kWaiting;
  std::optional<MonoTime> last_valid_;
  MonoTime next_check_ = kNever;
  MonoTime deadline_ = kNever;  // of the connection, then of the consent
  Counters<IceDrop> drops_;
};

}  // namespace patchcord::rtc

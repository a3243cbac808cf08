// SPDX-License-Identifier: GPL-3.0-or-later
// IceLite: the gateway's side of ICE (RFC 8445, lite, always controlled). It sends no checks; it
// answers those that carry our ufrag and password, and nothing else at all: an answer to an
// unproved sender would make us a reflector. An answer is never more than 60 bytes longer than its
// request. A later nomination moves the call to another address (a browser that changes its
// network).
// Thread: that of the transport. Owner: Transport.
#pragma once

#include <array>
#include <optional>

#include "rtc/ice.h"
#include "rtc/stun.h"

namespace patchcord::rtc {

class IceLite final : public IceAgent {
 public:
  explicit IceLite(const IceCredentials& local) : local_(local) {}

  void set_remote(const IceCredentials& remote, const TransportAddress& candidate,
                  MonoTime now) override;
  void restart(const IceCredentials& local) override;
  void receive(ByteSpan datagram, const TransportAddress& from, MonoTime now,
               DatagramSink& out) override;
  void on_time(MonoTime now, DatagramSink& out) override;
  MonoTime next_deadline() const override;

  IceState state() const override { return state_; }
  const TransportAddress& selected() const override { return selected_.address; }
  bool is_proved(const TransportAddress& address, MonoTime now) const override;
  void forget(const TransportAddress& address, MonoTime now) override;
  std::optional<MonoTime> last_valid() const override { return last_valid_; }
  const Counters<IceDrop>& drops() const override { return drops_; }

 private:
  // A peer has a handful of interfaces; the address that was quiet longest gives up its place.
  static constexpr size_t kMaxProved = 8;
  struct Proved {
    TransportAddress address;
    MonoTime checked{};
  };

  const IceCredentials* credentials_for(std::string_view ufrag) const;
  void answer(const StunMessage& request, const IceCredentials& credentials, const Route& out);
  void answer_unknown(const StunMessage& request, const IceCredentials& credentials,
                      const Route& out);
  void answer_conflict(const StunMessage& request, const IceCredentials& credentials,
                       const Route& out);
  void prove(const StunMessage& request, const TransportAddress& from, MonoTime now);

  IceCredentials local_;
  std::optional<IceCredentials> previous_;  // after a restart, until the new ones are used
  IceState state_ = IceState::kWaiting;
  bool nominated_ = false;
  Proved selected_;
  std::array<Proved, kMaxProved> proved_{};
  std::optional<MonoTime> last_valid_;
  MonoTime connect_deadline_ = kNever;
  Counters<IceDrop> drops_;
};

}  // namespace patchcord::rtc

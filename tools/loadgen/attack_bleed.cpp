// SPDX-License-Identifier: GPL-3.0-or-later
// "RTP bleed and inject": a stranger sends to the ports of every call, before, while and after it
// talks: the right port, the right payload type, a foreign SSRC and the phone's own, RTP and RTCP.
// It wants sound to be sent to it, or its own to be heard.
#include <map>

#include "attacks.h"
#include "call.h"
#include "forged_packet.h"

namespace patchcord::loadgen {
namespace {

constexpr unsigned kPackets = 1000;  // a call
constexpr unsigned kBefore = 100, kAfter = 100;
constexpr unsigned kPerTick = 4;

class Bleed final : public Attack, private Ticking {
 public:
  explicit Bleed(const AttackGround& ground) : ground_(ground), stranger_(ground) {
    ground_.metronome.add(*this);
  }
  ~Bleed() override { ground_.metronome.remove(*this); }

  void on_call_invited(Call& call) override {
    Victim& victim = victims_[call.number()] = {&call, call.phone().remote(), {}, 0};
    for (unsigned i = 0; i < kBefore; ++i) hit(victim);
  }
  void on_call_talking(Call&) override {}
  void on_call_over(Call& call) override {
    const auto found = victims_.find(call.number());
    if (found == victims_.end()) return;
    while (found->second.sent < kPackets) hit(found->second);
    victims_.erase(found);
    ++calls_;
  }
  Counts counts() const override {
    return {{"calls", calls_}, {"packets", stranger_.sent()}, {"leaked", stranger_.received()}};
  }

 private:
  struct Victim {
    Call* call;
    SocketAddress rtp;      // of the gateway, towards the phone
    SocketAddress browser;  // its port for browsers
    unsigned sent;
  };

  void on_tick(MonoTime) override {
    for (auto& [number, victim] : victims_) {
      for (unsigned i = 0; i < kPerTick && victim.sent < kPackets - kAfter; ++i) hit(victim);
    }
  }

  void hit(Victim& victim) {
    const Numbers& own = victim.call->phone().numbers();
    rtp::Header header{.payload_type = own.type,
                       .sequence = static_cast<uint16_t>(own.sequence + 1 + victim.sent % 3),
                       .timestamp = own.timestamp + own.step,
                       .ssrc = own.ssrc};
    victim.browser = victim.call->browser().remote();
    const SocketAddress rtcp(victim.rtp.ip(), static_cast<uint16_t>(victim.rtp.port() + 1));
    switch (victim.sent++ % 5) {
      case 0:
        header.ssrc = Ssrc(ground_.random.u32());
        return stranger_.send(forged_rtp(header, ground_.random), victim.rtp);
      case 1:
        return stranger_.send(forged_rtp(header, ground_.random), victim.rtp);
      case 2:
        return stranger_.send(forged_rtcp(own.ssrc, ground_.random), rtcp);
      case 3:
        return stranger_.send(forged_rtcp(own.ssrc, ground_.random), victim.rtp);
      default:
        // Before the browser is there its port is not known to us: then the other one once more.
        return stranger_.send(forged_rtp(header, ground_.random),
                              victim.browser.is_set() ? victim.browser : victim.rtp);
    }
  }

  const AttackGround ground_;
  Stranger stranger_;
  std::map<uint64_t, Victim> victims_;
  uint64_t calls_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_bleed(const AttackGround& ground) {
  return std::make_unique<Bleed>(ground);
}

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
// "SRTP garbage": packets with wrong tags, so many a second, half of them from the very address of
// the first call's browser, half from a stranger. The other calls are bystanders.
#include "attacks.h"
#include "call.h"
#include "forged_packet.h"

namespace patchcord::loadgen {
namespace {

class Garbage final : public Attack, private Ticking {
 public:
  explicit Garbage(const AttackGround& ground) : ground_(ground), stranger_(ground) {
    ground_.metronome.add(*this);
  }
  ~Garbage() override { ground_.metronome.remove(*this); }

  void on_call_invited(Call&) override {}
  void on_call_talking(Call& call) override {
    if (!victim_) victim_ = &call;
  }
  void on_call_over(Call& call) override {
    if (victim_ == &call) victim_ = nullptr;
  }
  Counts counts() const override {
    return {{"packets", own_ + stranger_.sent()},
            {"fromTheBrowsersAddress", own_},
            {"leaked", stranger_.received()}};
  }

 private:
  void on_tick(MonoTime) override {
    if (!victim_ || !victim_->is_talking()) return;
    due_ += ground_.options.attack_rate / 50;
    for (; due_ >= 2; due_ -= 2) {
      victim_->browser().send_unprotected(garbage());
      ++own_;
      stranger_.send(garbage(), victim_->browser().remote());
    }
  }

  // One in eight is RTCP. The numbers are those the gateway waits for, to cost it a tag each.
  std::vector<uint8_t> garbage() {
    const Numbers& own = victim_->browser().numbers();
    if (ground_.random.below(8) == 0) return forged_rtcp(own.ssrc, ground_.random);
    const auto ahead = static_cast<uint16_t>(1 + ground_.random.below(50));
    return forged_rtp({.payload_type = own.type,
                       .sequence = static_cast<uint16_t>(own.sequence + ahead),
                       .timestamp = own.timestamp + ahead * own.step,
                       .ssrc = own.ssrc},
                      ground_.random);
  }

  const AttackGround ground_;
  Stranger stranger_;
  Call* victim_ = nullptr;
  double due_ = 0;
  uint64_t own_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_garbage(const AttackGround& ground) {
  return std::make_unique<Garbage>(ground);
}

}  // namespace patchcord::loadgen

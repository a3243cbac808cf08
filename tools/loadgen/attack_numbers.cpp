// SPDX-License-Identifier: GPL-3.0-or-later
// Two things that go wrong with the numbers of SRTP: "replay" sends packets of the browser a second
// time, from its own address; "renumber" is no attack but a browser at its worst: its sequence
// numbers wrap soon, a tenth of its packets is lost, and its SSRC changes every few seconds.
#include <map>
#include <vector>

#include "attacks.h"
#include "call.h"

namespace patchcord::loadgen {
namespace {

class Replay final : public Attack, private Ticking {
 public:
  explicit Replay(const AttackGround& ground) : ground_(ground) { ground_.metronome.add(*this); }
  ~Replay() override { ground_.metronome.remove(*this); }

  void on_call_invited(Call& call) override {
    Past& past = calls_[&call];
    call.browser().on_sealed(
        [&past](ByteSpan packet) { past.emplace_back(packet.begin(), packet.end()); });
  }
  void on_call_talking(Call&) override {}
  void on_call_over(Call& call) override {
    call.browser().on_sealed(nullptr);
    calls_.erase(&call);
  }
  Counts counts() const override { return {{"packets", packets_}}; }

 private:
  using Past = std::vector<std::vector<uint8_t>>;

  void on_tick(MonoTime) override {
    due_ += ground_.options.attack_rate / 50;
    for (; due_ >= 1; due_ -= 1) {
      for (auto& [call, past] : calls_) {
        if (past.empty() || !call->is_talking()) continue;
        call->browser().send_unprotected(
            past[ground_.random.below(static_cast<uint32_t>(past.size()))]);
        ++packets_;
      }
    }
  }

  const AttackGround ground_;
  std::map<Call*, Past> calls_;
  double due_ = 0;
  uint64_t packets_ = 0;
};

class Renumber final : public Attack, private Ticking {
 public:
  explicit Renumber(const AttackGround& ground) : ground_(ground) { ground_.metronome.add(*this); }
  ~Renumber() override { ground_.metronome.remove(*this); }

  void on_call_invited(Call& call) override {
    call.browser().start_at(kSoon);
    call.browser().lose(kLost);
    call.phone().start_at(kSoon);
    next_change_[&call] = kNever;
    ++calls_;
  }
  void on_call_talking(Call& call) override { next_change_[&call] = ground_.loop.now() + kChange; }
  void on_call_over(Call& call) override { next_change_.erase(&call); }
  Counts counts() const override { return {{"calls", calls_}, {"ssrcChanges", changes_}}; }

 private:
  static constexpr uint16_t kSoon = 65'436;                     // a hundred before the wrap
  static constexpr uint32_t kLost = 10;                         // percent
  static constexpr Duration kChange = std::chrono::seconds(4);  // behind the first wrap

  void on_tick(MonoTime now) override {
    for (auto& [call, next] : next_change_) {
      if (next > now || !call->is_talking()) continue;
      next = now + kChange;
      call->browser().change_ssrc(Ssrc(ground_.random.u32()));
      ++changes_;
    }
  }

  const AttackGround ground_;
  std::map<Call*, MonoTime> next_change_;
  uint64_t calls_ = 0, changes_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_replay(const AttackGround& ground) {
  return std::make_unique<Replay>(ground);
}

std::unique_ptr<Attack> make_renumber(const AttackGround& ground) {
  return std::make_unique<Renumber>(ground);
}

}  // namespace patchcord::loadgen

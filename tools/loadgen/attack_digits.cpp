// SPDX-License-Identifier: GPL-3.0-or-later
// A flood of telephone-events (RFC 4733) from browsers: each packet a press of its own, or one that
// never ends, or is no digit at all. Counted is what the phones hear of it.
#include <vector>

#include "attacks.h"
#include "call.h"

namespace patchcord::loadgen {
namespace {

class Digits final : public Attack, private Ticking {
 public:
  explicit Digits(const AttackGround& ground) : ground_(ground) { ground_.metronome.add(*this); }
  ~Digits() override { ground_.metronome.remove(*this); }

  void on_call_invited(Call&) override {}
  void on_call_talking(Call& call) override { calls_.push_back(&call); }
  void on_call_over(Call& call) override {
    std::erase(calls_, &call);
    heard_ += call.events_at_phone();
  }
  bool spoils(const Call&, Path path) const override { return path == Path::kToPhone; }
  Counts counts() const override { return {{"packets", packets_}, {"eventsHeard", heard_}}; }

 private:
  void on_tick(MonoTime) override {
    due_ += ground_.options.attack_rate / 50;
    for (; due_ >= 1; due_ -= 1) {
      for (Call* call : calls_) {
        if (call->is_talking()) press(*call);
      }
    }
  }

  void press(Call& call) {
    Random& random = ground_.random;
    const Numbers& numbers = call.browser().next_numbers();
    std::array<uint8_t, rtp::kFixedHeaderSize + 4> packet;
    rtp::write_header(packet, {.payload_type = kEventType,
                               .sequence = numbers.sequence,
                               .timestamp = numbers.timestamp + random.below(1'000'000),
                               .ssrc = numbers.ssrc,
                               .marker = random.below(2) == 0});
    Writer event(MutableByteSpan(packet).subspan(rtp::kFixedHeaderSize));
    event.u8(static_cast<uint8_t>(random.below(8) == 0 ? 255 : random.below(16)));
    event.u8(static_cast<uint8_t>(random.below(2) << 7 | random.below(64)));  // end, volume
    event.u16(static_cast<uint16_t>(random.below(4) == 0 ? 65'535 : random.below(8'000)));
    call.browser().send_rtp(packet);
    ++packets_;
  }

  const AttackGround ground_;
  std::vector<Call*> calls_;
  double due_ = 0;
  uint64_t packets_ = 0, heard_ = 0;
};

}  // namespace

std::unique_ptr<Attack> make_digits(const AttackGround& ground) {
  return std::make_unique<Digits>(ground);
}

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
#include "metronome.h"

#include <algorithm>

namespace patchcord::loadgen {
namespace {

constexpr Ticking* kNobody = nullptr;

}  // namespace

Metronome::Metronome(net::Loop& loop) : loop_(loop), next_(loop.now()) {
  loop_.attach(*this);
}

Metronome::~Metronome() {
  loop_.detach(*this);
}

void Metronome::add(Ticking& ticking) {
  const auto emptiest = std::min_element(slots_.begin(), slots_.end(),
                                         [](auto& a, auto& b) { return a.size() < b.size(); });
  emptiest->push_back(&ticking);
}

void Metronome::remove(Ticking& ticking) {
  // Only marked: the beat may be going through this very slot.
  for (auto& slot : slots_) std::replace(slot.begin(), slot.end(), &ticking, kNobody);
}

Duration Metronome::since_stall() const {
  const MonoTime now = loop_.now();
  return now - next_ > kStall ? Duration() : now - stalled_at_;
}

void Metronome::on_turn(MonoTime now) {
  note_stall(now);
  // Every beat that is due, also the late ones: a frame is sent late rather than never.
  for (; next_ <= now; next_ += kStep) {
    auto& slot = slots_[slot_];
    std::erase(slot, kNobody);
    for (size_t i = 0; i < slot.size(); ++i) {
      if (slot[i]) slot[i]->on_tick(now);
    }
    slot_ = (slot_ + 1) % kSlots;
  }
}

void Metronome::note_stall(MonoTime now) {
  const Duration late = now - next_;
  if (late <= kStall) return;
  ++stalls_;
  longest_stall_ = std::max(longest_stall_, late);
  stalled_at_ = now;
}

}  // namespace patchcord::loadgen

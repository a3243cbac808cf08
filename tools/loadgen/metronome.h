// SPDX-License-Identifier: GPL-3.0-or-later
// Metronome: beats once in 20 ms for everybody who speaks, spread over the 20 milliseconds, so that
// one timer serves all calls. It also knows when this program itself came too late: what was
// measured then says nothing about the gateway.
// Thread: that of the loop.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "net/wire.h"

namespace patchcord::loadgen {

inline constexpr Duration kFrame = std::chrono::milliseconds(20);

class Ticking {
 public:
  // May add and remove anybody but itself.
  virtual void on_tick(MonoTime now) = 0;

 protected:
  ~Ticking() = default;
};

class Metronome final : private net::Resident {
 public:
  explicit Metronome(net::Loop& loop);
  ~Metronome();

  void add(Ticking& ticking);
  void remove(Ticking& ticking);

  // How long ago we were late ourselves; 0: we are.
  Duration since_stall() const;
  uint64_t stalls() const { return stalls_; }
  Duration longest_stall() const { return longest_stall_; }

 private:
  static constexpr size_t kSlots = 20;
  static constexpr Duration kStep = kFrame / kSlots;
  static constexpr Duration kStall = std::chrono::milliseconds(6);

  void on_turn(MonoTime now) override;
  MonoTime next_deadline() const override { return next_; }
  void note_stall(MonoTime now);

  net::Loop& loop_;
  std::array<std::vector<Ticking*>, kSlots> slots_;
  size_t slot_ = 0;
  MonoTime next_;
  MonoTime stalled_at_{};
  uint64_t stalls_ = 0;
  Duration longest_stall_{};
};

}  // namespace patchcord::loadgen

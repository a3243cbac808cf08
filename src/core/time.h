// SPDX-License-Identifier: GPL-3.0-or-later
// Time as a value. "Now" is an argument everywhere below the loops; only a loop reads a Clock.
// MonoTime never steps; WallTime is for people (logs, records) and never for a timer.
// Thread: any.
#pragma once

#include <chrono>

namespace patchcord {

using Duration = std::chrono::nanoseconds;

struct MonoClock {  // a clock in name only: it has no now()
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;
using WallTime = std::chrono::system_clock::time_point;

inline constexpr MonoTime kNever = MonoTime::max();

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime now() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  MonoTime now() const override {
    return MonoTime(
        std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

inline int64_t to_ms(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

}  // namespace patchcord

// SPDX-License-Identifier: GPL-3.0-or-later
// Histogram: very many durations in little room: steps of 1/16 of the value, from 1 µs to an hour.
// Thread: that of its owner.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "core/time.h"

namespace patchcord::loadgen {

class Histogram {
 public:
  void add(Duration value) {
    const int64_t us = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
    ++buckets_[bucket(static_cast<uint64_t>(std::max<int64_t>(us, 0)))];
    ++count_;
    longest_ = std::max(longest_, value);
  }
  uint64_t count() const { return count_; }

  // In milliseconds: what `share` (0..1) of all are not above, as exact as the steps are.
  double at(double share) const {
    const auto rank = static_cast<uint64_t>(share * static_cast<double>(count_));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen > rank) return static_cast<double>(upper(i)) / 1000;
    }
    return std::chrono::duration<double, std::milli>(longest_).count();
  }

 private:
  static constexpr size_t kSteps = 16;  // in each doubling
  static constexpr size_t kBuckets = 32 * kSteps;

  static size_t bucket(uint64_t us) {
    if (us < kSteps) return us;
    const auto doubling = static_cast<size_t>(std::bit_width(us)) - 5;  // of 16..31: 0
    const size_t step = (us >> doubling) - kSteps;
    return std::min((doubling + 1) * kSteps + step, kBuckets - 1);
  }
  static uint64_t upper(size_t bucket) {
    if (bucket < kSteps) return bucket + 1;
    const size_t doubling = bucket / kSteps - 1;
    return (bucket % kSteps + kSteps + 1) << doubling;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  Duration longest_{};
};

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
// Arithmetic of numbers that wrap: RTP sequence numbers (16 bits) and timestamps (32 bits).
// Distances are the shorter way round; Unwrapper gives a 64-bit number that never wraps.
// Thread: any (plain values; an Unwrapper belongs to its stream). RFC 3550 section 5.1, RFC 1982.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "core/time.h"

namespace patchcord::rtp {

// How far it is from `from` to `to`: positive if `to` is newer. Half the circle counts as older.
template <std::unsigned_integral T>
constexpr std::make_signed_t<T> wrapped_distance(T from, T to) {
  return static_cast<std::make_signed_t<T>>(static_cast<T>(to - from));
}

template <std::unsigned_integral T>
constexpr bool is_newer(T value, T than) {
  return wrapped_distance(than, value) > 0;
}

// How many numbers are missing between two packets: 0 for neighbours, repeats and what comes late.
constexpr uint16_t sequence_gap(uint16_t last, uint16_t next) {
  const int16_t distance = wrapped_distance(last, next);
  return distance > 1 ? static_cast<uint16_t>(distance - 1) : 0;
}

// A span of time in ticks of an RTP clock, modulo 2^32; no time is negative. In two steps, so that
// days do not overflow.
constexpr uint32_t to_ticks(Duration time, uint32_t clock_rate) {
  constexpr int64_t kSecond = 1'000'000'000;
  const int64_t nanoseconds = std::max<int64_t>(time.count(), 0);
  const int64_t rate = clock_rate;
  return static_cast<uint32_t>(nanoseconds / kSecond * rate +
                               nanoseconds % kSecond * rate / kSecond);
}

// The first value stands for itself; later ones are placed by their distance to the newest so far,
// so that what comes late after a wrap gets the number it had before it. May be negative.
template <std::unsigned_integral T>
class Unwrapper {
 public:
  int64_t unwrap(T value) {
    const int64_t unwrapped = peek(value);
    if (!newest_ || unwrapped > *newest_) newest_ = unwrapped;
    return unwrapped;
  }
  // The same answer, without remembering the value.
  int64_t peek(T value) const {
    if (!newest_) return static_cast<int64_t>(value);
    return *newest_ + wrapped_distance(static_cast<T>(*newest_), value);
  }
  std::optional<int64_t> newest() const { return newest_; }
  void reset() { newest_.reset(); }

 private:
  std::optional<int64_t> newest_;
};

using SequenceUnwrapper = Unwrapper<uint16_t>;
using TimestampUnwrapper = Unwrapper<uint32_t>;

}  // namespace patchcord::rtp

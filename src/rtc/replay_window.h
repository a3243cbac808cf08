// SPDX-License-Identifier: GPL-3.0-or-later
// ReplayWindow<N>: which of the last N packet indexes were seen (RFC 3711 section 3.3.2), and the
// guess of the full index from the 16 bits on the wire (section 3.3.1). Asking changes nothing:
// only accept(), called after authentication, does.
//
//      too old            window of N              new
//   ------------------|XX.XXXX.X.XXX|------------------------> index
//                                  highest
// Thread: that of the owner. A value without allocation.
#pragma once

#include <array>
#include <cstdint>

namespace patchcord::rtc {

template <size_t N>
class ReplayWindow {
  static_assert(N % 64 == 0);

 public:
  bool is_fresh(uint64_t index) const {
    if (!started_ || index > highest_) return true;
    if (highest_ - index >= N) return false;
    return (words_[word(index)] & bit(index)) == 0;
  }

  void accept(uint64_t index) {
    if (!started_ || (index > highest_ && index - highest_ >= N)) {
      words_.fill(0);
      highest_ = index;
      started_ = true;
    }
    while (highest_ < index) {
      ++highest_;
      words_[word(highest_)] &= ~bit(highest_);
    }
    words_[word(index)] |= bit(index);
  }

  // The index nearest to the highest one that ends in `sequence`. Before the first packet, and
  // where the nearest one would lie before the stream began, the rollover counter is 0.
  uint64_t guess(uint16_t sequence) const {
    if (!started_) return sequence;
    const int64_t highest = static_cast<int64_t>(highest_);
    const auto offset = static_cast<int16_t>(sequence - static_cast<uint16_t>(highest_));
    const int64_t nearest = highest + offset;
    return nearest < 0 ? sequence : static_cast<uint64_t>(nearest);
  }

 private:
  static constexpr size_t word(uint64_t index) { return (index % N) / 64; }
  static constexpr uint64_t bit(uint64_t index) { return uint64_t{1} << (index % 64); }

  std::array<uint64_t, N / 64> words_{};
  uint64_t highest_ = 0;
  bool started_ = false;
};

}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
// Plain integers named by an enum, counted by one thread; another thread gets them as a copied
// value inside a report, never by looking. The enum's last member is kCount.
//   enum class Drop { kUnknownSender, kSrtpAuth, kCount };  Counters<Drop> drops;
//   drops.add(Drop::kSrtpAuth);
#pragma once

#include <array>
#include <cstdint>

namespace patchcord {

template <class Enum>
class Counters {
 public:
  void add(Enum which, uint64_t n = 1) { values_[index(which)] += n; }
  uint64_t operator[](Enum which) const { return values_[index(which)]; }
  uint64_t total() const {
    uint64_t sum = 0;
    for (const uint64_t v : values_) sum += v;
    return sum;
  }

 private:
  static constexpr size_t index(Enum which) { return static_cast<size_t>(which); }
  std::array<uint64_t, static_cast<size_t>(Enum::kCount)> values_{};
};

}  // namespace patchcord

// SPDX-License-Identifier: GPL-3.0-or-later
// Random numbers as an argument: the system's for the gateway, seeded ones for the tests.
// Tokens are drawn from letters and digits, so they are safe in a SIP token, an SDP ufrag and a
// URL. Thread: an instance belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/bytes.h"

namespace patchcord {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(MutableByteSpan out) = 0;

  uint32_t u32();
  uint64_t u64();
  uint32_t below(uint32_t limit);    // 0 .. limit-1; limit >= 1
  double unit();                     // [0, 1)
  std::string token(size_t length);  // about 5.95 bits of entropy a letter
};

class SystemRandom final : public Random {  // getrandom(2), through a small buffer
 public:
  void fill(MutableByteSpan out) override;

 private:
  std::array<uint8_t, 256> pool_{};
  size_t left_ = 0;
};

class SeededRandom final : public Random {  // splitmix64; for tests: the same seed, the same walk
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(MutableByteSpan out) override;

 private:
  uint64_t state_;
};

}  // namespace patchcord

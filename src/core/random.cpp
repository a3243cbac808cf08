// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/random.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace patchcord {

uint32_t Random::u32() {
  std::array<uint8_t, 4> b;
  fill(b);
  return load_be32(b.data());
}

uint64_t Random::u64() {
  const uint64_t high = u32();
  return high << 32 | u32();
}

uint32_t Random::below(uint32_t limit) {
  return static_cast<uint32_t>((static_cast<uint64_t>(u32()) * limit) >> 32);
}

double Random::unit() {
  return static_cast<double>(u64() >> 11) * 0x1.0p-53;
}

std::string Random::token(size_t length) {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string out(length, '\0');
  for (char& c : out) c = kLetters[below(62)];
  return out;
}

void SystemRandom::fill(MutableByteSpan out) {
  while (!out.empty()) {
    if (left_ == 0) {
      // 256 bytes or fewer are given whole and at once (getrandom(2)); EINTR can only come before.
      while (getrandom(pool_.data(), pool_.size(), 0) != static_cast<ssize_t>(pool_.size())) {
        if (errno != EINTR) std::abort();
      }
      left_ = pool_.size();
    }
    const size_t n = std::min(out.size(), left_);
    std::memcpy(out.data(), pool_.data() + pool_.size() - left_, n);
    std::memset(pool_.data() + pool_.size() - left_, 0, n);  // a drawn key is not kept here
    left_ -= n;
    out = out.subspan(n);
  }
}

void SeededRandom::fill(MutableByteSpan out) {
  for (uint8_t& byte : out) {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    byte = static_cast<uint8_t>(z >> 56);
  }
}

}  // namespace patchcord

// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/comfort_noise.h"

#include <cmath>

namespace patchcord::codec {
namespace {

// RFC 3389 3.1: the level is -dBov in 7 bits. A louder "background" than -30 dBov is a mistake of
// the sender or an attack on ears.
constexpr int kLoudest = 30;
constexpr int kSilent = 127;

constexpr float kSmoothing = 0.5F;
// Uniform noise in -1..1 has an RMS of sqrt(1/3); the one-pole filter below leaves sqrt(1/3) of
// that.
constexpr float kRmsOfFilteredNoise = 1.0F / 3.0F;

}  // namespace

void ComfortNoise::update(ByteSpan payload) {
  if (payload.empty()) return;
  const int level = payload[0] & 0x7F;
  if (level == kSilent) {
    amplitude_ = 0;
    return;
  }
  const float decibel = -static_cast<float>(level < kLoudest ? kLoudest : level);
  amplitude_ = 32768.0F * std::pow(10.0F, decibel / 20.0F) / kRmsOfFilteredNoise;
}

void ComfortNoise::generate(std::span<int16_t> pcm) {
  for (int16_t& sample : pcm) {
    seed_ = seed_ * 1664525U + 1013904223U;
    const float noise = static_cast<float>(static_cast<int32_t>(seed_)) / 2147483648.0F;
    last_ = kSmoothing * last_ + (1 - kSmoothing) * noise;
    sample = static_cast<int16_t>(std::lrint(amplitude_ * last_));
  }
}

}  // namespace patchcord::codec

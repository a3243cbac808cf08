// SPDX-License-Identifier: GPL-3.0-or-later
// Mono 16-bit PCM between 8000, 16000 and 48000 Hz by one polyphase low-pass filter: flat to 85 %
// of the lower rate's band (within 0.05 dB), 65 dB down from 115 % of it on, 1.9 ms of delay when
// the lower rate is 8 kHz. Seldom needed: Opus works at the far codec's rate by itself. Thread:
// media. Owner: an audio pipe. Allocates when made, never after.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace patchcord::codec {

class Resampler {
 public:
  // One rate must be 2, 3 or 6 times the other.
  static bool can(uint32_t from, uint32_t to);
  Resampler(uint32_t from, uint32_t to);

  // How many samples come out for `samples` in, a multiple of from/to when going down.
  size_t output_size(size_t samples) const;
  // Reads all of `in`, writes output_size(in.size()) samples; `out` must hold them.
  size_t process(std::span<const int16_t> in, std::span<int16_t> out);

 private:
  void up(std::span<const int16_t> in, int16_t* out);
  void down(std::span<const int16_t> in, int16_t* out);

  const bool upwards_;
  const size_t ratio_;
  // Upwards: ratio_ filters of equal length, one for each output between two inputs, each reversed.
  // Downwards: one filter.
  std::vector<float> taps_;
  size_t span_;              // input samples one output looks at
  std::vector<float> work_;  // span_ - 1 samples of the past, then a block of input
};

}  // namespace patchcord::codec

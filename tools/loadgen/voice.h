// SPDX-License-Identifier: GPL-3.0-or-later
// Voice: what one end of a call says, over and over: one second of a tone of its own, in one codec,
// frame by frame. No two frames of it are alike, so that a frame that arrives unchanged tells which
// one it is; what was transcoded is told by its pitch.
// Thread: made before the load, then read-only.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codec/audio_codec.h"

namespace patchcord::loadgen {

class Voice {
 public:
  static constexpr size_t kFrames = 50;  // of 20 ms
  static constexpr int kTones = 64;      // 400 to 3000 Hz

  Voice(codec::AudioCodec codec, int tone);

  codec::AudioCodec codec() const { return codec_; }
  double hertz() const { return hertz_; }
  ByteSpan frame(uint64_t number) const { return frames_[number % kFrames]; }
  // Which frame of the second this is; nothing if it is none of them.
  std::optional<size_t> index_of(ByteSpan payload) const;

 private:
  codec::AudioCodec codec_;
  double hertz_;
  std::vector<std::vector<uint8_t>> frames_;
  std::unordered_map<uint64_t, size_t> index_;
};

// All tones in the codecs of a run. The calls take them in turn: a browser an even one, a phone an
// odd one, so that neither its own echo nor a neighbour passes for the far end.
class Choir {
 public:
  Choir(codec::AudioCodec browsers, codec::AudioCodec phones);
  const Voice& browser(uint64_t call) const;
  const Voice& phone(uint64_t call) const;

 private:
  std::vector<Voice> browsers_, phones_;
};

// Is this sound a tone of that pitch? Silence and everything else is not.
bool is_tone(std::span<const int16_t> pcm, double hertz, double sample_rate);

}  // namespace patchcord::loadgen

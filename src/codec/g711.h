// SPDX-License-Identifier: GPL-3.0-or-later
// ITU-T G.711 by table: A-law and mu-law, one byte a sample at 8000 Hz. Lost packets are repaired
// by codec/concealment. Thread: media. Owner: an audio pipe.
#pragma once

#include <cstdint>

#include "codec/audio_codec.h"
#include "codec/concealment.h"

namespace patchcord::codec {

enum class G711Law : uint8_t { kA, kMu };

uint8_t g711_compress(G711Law law, int16_t sample);
int16_t g711_expand(G711Law law, uint8_t code);

// The code of digital silence: the smallest positive value of either law.
constexpr uint8_t g711_silence(G711Law law) {
  return law == G711Law::kA ? 0xD5 : 0xFF;
}

class G711Decoder final : public Decoder {
 public:
  explicit G711Decoder(G711Law law) : law_(law), concealment_(8000) {}

  uint32_t sample_rate() const override { return 8000; }
  size_t samples_in(ByteSpan payload) const override;
  size_t decode(ByteSpan payload, std::span<int16_t> pcm) override;
  void conceal(std::span<int16_t> pcm) override { concealment_.fill(pcm); }
  void reset() override { concealment_.reset(); }

 private:
  const G711Law law_;
  Concealment concealment_;
};

class G711Encoder final : public Encoder {
 public:
  explicit G711Encoder(G711Law law) : law_(law) {}

  uint32_t sample_rate() const override { return 8000; }
  bool takes(size_t samples) const override { return samples > 0; }
  size_t encode(std::span<const int16_t> pcm, MutableByteSpan out) override;

 private:
  const G711Law law_;
};

}  // namespace patchcord::codec

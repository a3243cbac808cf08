// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/opus.h"

#include <opus/opus.h>

#include <algorithm>
#include <array>

#include "codec/registry.h"

namespace patchcord::codec {
namespace {

struct FreeDecoder {
  void operator()(OpusDecoder* state) const { opus_decoder_destroy(state); }
};
struct FreeEncoder {
  void operator()(OpusEncoder* state) const { opus_encoder_destroy(state); }
};
using DecodeState = std::unique_ptr<OpusDecoder, FreeDecoder>;
using EncodeState = std::unique_ptr<OpusEncoder, FreeEncoder>;

// RFC 6716 3.1: the configuration is the upper five bits of the first byte.
constexpr unsigned kFirstHybrid = 12;
constexpr unsigned kFirstCeltOnly = 16;
constexpr uint8_t kCeltFullbandBase = 28 << 3;  // 2.5 ms, mono, one frame; +1 << 3 doubles it
constexpr uint8_t kCountedFrames = 3;           // code 3: a count byte follows

// A packet of at most this many bytes carries no sound: it is what an encoder in DTX makes.
constexpr size_t kDtxPayload = 2;

opus_int32 length(ByteSpan payload) {
  return static_cast<opus_int32>(payload.size());
}

class Decoding final : public Decoder {
 public:
  Decoding(DecodeState state, uint32_t sample_rate)
      : state_(std::move(state)), sample_rate_(sample_rate) {}

  uint32_t sample_rate() const override { return sample_rate_; }

  size_t samples_in(ByteSpan payload) const override {
    if (payload.empty()) return 0;
    const int samples = opus_packet_get_nb_samples(payload.data(), length(payload),
                                                   static_cast<opus_int32>(sample_rate_));
    return samples > 0 ? static_cast<size_t>(samples) : 0;
  }

  bool announces_silence(ByteSpan payload) const override {
    return !payload.empty() && payload.size() <= kDtxPayload;
  }

  size_t decode(ByteSpan payload, std::span<int16_t> pcm) override {
    const size_t samples = samples_in(payload);
    if (samples == 0 || samples > pcm.size()) return 0;
    const int decoded = opus_decode(state_.get(), payload.data(), length(payload), pcm.data(),
                                    static_cast<int>(samples), 0);
    return decoded > 0 ? static_cast<size_t>(decoded) : 0;
  }

  void conceal(std::span<int16_t> pcm) override {
    // libopus invents whole units of 2.5 ms; a remainder can only come from a sender whose
    // timestamps are not those of Opus.
    size_t done = pcm.size() - pcm.size() % unit();
    if (done > 0 && opus_decode(state_.get(), nullptr, 0, pcm.data(), static_cast<int>(done), 0) <
                        static_cast<int>(done)) {
      done = 0;
    }
    std::fill(pcm.begin() + static_cast<std::ptrdiff_t>(done), pcm.end(), int16_t{0});
  }

  bool decode_fec(ByteSpan next_payload, std::span<int16_t> pcm) override {
    if (pcm.empty() || pcm.size() % unit() != 0 || !opus_carries_fec(next_payload)) return false;
    return opus_decode(state_.get(), next_payload.data(), length(next_payload), pcm.data(),
                       static_cast<int>(pcm.size()), 1) == static_cast<int>(pcm.size());
  }

  void reset() override { opus_decoder_ctl(state_.get(), OPUS_RESET_STATE); }

 private:
  size_t unit() const { return sample_rate_ / 400; }

  DecodeState state_;
  const uint32_t sample_rate_;
};

class Encoding final : public Encoder {
 public:
  Encoding(EncodeState state, uint32_t sample_rate)
      : state_(std::move(state)), sample_rate_(sample_rate) {}

  uint32_t sample_rate() const override { return sample_rate_; }

  bool takes(size_t samples) const override {  // RFC 6716 2.1.4; over 20 ms as several frames
    const size_t unit = sample_rate_ / 400;
    if (samples == 0 || samples % unit != 0) return false;
    const size_t units = samples / unit;  // of 2.5 ms
    return units == 1 || units == 2 || units == 4 || (units % 8 == 0 && units <= 48);
  }

  size_t encode(std::span<const int16_t> pcm, MutableByteSpan out) override {
    if (!takes(pcm.size())) return 0;
    const opus_int32 bytes = opus_encode(state_.get(), pcm.data(), static_cast<int>(pcm.size()),
                                         out.data(), static_cast<opus_int32>(out.size()));
    return bytes > 0 ? static_cast<size_t>(bytes) : 0;
  }

  void set_packet_loss(int percent) override {
    opus_encoder_ctl(state_.get(), OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 100)));
  }
  void set_complexity(int level) override {
    opus_encoder_ctl(state_.get(), OPUS_SET_COMPLEXITY(std::clamp(level, 0, 10)));
  }

 private:
  EncodeState state_;
  const uint32_t sample_rate_;
};

// Where more bits are no longer heard in speech; rounded up, since a call costs little of a link.
uint32_t default_bitrate(uint32_t sample_rate) {
  if (sample_rate <= 8000) return 24000;
  return sample_rate <= 16000 ? 32000 : 40000;
}

}  // namespace

std::unique_ptr<Decoder> make_opus_decoder(uint32_t sample_rate) {
  int error = OPUS_OK;
  DecodeState state(opus_decoder_create(static_cast<opus_int32>(sample_rate), 1, &error));
  if (error != OPUS_OK || !state) return nullptr;
  return std::make_unique<Decoding>(std::move(state), sample_rate);
}

std::unique_ptr<Encoder> make_opus_encoder(const EncoderSettings& settings) {
  int error = OPUS_OK;
  EncodeState state(opus_encoder_create(static_cast<opus_int32>(settings.sample_rate), 1,
                                        OPUS_APPLICATION_VOIP, &error));
  if (error != OPUS_OK || !state) return nullptr;
  const uint32_t bitrate =
      settings.bitrate != 0 ? settings.bitrate : default_bitrate(settings.sample_rate);
  const auto set = [&state](auto... request) { opus_encoder_ctl(state.get(), request...); };
  set(OPUS_SET_BITRATE(static_cast<opus_int32>(std::clamp(bitrate, 6000U, 510000U))));
  set(OPUS_SET_COMPLEXITY(std::clamp(settings.complexity, 0, 10)));
  set(OPUS_SET_VBR(settings.constant_bitrate ? 0 : 1));
  // Costs nothing until set_packet_loss() reports some.
  set(OPUS_SET_INBAND_FEC(settings.forward_error_correction ? 1 : 0));
  set(OPUS_SET_DTX(0));
  return std::make_unique<Encoding>(std::move(state), settings.sample_rate);
}

bool opus_carries_fec(ByteSpan payload) {
  if (payload.empty()) return false;
  const unsigned configuration = payload[0] >> 3;
  if (configuration >= kFirstCeltOnly) return false;
  std::array<const unsigned char*, 48> frames{};
  std::array<opus_int16, 48> sizes{};
  if (opus_packet_parse(payload.data(), length(payload), nullptr, frames.data(), sizes.data(),
                        nullptr) <= 0 ||
      sizes[0] == 0) {
    return false;
  }
  // A SILK frame opens with one VAD bit for each 20 ms (one for 10 ms), then the LBRR bit; stereo
  // repeats both. They are coded with even odds, so they stand as plain bits.
  const unsigned duration = configuration >= kFirstHybrid ? configuration & 1 : configuration & 3;
  const unsigned vad_bits = duration < 2 ? 1 : duration;  // of 10, 20, 40, 60 ms
  const unsigned first_byte = *frames[0];
  const bool stereo = (payload[0] & 4) != 0;
  const bool mid = (first_byte >> (7 - vad_bits) & 1) != 0;
  return mid || (stereo && (first_byte >> (6 - 2 * vad_bits) & 1) != 0);
}

size_t opus_silence(uint32_t microseconds, MutableByteSpan out) {
  uint8_t toc = kCeltFullbandBase;
  uint32_t left = microseconds;
  for (; left > 2500 && toc < kCeltFullbandBase + (3 << 3); left /= 2) {
    if (left % 2 != 0) return 0;
    toc = static_cast<uint8_t>(toc + (1 << 3));
  }
  const uint32_t frames = left / 2500;
  if (frames == 0 || left % 2500 != 0 || frames > 6) return 0;
  // The first bit of a CELT frame with odds 1:32767 says "silence" (RFC 6716 4.3.1).
  Writer writer(out);
  writer.u8(frames == 1 ? toc : toc | kCountedFrames);
  if (frames > 1) writer.u8(static_cast<uint8_t>(frames));
  for (uint32_t i = 0; i < frames; ++i) writer.u16(0xFFFE);
  return writer.failed() ? 0 : writer.size();
}

}  // namespace patchcord::codec

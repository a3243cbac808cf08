// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/g722.h"

// spandsp's own headers assume C's names to be there already.
#include <inttypes.h>
#include <stdint.h>

extern "C" {
#include <spandsp/telephony.h>
// After telephony.h, which it needs.
#include <spandsp/g722.h>
}

#include "codec/concealment.h"

namespace patchcord::codec {
namespace {

constexpr int kBitrate = 64000;
constexpr size_t kMaxPayload = 8 * kMaxPacketMs;  // bytes

struct FreeDecoder {
  void operator()(g722_decode_state_t* state) const { g722_decode_free(state); }
};
struct FreeEncoder {
  void operator()(g722_encode_state_t* state) const { g722_encode_free(state); }
};
using DecodeState = std::unique_ptr<g722_decode_state_t, FreeDecoder>;
using EncodeState = std::unique_ptr<g722_encode_state_t, FreeEncoder>;

class G722Decoder final : public Decoder {
 public:
  explicit G722Decoder(DecodeState state) : state_(std::move(state)), concealment_(16000) {}

  uint32_t sample_rate() const override { return 16000; }
  size_t samples_in(ByteSpan payload) const override {
    return payload.size() <= kMaxPayload ? payload.size() * 2 : 0;
  }
  size_t decode(ByteSpan payload, std::span<int16_t> pcm) override {
    const size_t samples = samples_in(payload);
    if (samples == 0 || samples > pcm.size()) return 0;
    g722_decode(state_.get(), pcm.data(), payload.data(), static_cast<int>(payload.size()));
    concealment_.heard(pcm.first(samples));
    return samples;
  }
  void conceal(std::span<int16_t> pcm) override { concealment_.fill(pcm); }
  void reset() override {
    g722_decode_init(state_.get(), kBitrate, 0);
    concealment_.reset();
  }

 private:
  DecodeState state_;
  Concealment concealment_;
};

class G722Encoder final : public Encoder {
 public:
  explicit G722Encoder(EncodeState state) : state_(std::move(state)) {}

  uint32_t sample_rate() const override { return 16000; }
  bool takes(size_t samples) const override { return samples > 0 && samples % 2 == 0; }
  size_t encode(std::span<const int16_t> pcm, MutableByteSpan out) override {
    if (!takes(pcm.size()) || pcm.size() / 2 > out.size()) return 0;
    const int bytes =
        g722_encode(state_.get(), out.data(), pcm.data(), static_cast<int>(pcm.size()));
    return bytes > 0 ? static_cast<size_t>(bytes) : 0;
  }

 private:
  EncodeState state_;
};

}  // namespace

std::unique_ptr<Decoder> make_g722_decoder() {
  DecodeState state(g722_decode_init(nullptr, kBitrate, 0));
  return state ? std::make_unique<G722Decoder>(std::move(state)) : nullptr;
}

std::unique_ptr<Encoder> make_g722_encoder() {
  EncodeState state(g722_encode_init(nullptr, kBitrate, 0));
  return state ? std::make_unique<G722Encoder>(std::move(state)) : nullptr;
}

}  // namespace patchcord::codec

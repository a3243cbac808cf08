// SPDX-License-Identifier: GPL-3.0-or-later
// What an audio codec is to the rest of the house: a Spec (how RTP and SDP name it), a Decoder and
// an Encoder between payload bytes and mono 16-bit PCM. Not here: RTP headers, jitter, packet
// timing (media/audio_pipe), SDP text (call/negotiation). Which codecs exist: codec/registry.
// A codec object allocates when it is made and never again.
// Thread: media; an object belongs to one pipe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/bytes.h"

namespace patchcord::codec {

enum class AudioCodec : uint8_t {
  kOpus,  // RFC 6716, RFC 7587
  kPcma,  // G.711 A-law
  kPcmu,  // G.711 mu-law
  kG722,  // 64 kbit/s; its RTP clock says 8000 though it samples at 16000 (RFC 3551 4.5.2)
  kTelephoneEvent,  // RFC 4733; a format of the track, without a decoder
  kComfortNoise,    // RFC 3389
};

struct Spec {
  AudioCodec codec;
  std::string_view name;  // the encoding name of a=rtpmap
  uint32_t clock_rate;    // Hz, of RTP timestamps
  uint32_t sample_rate;   // Hz, the codec's own full rate
  uint8_t channels;       // as a=rtpmap says: Opus always 2, whatever is inside
};

// The longest packet any codec here may bring: 120 ms (Opus, RFC 6716 3.2.5).
inline constexpr uint32_t kMaxPacketMs = 120;
inline constexpr size_t kMaxPacketSamples = 48000 * kMaxPacketMs / 1000;

class Decoder {
 public:
  virtual ~Decoder() = default;

  virtual uint32_t sample_rate() const = 0;  // Hz, of the PCM it gives

  // How many samples the payload stands for; 0 if it is not a payload of this codec.
  virtual size_t samples_in(ByteSpan payload) const = 0;
  // Does this payload say that its sender falls silent (DTX), so that no packets are no loss?
  virtual bool announces_silence(ByteSpan /*payload*/) const { return false; }

  // The samples written; 0 on garbage or if pcm is too small, and then the state is as before.
  virtual size_t decode(ByteSpan payload, std::span<int16_t> pcm) = 0;
  // Invents what was lost, fading out when it lasts. Writes all of pcm.
  virtual void conceal(std::span<int16_t> pcm) = 0;
  // Recovers the samples just before next_payload from redundancy inside it, filling all of pcm.
  // False, and nothing written, when it carries none.
  virtual bool decode_fec(ByteSpan /*next_payload*/, std::span<int16_t> /*pcm*/) { return false; }

  // Another sender's stream begins: as just made.
  virtual void reset() = 0;
};

class Encoder {
 public:
  virtual ~Encoder() = default;

  virtual uint32_t sample_rate() const = 0;  // Hz, of the PCM it takes
  // May one payload hold this many samples?
  virtual bool takes(size_t samples) const = 0;
  // The bytes written; 0 if the frame length is not taken or out is too small.
  virtual size_t encode(std::span<const int16_t> pcm, MutableByteSpan out) = 0;

  // What the receiver reported, 0..100 percent: a codec with redundancy sizes it by this.
  virtual void set_packet_loss(int /*percent*/) {}
  // 0 (cheap) .. 10 (best). A codec without the choice ignores it.
  virtual void set_complexity(int /*level*/) {}
};

}  // namespace patchcord::codec

// SPDX-License-Identifier: GPL-3.0-or-later
// From a codec's name to the codec: the one list of what this build knows, and the only place that
// may be conditional on a library. Not a preference order (that is policy, call/negotiation).
// Thread: any (pure functions).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "codec/audio_codec.h"

namespace patchcord::codec {

std::span<const Spec> known_codecs();
const Spec& spec(AudioCodec codec);

// The codec of an a=rtpmap: name without regard to case, clock rate in Hz, channels (0 and 1 both
// say "none named"). Nothing when this build does not know it. Opus with one channel is taken too:
// RFC 7587 demands "/2", some phones write nothing.
std::optional<Spec> find_codec(std::string_view name, uint32_t clock_rate, uint8_t channels);

// How to encode. Zero means "the codec's own default".
struct EncoderSettings {
  uint32_t sample_rate = 0;  // Hz of the PCM given; Opus takes 8000, 12000, 16000, 24000, 48000
  uint32_t bitrate = 0;      // bit/s, Opus only; the default follows the sample rate
  int complexity = 5;        // 0..10, Opus only
  bool forward_error_correction = true;  // Opus in-band FEC, active only while loss is reported
  bool constant_bitrate = false;
};

// What the receiver's a=fmtp asks of our encoder (RFC 7587 6.1: maxaveragebitrate, useinbandfec,
// cbr); other parameters and codecs change nothing.
void apply_fmtp(AudioCodec codec, std::string_view fmtp, EncoderSettings& settings);

// The PCM rate to prefer for a codec when the other side of a pipe works at far_rate: Opus decodes
// and encodes straight at it, the others have only their own.
uint32_t preferred_rate(AudioCodec codec, uint32_t far_rate);

// Null when the codec has no decoder (telephone-event) or does not do this rate.
std::unique_ptr<Decoder> make_decoder(AudioCodec codec, uint32_t sample_rate);
std::unique_ptr<Encoder> make_encoder(AudioCodec codec, const EncoderSettings& settings);

// One payload of digital silence without an encoder. The bytes written; 0 if the codec has no such
// payload, or out is too small, or (Opus) the length is not 2.5, 5, 10 or a multiple of 20 ms to
// 120.
size_t silent_payload(AudioCodec codec, uint32_t microseconds, MutableByteSpan out);

}  // namespace patchcord::codec

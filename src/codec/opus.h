// SPDX-License-Identifier: GPL-3.0-or-later
// Opus (RFC 6716, RFC 7587) over libopus, mono inside, at whichever of its five rates the far codec
// wants, so that a narrowband call pays for narrowband only. A stereo payload is decoded to mono.
// Any frame length and any number of frames a packet decodes, up to 120 ms.
// Thread: media. Owner: an audio pipe.
#pragma once

#include <memory>

#include "codec/audio_codec.h"

namespace patchcord::codec {

struct EncoderSettings;

// Null when the rate is not 8000, 12000, 16000, 24000 or 48000 Hz.
std::unique_ptr<Decoder> make_opus_decoder(uint32_t sample_rate);
std::unique_ptr<Encoder> make_opus_encoder(const EncoderSettings& settings);

// Does the packet carry a second, cheaper coding of the frame before it (LBRR, RFC 6716 4.2.3)?
bool opus_carries_fec(ByteSpan payload);

// A packet of digital silence; see silent_payload() in codec/registry.
size_t opus_silence(uint32_t microseconds, MutableByteSpan out);

}  // namespace patchcord::codec

// SPDX-License-Identifier: GPL-3.0-or-later
// ITU-T G.722 at 64 kbit/s over spandsp: 16000 Hz, two samples a byte. Lost packets are repaired by
// codec/concealment on the decoded sound.
// Thread: media. Owner: an audio pipe.
#pragma once

#include <memory>

#include "codec/audio_codec.h"

namespace patchcord::codec {

// Null when memory is out.
std::unique_ptr<Decoder> make_g722_decoder();
std::unique_ptr<Encoder> make_g722_encoder();

}  // namespace patchcord::codec

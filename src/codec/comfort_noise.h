// SPDX-License-Identifier: GPL-3.0-or-later
// Noise in a pause, at the level a comfort noise payload names (RFC 3389 3.1). Its optional
// spectrum is not modelled: the noise is mildly low-passed, which is what a room sounds like.
// Thread: media. Owner: an audio pipe.
#pragma once

#include <cstdint>
#include <span>

#include "core/bytes.h"

namespace patchcord::codec {

class ComfortNoise {
 public:
  void update(ByteSpan payload);  // an empty payload changes nothing
  void generate(std::span<int16_t> pcm);

 private:
  float amplitude_ = 0;
  float last_ = 0;
  uint32_t seed_ = 1;
};

}  // namespace patchcord::codec

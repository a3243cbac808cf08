// SPDX-License-Identifier: GPL-3.0-or-later
// Tune: what the announcement plays. It is written here as notes and was composed for Patchcord, so
// the tree holds neither a recording nor anybody's rights; make_tune() sounds it once, as PCM and
// then as the G.711 packets that the pipes carry on in whatever codec was agreed.
// Thread: any (a value; made when a worker is made).
#pragma once

#include <cstdint>
#include <vector>

#include "media/plan.h"

namespace patchcord::media {

inline constexpr uint32_t kTuneRate = 8000;
inline constexpr size_t kTuneFrame = kTuneRate / 50;  // 20 ms
inline constexpr PayloadType kTunePayloadType{8};

struct Tune {
  std::vector<uint8_t> alaw;  // whole frames
  size_t frames() const { return alaw.size() / kTuneFrame; }
};

AudioFormat tune_format();
std::vector<int16_t> tune_pcm();
Tune make_tune();

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
// Quality: what a listener makes of a stream's loss, jitter and delay, as one figure: the mean
// opinion score of the E-model (ITU-T G.107, with the simplification of G.107 Annex B for R to
// MOS). An estimate from packets: it has not heard the sound.
// Thread: any (pure).
#pragma once

#include <optional>

#include "codec/audio_codec.h"
#include "core/time.h"
#include "media/engine.h"

namespace patchcord::call {

struct StreamQuality {
  double loss = 0;        // share of the packets that never came, 0..1
  Duration jitter{};      // RFC 3550 6.4.1
  Duration round_trip{};  // zero: not known
  codec::AudioCodec codec = codec::AudioCodec::kPcma;
};

// 1.0 (bad) to 4.5 (as good as a telephone line gets).
double mean_opinion_score(const StreamQuality& stream);

// Of what one side sent to us; nothing while too little has come to tell.
std::optional<double> mean_opinion_score(const media::EndpointStats& stats,
                                         codec::AudioCodec codec);

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/tune.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "codec/g711.h"

namespace patchcord::media {
namespace {

struct Note {
  double hertz;  // 0: a rest
  double beats;
};

constexpr double kBeatSeconds = 0.25;
constexpr double kE4 = 329.63, kG4 = 392.00, kA4 = 440.00, kB4 = 493.88, kD5 = 587.33, kE5 = 659.26,
                 kG5 = 783.99;

// "Two cords, one call": a call of four notes, its answer, and both together at rest.
constexpr std::array kScore = {
    Note{0, 1},   Note{kE4, 1}, Note{kB4, 1}, Note{kA4, 1}, Note{kE5, 2}, Note{0, 1},
    Note{kG5, 1}, Note{kD5, 1}, Note{kE5, 1}, Note{kB4, 2}, Note{0, 1},   Note{kE4, 1},
    Note{kB4, 1}, Note{kG4, 1}, Note{kA4, 1}, Note{kB4, 1}, Note{kE5, 4}, Note{0, 1},
};

constexpr double kPeak = 0.35 * 32767;
constexpr double kAttackSeconds = 0.01;
constexpr double kReleaseSeconds = 0.04;
constexpr double kDecaySeconds = 0.6;

// A plucked string: the overtones are weaker and die away sooner.
double sound_of(double hertz, double t) {
  double sum = 0;
  for (int overtone = 1; overtone <= 3; ++overtone) {
    const double phase = 2 * std::numbers::pi * hertz * overtone * t;
    sum += std::sin(phase) * std::exp(-t * overtone / kDecaySeconds) / (overtone * overtone);
  }
  return sum;
}

double envelope(double t, double length) {
  return std::min({1.0, t / kAttackSeconds, (length - t) / kReleaseSeconds});
}

}  // namespace

AudioFormat tune_format() {
  return {kTunePayloadType, codec::AudioCodec::kPcma, kTuneRate, 1, {}};
}

std::vector<int16_t> tune_pcm() {
  std::vector<int16_t> pcm;
  for (const Note& note : kScore) {
    const double length = note.beats * kBeatSeconds;
    const auto samples = static_cast<size_t>(length * kTuneRate);
    for (size_t i = 0; i < samples; ++i) {
      const double t = static_cast<double>(i) / kTuneRate;
      const double level = note.hertz > 0 ? sound_of(note.hertz, t) * envelope(t, length) : 0;
      pcm.push_back(static_cast<int16_t>(std::lround(level * kPeak)));
    }
  }
  return pcm;
}

Tune make_tune() {
  std::vector<int16_t> pcm = tune_pcm();
  pcm.resize((pcm.size() + kTuneFrame - 1) / kTuneFrame * kTuneFrame);
  Tune tune;
  tune.alaw.resize(pcm.size());
  codec::G711Encoder(codec::G711Law::kA).encode(pcm, tune.alaw);
  return tune;
}

}  // namespace patchcord::media

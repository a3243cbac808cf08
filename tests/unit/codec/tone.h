// SPDX-License-Identifier: GPL-3.0-or-later
// Tones and what is left of them: the measuring instruments of the codec tests.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace patchcord::codec::test {

inline std::vector<int16_t> tone(double hertz, uint32_t rate, size_t samples, double amplitude,
                                 size_t first = 0) {
  std::vector<int16_t> pcm(samples);
  for (size_t i = 0; i < samples; ++i) {
    const double t = static_cast<double>(i + first) / rate;
    pcm[i] =
        static_cast<int16_t>(std::lrint(amplitude * std::sin(2 * std::numbers::pi * hertz * t)));
  }
  return pcm;
}

struct Measured {
  double level_db;  // of the tone, relative to full scale amplitude 32768
  double snr_db;    // tone to everything else
};

// Fits a sine of this frequency, whatever its phase, to the sound.
inline Measured measure(std::span<const int16_t> pcm, double hertz, uint32_t rate) {
  double sine = 0, cosine = 0, total = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    sine += pcm[i] * std::sin(phase);
    cosine += pcm[i] * std::cos(phase);
    total += static_cast<double>(pcm[i]) * pcm[i];
  }
  const double n = static_cast<double>(pcm.size());
  const double amplitude = 2 / n * std::hypot(sine, cosine);
  const double signal = amplitude * amplitude / 2;
  const double noise = std::max(total / n - signal, 1e-9);
  return {20 * std::log10(std::max(amplitude, 1e-9) / 32768), 10 * std::log10(signal / noise)};
}

inline double rms(std::span<const int16_t> pcm) {
  double sum = 0;
  for (const int16_t sample : pcm) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(pcm.size()));
}

// Something like a voice: a glottal pulse train at `pitch` Hz through one resonance.
inline std::vector<int16_t> voice(double pitch, uint32_t rate, size_t samples) {
  std::vector<int16_t> pcm(samples);
  const double r = 0.97;
  const double angle = 2 * std::numbers::pi * 700 / rate;
  double y1 = 0, y2 = 0, phase = 0;
  for (int16_t& sample : pcm) {
    phase += pitch / rate;
    const double pulse = phase >= 1 ? 3000 : 0;
    if (phase >= 1) phase -= 1;
    const double y = pulse + 2 * r * std::cos(angle) * y1 - r * r * y2;
    y2 = y1;
    y1 = y;
    sample = static_cast<int16_t>(std::lrint(std::min(std::max(y, -32768.0), 32767.0)));
  }
  return pcm;
}

// The same in syllables, four a second: what a voice activity detector takes for speech.
inline std::vector<int16_t> speech(double pitch, uint32_t rate, size_t samples) {
  std::vector<int16_t> pcm = voice(pitch, rate, samples);
  for (size_t i = 0; i < samples; ++i) {
    const double swell = std::sin(4 * std::numbers::pi * static_cast<double>(i) / rate);
    pcm[i] = static_cast<int16_t>(std::lrint(pcm[i] * swell * swell));
  }
  return pcm;
}

}  // namespace patchcord::codec::test

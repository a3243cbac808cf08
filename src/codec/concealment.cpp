// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/concealment.h"

#include <algorithm>
#include <cmath>

#include "core/assert.h"

namespace patchcord::codec {
namespace {

// Speech pitch, 66 to 200 Hz, in tenths of a millisecond; shorter periods are found as multiples.
constexpr size_t kShortestPitchTenths = 50;
constexpr size_t kLongestPitchTenths = 150;
constexpr size_t kFullVolumeMs = 10;  // after that the sound fades ...
constexpr size_t kSilentMs = 60;      // ... to nothing here
constexpr size_t kSeamMs = 2;

int16_t saturate(float value) {
  return static_cast<int16_t>(std::lrint(std::clamp(value, -32768.0F, 32767.0F)));
}

float ramp(size_t at, size_t length) {
  return (static_cast<float>(at) + 1) / (static_cast<float>(length) + 1);
}

}  // namespace

Concealment::Concealment(uint32_t sample_rate) : rate_(sample_rate), length_(ms(50)) {
  PATCHCORD_ASSERT(sample_rate == 8000 || sample_rate == 16000);
}

void Concealment::heard(std::span<int16_t> pcm) {
  if (lost_ > 0) {
    // The longer the gap, the less the two waves agree, the longer the blend: 4 to 10 ms.
    const size_t wanted = ms(std::clamp<size_t>(4 + lost_ / ms(10), 4, 10));
    const size_t blend = std::min(wanted, pcm.size());
    for (size_t i = 0; i < blend; ++i) {
      const float in = ramp(i, blend);
      pcm[i] = saturate(in * pcm[i] + (1 - in) * next_sample());
    }
    lost_ = 0;
  }
  remember(pcm);
}

void Concealment::fill(std::span<int16_t> pcm) {
  if (pcm.empty()) return;
  if (lost_ == 0) begin_gap();
  for (int16_t& sample : pcm) sample = next_sample();
  // The history stays as it was before the gap: the next gap shall repeat speech, not inventions.
}

void Concealment::reset() {
  history_.fill(0);
  lost_ = 0;
}

void Concealment::begin_gap() {
  pitch_ = find_pitch();
  use_periods(1);
  // The first repeated sample should follow the last real one as it followed its own predecessor;
  // the difference of the two predecessors is taken out over kSeamMs instead of all at once.
  step_ = static_cast<float>(history_[length_ - 1]) - history_[length_ - 1 - pitch_];
}

// The lag at which the last 20 ms are most like what came before: the highest normalised
// correlation, first on every second lag and sample, then exactly around the best.
size_t Concealment::find_pitch() const {
  const size_t shortest = rate_ * kShortestPitchTenths / 10000;
  const size_t longest = rate_ * kLongestPitchTenths / 10000;
  const size_t window = ms(20);
  const int16_t* now = history_.data() + length_ - window;
  const auto likeness = [&](size_t lag, size_t stride) {
    float product = 0;
    float energy = 1;
    for (size_t i = 0; i < window; i += stride) {
      const float then = *(now + i - lag);
      product += then * now[i];
      energy += then * then;
    }
    return product / std::sqrt(energy);
  };
  const auto best_of = [&](size_t first, size_t last, size_t stride) {
    size_t best = first;
    float best_likeness = likeness(first, stride);
    for (size_t lag = first + stride; lag <= last; lag += stride) {
      const float value = likeness(lag, stride);
      if (value > best_likeness) {
        best_likeness = value;
        best = lag;
      }
    }
    return best;
  };
  const size_t coarse = best_of(shortest, longest, 2);
  return best_of(std::max(shortest, coarse - 1), std::min(longest, coarse + 1), 1);
}

// cycle_ = the last `count` periods, its end blended into what preceded its beginning, so that it
// joins itself without a click.
void Concealment::use_periods(size_t count) {
  cycle_length_ = pitch_ * count;
  const int16_t* begin = history_.data() + length_ - cycle_length_;
  std::copy_n(begin, cycle_length_, cycle_.begin());
  const size_t blend = std::min(pitch_ / 4, length_ - cycle_length_);
  for (size_t i = 0; i < blend; ++i) {
    const float in = ramp(i, blend);
    int16_t& sample = cycle_[cycle_length_ - blend + i];
    sample = saturate((1 - in) * sample + in * *(begin - blend + i));
  }
  at_ %= cycle_length_;
}

int16_t Concealment::next_sample() {
  // More periods as the gap lasts keep a long vowel from buzzing.
  if (lost_ == 0) at_ = 0;
  if (lost_ == ms(10)) use_periods(2);
  if (lost_ == ms(20)) use_periods(std::min(kMaxPeriods, length_ / pitch_));
  float volume = 1;
  if (lost_ >= ms(kSilentMs)) {
    volume = 0;
  } else if (lost_ > ms(kFullVolumeMs)) {
    volume = static_cast<float>(ms(kSilentMs) - lost_) /
             static_cast<float>(ms(kSilentMs) - ms(kFullVolumeMs));
  }
  float sample = cycle_[at_];
  at_ = at_ + 1 == cycle_length_ ? 0 : at_ + 1;
  if (lost_ < ms(kSeamMs)) sample += step_ * (1 - ramp(lost_, ms(kSeamMs)));
  ++lost_;
  return saturate(volume * sample);
}

void Concealment::remember(std::span<const int16_t> pcm) {
  if (pcm.size() >= length_) {
    std::copy_n(pcm.end() - static_cast<std::ptrdiff_t>(length_), length_, history_.begin());
    return;
  }
  const auto size = static_cast<std::ptrdiff_t>(pcm.size());
  const auto length = static_cast<std::ptrdiff_t>(length_);
  std::copy(history_.begin() + size, history_.begin() + length, history_.begin());
  std::copy(pcm.begin(), pcm.end(), history_.begin() + length - size);
}

}  // namespace patchcord::codec

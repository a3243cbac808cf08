// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/resampler.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/assert.h"

namespace patchcord::codec {
namespace {

constexpr size_t kHalfLength = 16;   // of the filter, in samples of the lower rate
constexpr double kKaiserBeta = 6.2;  // about 65 dB; with kHalfLength the transition is 0.85..1.15
constexpr size_t kBlock = 480;       // input samples at once; divisible by every ratio

double bessel_i0(double x) {
  double sum = 1;
  double term = 1;
  for (int k = 1; term > 1e-12 * sum; ++k) {
    term *= (x / 2 / k) * (x / 2 / k);
    sum += term;
  }
  return sum;
}

// A Kaiser-windowed sinc at the higher rate, cut off at half the lower one; unity gain at 0 Hz.
std::vector<double> low_pass(size_t ratio) {
  const size_t half = kHalfLength * ratio;
  std::vector<double> taps(2 * half);
  double sum = 0;
  for (size_t i = 0; i < taps.size(); ++i) {
    // An even length: its middle lies between two taps.
    const double t = static_cast<double>(i) - static_cast<double>(half) + 0.5;
    const double x = std::numbers::pi * t / static_cast<double>(ratio);
    const double edge = t / static_cast<double>(half);
    taps[i] = std::sin(x) / x * bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge));
    sum += taps[i];
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

// Four sums at once, so that the compiler may use vectors without reordering anything else.
float dot(const float* a, const float* b, size_t n) {
  float sums[4] = {};
  size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (size_t j = 0; j < 4; ++j) sums[j] += a[i + j] * b[i + j];
  }
  float sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
  for (; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

int16_t saturate(float value) {
  return static_cast<int16_t>(std::lrint(std::clamp(value, -32768.0F, 32767.0F)));
}

}  // namespace

bool Resampler::can(uint32_t from, uint32_t to) {
  if (from == 0 || to == 0) return false;
  const uint32_t high = std::max(from, to);
  const uint32_t low = std::min(from, to);
  return high == 2 * low || high == 3 * low || high == 6 * low;
}

Resampler::Resampler(uint32_t from, uint32_t to)
    : upwards_(to > from), ratio_(upwards_ ? to / from : from / to) {
  PATCHCORD_ASSERT(can(from, to));
  const std::vector<double> prototype = low_pass(ratio_);
  taps_.resize(prototype.size());
  if (upwards_) {
    span_ = prototype.size() / ratio_;
    for (size_t phase = 0; phase < ratio_; ++phase) {
      for (size_t i = 0; i < span_; ++i) {
        // Zeros stand between the inputs, so the gain is made up for here.
        taps_[phase * span_ + span_ - 1 - i] =
            static_cast<float>(prototype[i * ratio_ + phase] * static_cast<double>(ratio_));
      }
    }
  } else {
    span_ = prototype.size();
    std::copy(prototype.begin(), prototype.end(), taps_.begin());
  }
  work_.assign(span_ - 1 + kBlock, 0);
}

size_t Resampler::output_size(size_t samples) const {
  return upwards_ ? samples * ratio_ : samples / ratio_;
}

size_t Resampler::process(std::span<const int16_t> in, std::span<int16_t> out) {
  PATCHCORD_ASSERT(out.size() >= output_size(in.size()));
  PATCHCORD_ASSERT(upwards_ || in.size() % ratio_ == 0);
  size_t done = 0;
  while (!in.empty()) {
    const auto block = in.first(std::min(in.size(), kBlock));
    in = in.subspan(block.size());
    std::copy(block.begin(), block.end(), work_.begin() + static_cast<std::ptrdiff_t>(span_ - 1));
    int16_t* to = out.data() + done;
    upwards_ ? up(block, to) : down(block, to);
    done += output_size(block.size());
    const auto begin = work_.begin() + static_cast<std::ptrdiff_t>(block.size());
    std::copy(begin, begin + static_cast<std::ptrdiff_t>(span_ - 1), work_.begin());
  }
  return done;
}

void Resampler::up(std::span<const int16_t> in, int16_t* out) {
  for (size_t i = 0; i < in.size(); ++i) {
    for (size_t phase = 0; phase < ratio_; ++phase) {
      *out++ = saturate(dot(work_.data() + i, taps_.data() + phase * span_, span_));
    }
  }
}

void Resampler::down(std::span<const int16_t> in, int16_t* out) {
  for (size_t i = 0; i + ratio_ <= in.size(); i += ratio_) {
    // The filter is symmetric: it need not be reversed.
    *out++ = saturate(dot(work_.data() + i + ratio_ - 1, taps_.data(), span_));
  }
}

}  // namespace patchcord::codec

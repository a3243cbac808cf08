// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tone.h"

namespace patchcord::codec {
namespace {

struct Rates {
  uint32_t from, to;
};

class ResamplerBetween : public testing::TestWithParam<Rates> {
 protected:
  uint32_t from() const { return GetParam().from; }
  uint32_t to() const { return GetParam().to; }
  uint32_t low() const { return std::min(from(), to()); }

  // What comes out for one second of a tone, without the filter's beginning.
  std::vector<int16_t> settled(double hertz, double amplitude) const {
    Resampler resampler(from(), to());
    const auto in = test::tone(hertz, from(), from(), amplitude);
    std::vector<int16_t> out(to());
    const size_t piece = from() / 50;
    size_t done = 0;
    for (size_t at = 0; at < in.size(); at += piece) {
      done += resampler.process(std::span(in).subspan(at, piece), std::span(out).subspan(done));
    }
    EXPECT_EQ(done, to());
    out.erase(out.begin(), out.begin() + to() / 10);
    return out;
  }
};

TEST_P(ResamplerBetween, PassesTheVoiceBandFlat) {
  const double amplitude = 20000;
  for (double share = 0.01; share < 0.8501; share += 0.07) {
    const double hertz = share * low() / 2;  // to 3400 Hz when the lower rate is 8000
    const auto measured = test::measure(settled(hertz, amplitude), hertz, to());
    EXPECT_NEAR(measured.level_db, 20 * std::log10(amplitude / 32768), 0.1) << hertz;
    EXPECT_GT(measured.snr_db, 60) << hertz;  // images and aliases are in the noise
  }
}

TEST_P(ResamplerBetween, StopsWhatTheLowerRateCannotHold) {
  if (from() < to()) return;  // images of the way up are measured above
  const double amplitude = 20000;
  for (double share = 1.15; share < 2 * from() / low() * 0.49; share += 0.1) {
    const double hertz = share * low() / 2;
    EXPECT_LT(20 * std::log10(test::rms(settled(hertz, amplitude)) / amplitude), -60) << hertz;
  }
}

TEST_P(ResamplerBetween, IsTheSameInAnyPortions) {
  const auto in = test::voice(120, from(), from() / 5);
  Resampler whole(from(), to());
  Resampler pieces(from(), to());
  std::vector<int16_t> a(to() / 5), b(to() / 5);
  ASSERT_EQ(whole.process(in, a), a.size());
  size_t done = 0;
  for (size_t at = 0; at < in.size(); at += 6) {
    const size_t n = std::min<size_t>(6, in.size() - at);
    done += pieces.process(std::span(in).subspan(at, n), std::span(b).subspan(done));
  }
  EXPECT_EQ(done, b.size());
  EXPECT_EQ(a, b);
}

TEST_P(ResamplerBetween, FullScaleDoesNotWrap) {
  const auto out = settled(low() / 8.0, 32767);
  EXPECT_NEAR(test::rms(out), 32767 / std::sqrt(2), 200);
}

INSTANTIATE_TEST_SUITE_P(All, ResamplerBetween,
                         testing::Values(Rates{8000, 16000}, Rates{16000, 8000}, Rates{8000, 48000},
                                         Rates{48000, 8000}, Rates{16000, 48000},
                                         Rates{48000, 16000}),
                         [](const auto& test) {
                           return std::to_string(test.param.from) + "to" +
                                  std::to_string(test.param.to);
                         });

TEST(Resampler, KnowsWhatItCan) {
  EXPECT_TRUE(Resampler::can(8000, 16000));
  EXPECT_TRUE(Resampler::can(48000, 8000));
  EXPECT_FALSE(Resampler::can(8000, 8000));
  EXPECT_FALSE(Resampler::can(44100, 8000));
  EXPECT_FALSE(Resampler::can(0, 8000));
}

}  // namespace
}  // namespace patchcord::codec

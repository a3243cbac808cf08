// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/concealment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "tone.h"

namespace patchcord::codec {
namespace {

class ConcealmentAt : public testing::TestWithParam<uint32_t> {
 protected:
  uint32_t rate() const { return GetParam(); }
  size_t ms(size_t n) const { return rate() * n / 1000; }
};

int largest_step(std::span<const int16_t> pcm) {
  int largest = 0;
  for (size_t i = 1; i < pcm.size(); ++i)
    largest = std::max(largest, std::abs(pcm[i] - pcm[i - 1]));
  return largest;
}

// Drops packet `lost` of `sound` and gives what is heard instead.
std::vector<int16_t> with_gap(std::vector<int16_t> sound, uint32_t rate, size_t from,
                              size_t length) {
  Concealment concealment(rate);
  const size_t packet = rate / 50;
  for (size_t at = 0; at + packet <= sound.size(); at += packet) {
    const auto piece = std::span(sound).subspan(at, packet);
    if (at >= from && at < from + length) {
      concealment.fill(piece);
    } else {
      concealment.heard(piece);
    }
  }
  return sound;
}

TEST_P(ConcealmentAt, LeavesWholeSoundAlone) {
  const auto sound = test::voice(110, rate(), ms(400));
  EXPECT_EQ(with_gap(sound, rate(), 0, 0), sound);
}

TEST_P(ConcealmentAt, ContinuesAPeriodicSound) {
  for (const double pitch : {80.0, 125.0, 190.0}) {
    const auto sound = test::voice(pitch, rate(), ms(400));
    const auto heard = with_gap(sound, rate(), ms(200), ms(20));
    double error = 0, power = 0;
    for (size_t i = ms(200); i < ms(210); ++i) {  // before the fade
      const double difference = heard[i] - sound[i];
      error += difference * difference;
      power += static_cast<double>(sound[i]) * sound[i];
    }
    EXPECT_GT(10 * std::log10(power / error), 7) << pitch << " Hz";
  }
}

TEST_P(ConcealmentAt, MakesNoClick) {
  const auto sound = test::tone(440, rate(), ms(600), 8000);
  const int natural = largest_step(sound);
  for (const size_t lost_ms : {20U, 40U, 100U}) {
    const auto heard = with_gap(sound, rate(), ms(200), ms(lost_ms));
    EXPECT_LT(largest_step(heard), natural * 3 / 2) << lost_ms << " ms";
  }
}

TEST_P(ConcealmentAt, FadesToSilence) {
  const auto heard = with_gap(test::tone(300, rate(), ms(600), 8000), rate(), ms(200), ms(200));
  const auto window = [&](size_t at) {
    return test::rms(std::span(heard).subspan(ms(at), ms(10)));
  };
  EXPECT_NEAR(window(200), 5657, 600);
  EXPECT_LT(window(230), 5000);
  EXPECT_GT(window(230), 1500);
  EXPECT_EQ(window(260), 0);
  EXPECT_EQ(window(390), 0);
  EXPECT_NEAR(window(420), 5657, 600);  // and back
}

TEST_P(ConcealmentAt, SilenceStaysSilence) {
  const auto heard = with_gap(std::vector<int16_t>(ms(400)), rate(), ms(200), ms(60));
  EXPECT_EQ(test::rms(heard), 0);
}

TEST_P(ConcealmentAt, ExtremesDoNotOverflow) {
  std::vector<int16_t> square(ms(400));
  for (size_t i = 0; i < square.size(); ++i) square[i] = i / 40 % 2 == 0 ? 32767 : -32768;
  const auto heard = with_gap(square, rate(), ms(200), ms(60));
  EXPECT_GT(test::rms(std::span(heard).subspan(ms(200), ms(10))), 20000);
}

TEST_P(ConcealmentAt, FillsInAnyPortions) {
  auto sound = test::voice(100, rate(), ms(100));
  Concealment whole(rate());
  Concealment pieces(rate());
  auto copy = sound;
  whole.heard(sound);
  pieces.heard(copy);
  std::vector<int16_t> a(ms(50)), b(ms(50));
  whole.fill(a);
  for (size_t at = 0; at < b.size(); at += 7) {
    pieces.fill(std::span(b).subspan(at, std::min<size_t>(7, b.size() - at)));
  }
  EXPECT_EQ(a, b);
}

INSTANTIATE_TEST_SUITE_P(Rates, ConcealmentAt, testing::Values(8000U, 16000U));

}  // namespace
}  // namespace patchcord::codec

// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/g722.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "tone.h"

namespace patchcord::codec {
namespace {

std::vector<int16_t> through(std::span<const int16_t> in, size_t packet, size_t lost = SIZE_MAX) {
  const auto encoder = make_g722_encoder();
  const auto decoder = make_g722_decoder();
  std::vector<int16_t> out(in.size());
  std::vector<uint8_t> wire(packet / 2);
  for (size_t at = 0; at + packet <= in.size(); at += packet) {
    EXPECT_EQ(encoder->encode(in.subspan(at, packet), wire), packet / 2);
    const auto to = std::span(out).subspan(at, packet);
    if (at / packet == lost) {
      decoder->conceal(to);
    } else {
      EXPECT_EQ(decoder->decode(wire, to), packet);
    }
  }
  return out;
}

TEST(G722, KeepsTonesOfBothBands) {
  for (const double hertz : {300.0, 1000.0, 3400.0, 5000.0, 6500.0}) {
    const auto out = through(test::tone(hertz, 16000, 16000, 10000), 320);
    const auto measured = test::measure(std::span(out).subspan(1600), hertz, 16000);
    EXPECT_NEAR(measured.level_db, 20 * std::log10(10000.0 / 32768), 0.7) << hertz;
    EXPECT_GT(measured.snr_db, hertz < 4000 ? 25 : 12) << hertz;
  }
}

TEST(G722, TakesEveryPacketLength) {
  const auto in = test::tone(1000, 16000, 16000, 10000);
  const auto whole = through(in, 160);
  for (const size_t packet : {320U, 480U, 640U, 960U}) {
    const auto out = through(in, packet);
    EXPECT_TRUE(std::equal(whole.begin(), whole.begin() + 15360, out.begin())) << packet;
  }
}

TEST(G722, RecoversAfterALoss) {
  const auto out = through(test::tone(1000, 16000, 16000, 10000), 320, 20);
  EXPECT_GT(test::measure(std::span(out).subspan(6400, 160), 1000, 16000).snr_db, 10);  // in it
  EXPECT_GT(test::measure(std::span(out).subspan(8000), 1000, 16000).snr_db, 25);       // after it
}

TEST(G722, RefusesWhatDoesNotFit) {
  const auto decoder = make_g722_decoder();
  const auto encoder = make_g722_encoder();
  std::array<uint8_t, 1000> bytes{};
  std::array<int16_t, 2000> pcm{};
  EXPECT_EQ(decoder->decode({}, pcm), 0U);
  EXPECT_EQ(decoder->decode(std::span(bytes).first(961), pcm), 0U);
  EXPECT_EQ(decoder->decode(std::span(bytes).first(160), std::span(pcm).first(319)), 0U);
  EXPECT_EQ(encoder->encode(std::span(pcm).first(3), bytes), 0U);
  EXPECT_EQ(encoder->encode(std::span(pcm).first(320), std::span(bytes).first(159)), 0U);
  EXPECT_FALSE(encoder->takes(0));
}

TEST(G722, ResetForgets) {
  const auto decoder = make_g722_decoder();
  std::array<uint8_t, 160> noise;
  for (size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<uint8_t>(i * 37);
  std::array<int16_t, 320> first, again;
  decoder->decode(noise, first);
  decoder->decode(noise, again);
  EXPECT_NE(first, again);
  decoder->reset();
  decoder->decode(noise, again);
  EXPECT_EQ(first, again);
}

}  // namespace
}  // namespace patchcord::codec

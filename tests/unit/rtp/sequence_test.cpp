// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/sequence.h"

#include <gtest/gtest.h>

namespace patchcord::rtp {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Sequence, ComparesTheShorterWayRound) {
  const struct {
    uint16_t from, to;
    int distance;
    uint16_t gap;
  } kCases[] = {
      {0, 0, 0, 0},
      {0, 1, 1, 0},
      {1, 0, -1, 0},
      {65535, 0, 1, 0},
      {0, 65535, -1, 0},
      {65530, 5, 11, 10},
      {5, 65530, -11, 0},
      {10, 14, 4, 3},
      {0, 32767, 32767, 32766},
      {0, 32768, -32768, 0},
      {1000, 33768, -32768, 0},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(wrapped_distance(c.from, c.to), c.distance) << c.from << " " << c.to;
    EXPECT_EQ(is_newer(c.to, c.from), c.distance > 0) << c.from << " " << c.to;
    EXPECT_EQ(sequence_gap(c.from, c.to), c.gap) << c.from << " " << c.to;
  }
  EXPECT_TRUE(is_newer<uint32_t>(5, 0xfffffff0));
}

TEST(Sequence, UnwrapsThroughWrapsAndLateness) {
  SequenceUnwrapper unwrapper;
  const struct {
    uint16_t value;
    int64_t unwrapped;
  } kWalk[] = {{65533, 65533}, {65535, 65535}, {65534, 65534},  {2, 65538},  {65532, 65532},
               {0, 65536},     {32769, 98305}, {65535, 131071}, {0, 131072}, {65535, 131071}};
  for (const auto& step : kWalk) EXPECT_EQ(unwrapper.unwrap(step.value), step.unwrapped);
  EXPECT_EQ(unwrapper.newest(), 131072);
}

TEST(Sequence, WhatIsOlderThanTheFirstIsNegative) {
  SequenceUnwrapper unwrapper;
  EXPECT_FALSE(unwrapper.newest());
  EXPECT_EQ(unwrapper.peek(7), 7);
  EXPECT_FALSE(unwrapper.newest()) << "peek remembers nothing";
  EXPECT_EQ(unwrapper.unwrap(0), 0);
  EXPECT_EQ(unwrapper.unwrap(65535), -1);
  EXPECT_EQ(unwrapper.unwrap(1), 1);
}

TEST(Sequence, UnwrapsTimestamps) {
  TimestampUnwrapper unwrapper;
  EXPECT_EQ(unwrapper.unwrap(0xffffff00), 0xffffff00);
  EXPECT_EQ(unwrapper.unwrap(0x00000100), 0x100000100);
  EXPECT_EQ(unwrapper.unwrap(0xffffff80), 0xffffff80);
}

TEST(Sequence, TurnsTimeIntoTicks) {
  EXPECT_EQ(to_ticks(milliseconds(20), 8000), 160u);
  EXPECT_EQ(to_ticks(milliseconds(20), 48000), 960u);
  EXPECT_EQ(to_ticks(milliseconds(-20), 8000), 0u);
  EXPECT_EQ(to_ticks(hours(24 * 365), 90000), static_cast<uint32_t>(90000ull * 3600 * 24 * 365));
}

}  // namespace
}  // namespace patchcord::rtp

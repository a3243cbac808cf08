// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/quality.h"

#include <gtest/gtest.h>

namespace patchcord::call {
namespace {

using namespace std::chrono_literals;

TEST(Quality, AGoodLineIsWorthAFourAndABit) {
  EXPECT_NEAR(mean_opinion_score({.jitter = 1ms, .round_trip = 20ms}), 4.39, 0.03);
}

TEST(Quality, LossWeighsMoreThanDelay) {
  const double good = mean_opinion_score({});
  const double late = mean_opinion_score({.round_trip = 200ms});
  const double lossy = mean_opinion_score({.loss = 0.05});
  EXPECT_LT(late, good);
  EXPECT_LT(lossy, late);
}

TEST(Quality, NeverLeavesTheScale) {
  EXPECT_EQ(mean_opinion_score({.loss = 1, .jitter = 10s, .round_trip = 60s}), 1.0);
  EXPECT_LE(mean_opinion_score({}), 4.5);
  EXPECT_GE(mean_opinion_score({.loss = 7}), 1.0);
}

TEST(Quality, SaysNothingOfAHandfulOfPackets) {
  media::EndpointStats stats;
  stats.packets_received = 20;
  EXPECT_FALSE(mean_opinion_score(stats, codec::AudioCodec::kOpus));
  stats.packets_received = 200;
  EXPECT_TRUE(mean_opinion_score(stats, codec::AudioCodec::kOpus));
}

}  // namespace
}  // namespace patchcord::call

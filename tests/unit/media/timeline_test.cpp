// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/timeline.h"

#include <gtest/gtest.h>

namespace patchcord::media {
namespace {

MonoTime at(int ms) {
  return MonoTime(std::chrono::milliseconds(1'000'000 + ms));
}

// Opus on a pipe that works at 8000 Hz: 960 ticks are 20 ms are 160 samples.
class TimelineTest : public testing::Test {
 protected:
  int64_t place(int64_t source_ms, int64_t sent_to, int ms, bool is_new_source = false) {
    const auto timestamp = static_cast<uint32_t>(0xFFFFFF00 + source_ms * 48);
    last_ = timeline_.place({timestamp, 48000, 160, sent_to, is_new_source}, at(ms));
    return last_.position;
  }
  Timeline timeline_{8000};
  Timeline::Place last_{};
};

TEST_F(TimelineTest, IsLinearWhateverTheArrival) {
  EXPECT_EQ(place(0, 0, 0), 0);
  EXPECT_EQ(place(20, 160, 90), 160);  // late
  EXPECT_EQ(place(40, 320, 90), 320);  // and the burst behind it
  EXPECT_EQ(place(60, 480, 91), 480);
  EXPECT_EQ(place(460, 640, 460), 3680);  // a pause
  EXPECT_EQ(last_.fit, Timeline::Fit::kFollows);
}

TEST_F(TimelineTest, ANewSourceIsPlacedByTheClock) {
  place(0, 0, 0);
  EXPECT_EQ(place(777'000, 160, 120, true), 160 + 960 - 160);
  EXPECT_EQ(last_.fit, Timeline::Fit::kRestarted);
  EXPECT_EQ(place(777'020, 1120, 140), 1120);
}

TEST_F(TimelineTest, AJumpNoPauseExplainsIsPlacedByTheClock) {
  place(0, 0, 0);
  EXPECT_EQ(place(3'600'000, 160, 20), 160);
  EXPECT_EQ(last_.fit, Timeline::Fit::kRestarted);
  EXPECT_EQ(place(3'600'020, 320, 40), 320);
  EXPECT_EQ(place(0, 480, 60), 480) << "back";
}

TEST_F(TimelineTest, ALongPauseInBothIsNoJump) {
  place(0, 0, 0);
  EXPECT_EQ(place(900'000, 160, 900'000), 7'200'000);
  EXPECT_EQ(last_.fit, Timeline::Fit::kFollows);
}

TEST_F(TimelineTest, SoundThatMeetsAFilledPauseIsPutBehindIt) {
  place(0, 0, 0);
  timeline_.begin_filling();
  EXPECT_EQ(place(1000, 8000 + 240, 1000), 8240) << "30 ms of overlap";
  EXPECT_EQ(place(1020, 8400, 1020), 8400);
  timeline_.begin_filling();
  EXPECT_EQ(place(2000, 15'900, 2000), 16'000) << "the next pause takes the delay out again";
}

TEST_F(TimelineTest, SoundOfAStallThatWasFilledIsCut) {
  place(0, 0, 0);
  timeline_.begin_filling();
  // 400 ms of packets at once, up to 2400 filled.
  EXPECT_EQ(place(20, 2400, 400), 160);
  EXPECT_EQ(place(40, 2400, 400), 320);
  EXPECT_EQ(place(260, 2400, 401), 2080) << "cut to the end, or 40 ms of delay would stay";
  EXPECT_EQ(place(300, 2400, 401), 2400);
}

TEST_F(TimelineTest, ASourceWhoseClockStoodStillIsNotCutForEver) {
  place(0, 0, 0);
  timeline_.begin_filling();
  int64_t sent_to = 8000;
  int cut = 0;
  for (int i = 1; i < 30; ++i) {
    const int64_t position = place(20 * i, sent_to, 1000 + 20 * i);
    if (position < sent_to) ++cut;
    sent_to = std::max(sent_to, position + 160);
  }
  EXPECT_LE(cut, 6);
}

TEST_F(TimelineTest, ASourceWithAStandingTimestampStillSounds) {
  int64_t sent_to = 0;
  for (int i = 0; i < 1000; ++i) {
    const int64_t position = place(0, sent_to, 20 * i);
    ASSERT_EQ(position, sent_to) << i;
    sent_to += 160;
  }
}

}  // namespace
}  // namespace patchcord::media

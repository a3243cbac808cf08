// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/rewriter.h"

#include <gtest/gtest.h>

#include <vector>

namespace patchcord::rtp {
namespace {

constexpr Ssrc kOut{0xabcdef01};
constexpr Ssrc kPhone{1};
constexpr Ssrc kSilence{2};

MonoTime at(int ms) {
  return MonoTime(std::chrono::milliseconds(1'000'000 + ms));
}

Header from(Ssrc ssrc, uint16_t sequence, uint32_t timestamp) {
  return {PayloadType(0), sequence, timestamp, ssrc, false};
}

class RewriterTest : public testing::Test {
 protected:
  // The outgoing sequence number relative to the first, or -1 for "no place".
  int place(Ssrc ssrc, uint16_t sequence, uint32_t timestamp, int ms) {
    last_ = rewriter_.place(from(ssrc, sequence, timestamp), at(ms));
    return last_ ? static_cast<uint16_t>(last_->sequence - 65534) : -1;
  }
  uint32_t timestamp() const { return last_->timestamp - 0xffffff00; }

  // Both numbers wrap within the first packets, as random ones may.
  Rewriter rewriter_{{kOut, 65534, 0xffffff00, 8000}};
  std::optional<Rewriter::Place> last_;
};

TEST_F(RewriterTest, PassesLossAndReorderingOfASource) {
  EXPECT_EQ(place(kPhone, 500, 9000, 0), 0);
  EXPECT_TRUE(last_->is_switch);
  EXPECT_EQ(timestamp(), 0u);
  EXPECT_EQ(place(kPhone, 501, 9160, 20), 1);
  EXPECT_FALSE(last_->is_switch);
  EXPECT_EQ(place(kPhone, 504, 9640, 80), 4) << "the far side must see what was lost";
  EXPECT_EQ(timestamp(), 640u);
  EXPECT_EQ(place(kPhone, 502, 9320, 85), 2);
  EXPECT_EQ(timestamp(), 320u);
  EXPECT_EQ(place(kPhone, 502, 9320, 86), 2) << "a repeat is a repeat";
  EXPECT_EQ(place(kPhone, 505, 9800, 100), 5);
}

TEST_F(RewriterTest, WritesThePacket) {
  std::vector<uint8_t> bytes(20);
  write_header(bytes, {PayloadType(8), 500, 9000, kPhone, true});
  auto packet = Packet::parse(bytes);
  ASSERT_TRUE(packet);
  ASSERT_TRUE(rewriter_.rewrite(*packet, PayloadType(101), at(0)));
  EXPECT_EQ(packet->ssrc(), kOut);
  EXPECT_EQ(packet->sequence(), 65534);
  EXPECT_EQ(packet->timestamp(), 0xffffff00);
  EXPECT_EQ(packet->payload_type(), PayloadType(101));
  EXPECT_TRUE(packet->marker());
}

TEST_F(RewriterTest, AChangeOfSourceContinuesTheStream) {
  place(kPhone, 500, 9000, 0);
  place(kPhone, 501, 9160, 20);
  EXPECT_EQ(place(kSilence, 7, 123456, 60), 2);
  EXPECT_TRUE(last_->is_switch);
  EXPECT_EQ(timestamp(), 160u + 320u) << "40 ms went by";
  EXPECT_EQ(place(kSilence, 8, 123616, 80), 3);
  EXPECT_EQ(timestamp(), 640u);
  EXPECT_EQ(place(kPhone, 501, 9160, 81), -1) << "overtaken by the change";
  EXPECT_EQ(place(kPhone, 499, 8840, 81), -1);
  EXPECT_EQ(place(kPhone, 503, 9480, 100), 4) << "the phone is back";
  EXPECT_EQ(timestamp(), 800u);
  EXPECT_EQ(place(kSilence, 8, 123616, 101), -1);
}

TEST_F(RewriterTest, TheTimestampMovesEvenWithinOneMoment) {
  place(kPhone, 500, 9000, 0);
  EXPECT_EQ(place(kSilence, 7, 77, 0), 1);
  EXPECT_EQ(timestamp(), 1u);
}

TEST_F(RewriterTest, ASourceThatBeganAnewLeavesNoGap) {
  place(kPhone, 500, 9000, 0);
  EXPECT_EQ(place(kPhone, 30000, 77, 20), 1);
  EXPECT_TRUE(last_->is_switch);
  EXPECT_EQ(timestamp(), 160u);
  EXPECT_EQ(place(kPhone, 29000, 99, 40), 2) << "backwards by more than reordering does";
  EXPECT_EQ(place(kPhone, 29999, 99 + 160, 60), 1001) << "999 lost is loss";
}

TEST_F(RewriterTest, ANewSourceWithEachPacketIsStillOneStream) {
  for (uint16_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(place(Ssrc(100u + i), static_cast<uint16_t>(i * 77), i * 12345u, i), i);
    EXPECT_EQ(timestamp(), i * 8u);
  }
}

TEST_F(RewriterTest, InsertedPacketsMoveTheSourceUp) {
  place(kPhone, 500, 9000, 0);
  place(kPhone, 501, 9160, 20);
  EXPECT_EQ(static_cast<uint16_t>(rewriter_.insert(at(25)) - 65534), 2);
  EXPECT_EQ(static_cast<uint16_t>(rewriter_.insert(at(26)) - 65534), 3);
  EXPECT_EQ(place(kPhone, 502, 9320, 40), 4);
  EXPECT_EQ(timestamp(), 320u) << "the timeline of the source is not touched";
  EXPECT_EQ(place(kPhone, 501, 9160, 41), -1) << "its place may be taken";
  EXPECT_EQ(place(kPhone, 504, 9640, 60), 6);
}

TEST_F(RewriterTest, SkippedPacketsLeaveNoGap) {
  place(kPhone, 500, 9000, 0);
  for (uint16_t i = 1; i <= 5; ++i) {
    rewriter_.skip(from(kPhone, 500 + i, 9000 + i * 160u), at(i * 20));
    EXPECT_EQ(static_cast<uint16_t>(rewriter_.insert(at(i * 20)) - 65534), i);
  }
  EXPECT_EQ(place(kPhone, 506, 9960, 120), 6);
  EXPECT_EQ(timestamp(), 960u);
  EXPECT_EQ(place(kPhone, 503, 9480, 121), -1) << "was skipped";
}

TEST_F(RewriterTest, AChangeOfSourceWhileSkippingIsToldWithTheFirstPacketSent) {
  place(kPhone, 500, 9000, 0);
  rewriter_.skip(from(kSilence, 10, 5000), at(20));
  EXPECT_EQ(place(kSilence, 11, 5160, 40), 1);
  EXPECT_TRUE(last_->is_switch);
  EXPECT_EQ(timestamp(), 320u);
}

TEST_F(RewriterTest, AStreamMayBeginWithAnInsertedPacket) {
  EXPECT_FALSE(rewriter_.has_started());
  EXPECT_EQ(rewriter_.timestamp_at(at(0)), 0xffffff00);
  EXPECT_EQ(rewriter_.insert(at(0)), 65534);
  EXPECT_TRUE(rewriter_.has_started());
  EXPECT_EQ(rewriter_.timestamp_at(at(20)) - 0xffffff00, 160u);
  EXPECT_EQ(place(kPhone, 500, 9000, 100), 1);
  EXPECT_EQ(timestamp(), 800u);
}

TEST_F(RewriterTest, AForgottenSourceBeginsAnewByTheClock) {
  EXPECT_EQ(place(kPhone, 500, 9000, 0), 0);
  EXPECT_EQ(rewriter_.insert(at(20)), 65535);
  rewriter_.forget_source();
  EXPECT_EQ(place(kPhone, 501, 9160, 1000), 2) << "its own clock stood still meanwhile";
  EXPECT_TRUE(last_->is_switch);
  EXPECT_EQ(timestamp(), 8000u);
  EXPECT_EQ(place(kPhone, 500, 9000, 1001), -1) << "from before it was forgotten";
}

TEST_F(RewriterTest, KnowsTheTimestampOfAMoment) {
  place(kPhone, 500, 9000, 0);
  place(kPhone, 501, 9160, 20);
  EXPECT_EQ(rewriter_.timestamp_at(at(50)) - 0xffffff00, 160u + 240u);
  EXPECT_EQ(rewriter_.timestamp_at(at(10)) - 0xffffff00, 160u) << "never backwards";
}

TEST_F(RewriterTest, NumbersOfTheSourceMayWrap) {
  for (int i = 0; i < 200'000; ++i) {
    ASSERT_EQ(place(kPhone, static_cast<uint16_t>(65000 + i), static_cast<uint32_t>(i) * 160, i),
              static_cast<uint16_t>(i));
  }
}

}  // namespace
}  // namespace patchcord::rtp

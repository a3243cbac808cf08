// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/reorder_buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "core/random.h"

namespace patchcord::media {
namespace {

MonoTime at(int ms) {
  return MonoTime(std::chrono::milliseconds(1'000'000 + ms));
}

class ReorderBufferTest : public testing::Test {
 protected:
  // Pushes number `n` (counted from just before the wrap) and tells what came out.
  std::string push(int n, int ms, uint32_t ssrc = 1) {
    const auto sequence = static_cast<uint16_t>(65530 + n);
    std::array<uint8_t, 13> bytes{};
    rtp::write_header(
        bytes, {PayloadType(8), sequence, static_cast<uint32_t>(n * 160), Ssrc(ssrc), false});
    bytes[12] = static_cast<uint8_t>(n);
    buffer_.push(*rtp::Packet::parse(bytes), at(ms));
    return pop(ms);
  }
  std::string pop(int ms) {
    std::string out;
    while (const auto item = buffer_.pop(at(ms))) {
      const int n = static_cast<int16_t>(item->header.sequence - static_cast<uint16_t>(65530));
      EXPECT_EQ(item->payload.size(), 1U);
      EXPECT_EQ(item->payload[0], static_cast<uint8_t>(n));
      if (!out.empty()) out += ' ';
      if (item->is_restart) out += '!';
      if (item->lost_before > 0) out += '-' + std::to_string(item->lost_before) + ' ';
      out += std::to_string(n);
    }
    return out;
  }
  // In ms after zero; -1: never.
  int deadline() const {
    if (buffer_.next_deadline() == kNever) return -1;
    return static_cast<int>(to_ms(buffer_.next_deadline() - at(0)));
  }

  PipeCounters counters_;
  ReorderBuffer buffer_{counters_};
};

TEST_F(ReorderBufferTest, PassesPacketsInOrderAtOnce) {
  EXPECT_EQ(push(0, 0), "!0");
  for (int i = 1; i < 300; ++i) EXPECT_EQ(push(i, 20 * i), std::to_string(i));
  EXPECT_EQ(deadline(), -1);
  EXPECT_EQ(counters_.total(), 1U) << "the restart";
}

TEST_F(ReorderBufferTest, PutsNeighboursRight) {
  push(0, 0);
  EXPECT_EQ(push(2, 20), "");
  EXPECT_EQ(deadline(), 40);
  EXPECT_EQ(push(1, 25), "1 2");
  EXPECT_EQ(deadline(), -1);
  EXPECT_EQ(counters_[PipeCount::kReordered], 1U);
  EXPECT_EQ(counters_[PipeCount::kLost], 0U);
}

TEST_F(ReorderBufferTest, PutsAShuffleRight) {
  push(0, 0);
  EXPECT_EQ(push(4, 20), "");
  EXPECT_EQ(push(2, 21), "");
  EXPECT_EQ(push(5, 22), "");
  EXPECT_EQ(push(1, 23), "1 2");
  EXPECT_EQ(push(3, 24), "3 4 5");
  EXPECT_EQ(counters_[PipeCount::kReordered], 2U);
}

TEST_F(ReorderBufferTest, GivesUpAGapWhenTimeIsUp) {
  push(0, 0);
  EXPECT_EQ(push(3, 60), "");
  EXPECT_EQ(pop(79), "");
  EXPECT_EQ(pop(80), "-2 3");
  EXPECT_EQ(push(4, 81), "4");
  EXPECT_EQ(counters_[PipeCount::kLost], 2U);
}

TEST_F(ReorderBufferTest, EachGapHasItsOwnTime) {
  push(0, 0);
  EXPECT_EQ(push(2, 20), "");
  EXPECT_EQ(push(4, 35), "");
  EXPECT_EQ(pop(40), "-1 2");
  EXPECT_GE(deadline(), 35 + 17);  // the wait has shrunk by an eighth
  EXPECT_EQ(pop(deadline()), "");  // rounded down to a millisecond
  EXPECT_EQ(pop(deadline() + 1), "-1 4");
}

TEST_F(ReorderBufferTest, WaitsLessWhereNothingIsReordered) {
  push(0, 0);
  int n = 0;
  for (int i = 1; i < 40; ++i) {
    n += 2;  // every second packet is lost
    push(n, 100 * i);
    pop(100 * i + 60);
  }
  EXPECT_LT(buffer_.wait(), std::chrono::microseconds(500));
}

TEST_F(ReorderBufferTest, WaitsAsLongAsReorderingTakes) {
  push(0, 0);
  EXPECT_EQ(push(2, 20), "");
  EXPECT_EQ(pop(40), "-1 2");
  EXPECT_EQ(push(1, 60), "") << "late, but it teaches";
  EXPECT_EQ(counters_[PipeCount::kLate], 1U);
  EXPECT_EQ(push(1, 61), "");
  EXPECT_EQ(counters_[PipeCount::kDuplicate], 1U);
  EXPECT_EQ(buffer_.wait(), std::chrono::milliseconds(60)) << "40 ms, half more, and never over 60";
  EXPECT_EQ(push(4, 100), "");
  EXPECT_EQ(push(3, 145), "3 4");
  // What is later than we ever wait changes nothing.
  EXPECT_EQ(push(6, 200), "");
  EXPECT_EQ(pop(261), "-1 6");
  const Duration wait = buffer_.wait();
  EXPECT_EQ(push(5, 900), "");
  EXPECT_EQ(buffer_.wait(), wait);
}

TEST_F(ReorderBufferTest, DropsRepeats) {
  push(0, 0);
  EXPECT_EQ(push(0, 1), "");
  EXPECT_EQ(push(2, 20), "");
  EXPECT_EQ(push(2, 21), "");
  EXPECT_EQ(push(1, 22), "1 2");
  EXPECT_EQ(push(2, 23), "");
  EXPECT_EQ(counters_[PipeCount::kDuplicate], 3U);
}

TEST_F(ReorderBufferTest, ABigGapIsGivenUpAtOnceForItDoesNotFit) {
  push(0, 0);
  EXPECT_EQ(push(2, 20), "");
  EXPECT_EQ(push(18, 21), "-1 2") << "18 is held: 16 fit behind 2";
  EXPECT_EQ(push(40, 22), "-15 18 -21 40");
  EXPECT_EQ(counters_[PipeCount::kLost], 37U);
}

TEST_F(ReorderBufferTest, AnotherSourceNeedsTwoInARow) {
  push(0, 0);
  EXPECT_EQ(push(500, 20, 2), "");
  EXPECT_EQ(push(1, 20), "1") << "one stray packet does not disturb";
  EXPECT_EQ(push(501, 40, 2), "") << "nor do two that take turns with ours";
  EXPECT_EQ(push(2, 40), "2");
  EXPECT_EQ(push(502, 60, 2), "");
  EXPECT_EQ(push(503, 80, 2), "!503");
  EXPECT_EQ(push(504, 100, 2), "504");
}

TEST_F(ReorderBufferTest, AnotherSourceAfterAPauseIsTakenAtOnce) {
  push(0, 0);
  push(2, 10);
  EXPECT_EQ(push(7000, 200, 2), "!7000") << "and what was held of the old one is gone";
  EXPECT_EQ(deadline(), -1);
  EXPECT_EQ(counters_[PipeCount::kRestart], 2U);
}

TEST_F(ReorderBufferTest, ABigJumpIsARestart) {
  push(0, 0);
  EXPECT_EQ(push(5000, 20), "");
  EXPECT_EQ(push(5001, 40), "!5001");
  EXPECT_EQ(push(3000, 60), "");
  EXPECT_EQ(push(3001, 80), "!3001");
}

TEST_F(ReorderBufferTest, OnlyPaddingIsAPacketToo) {
  std::array<uint8_t, 12> bytes{};
  rtp::write_header(bytes, {PayloadType(8), 5, 0, Ssrc(1), false});
  buffer_.push(*rtp::Packet::parse(bytes), at(0));
  const auto item = buffer_.pop(at(0));
  ASSERT_TRUE(item);
  EXPECT_TRUE(item->payload.empty());
}

TEST_F(ReorderBufferTest, AnyShuffleComesOutInOrderOnceAndComplete) {
  SeededRandom random(11);
  int last = -1;
  uint64_t given = 0;
  uint64_t lost = 0;
  int ms = 0;
  const int kBlock = 4;
  for (int block = 0; block < 5000; ++block) {
    int order[kBlock] = {0, 1, 2, 3};
    for (int i = kBlock - 1; i > 0; --i) {
      std::swap(order[i], order[random.below(static_cast<uint32_t>(i + 1))]);
    }
    for (const int offset : order) {
      ms += 2;
      if (random.below(20) == 0) continue;
      const auto sequence = static_cast<uint16_t>(block * kBlock + offset);
      std::array<uint8_t, 14> bytes{};
      rtp::write_header(bytes, {PayloadType(8), sequence, 0, Ssrc(1), false});
      buffer_.push(*rtp::Packet::parse(bytes), at(ms));
      while (const auto item = buffer_.pop(at(ms))) {
        if (last < 0) last = item->header.sequence - 1;
        const auto expected = static_cast<uint16_t>(last + 1 + static_cast<int>(item->lost_before));
        ASSERT_EQ(item->header.sequence, expected);
        last = item->header.sequence;
        lost += item->lost_before;
        ++given;
      }
    }
  }
  EXPECT_EQ(lost, counters_[PipeCount::kLost]);
  EXPECT_GT(given, 18'000U);
  EXPECT_LT(counters_[PipeCount::kLate], 100U);
}

}  // namespace
}  // namespace patchcord::media

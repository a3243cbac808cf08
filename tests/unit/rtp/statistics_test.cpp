// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/statistics.h"

#include <gtest/gtest.h>

namespace patchcord::rtp {
namespace {

MonoTime at(int ms) {
  return MonoTime(std::chrono::milliseconds(5'000'000 + ms));
}

// Packets of 20 ms at 8000 Hz that arrive when they should.
void feed(ReceiverStatistics& statistics, int from, int to) {
  for (int i = from; i <= to; ++i) {
    statistics.on_packet(static_cast<uint16_t>(i), static_cast<uint32_t>(i) * 160, at(i * 20));
  }
}

TEST(ReceiverStatistics, CountsLossPerInterval) {
  ReceiverStatistics statistics(8000);
  EXPECT_EQ(statistics.expected(), 0u);
  EXPECT_FALSE(statistics.last_packet_time());
  feed(statistics, 65500, 65500 + 79);  // through the wrap
  EXPECT_EQ(statistics.expected(), 80u);
  EXPECT_EQ(statistics.lost(), 0);
  ReportBlock block = statistics.report(Ssrc(3), at(0));
  EXPECT_EQ(block.source, Ssrc(3));
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(block.highest_sequence, 65579u) << "one cycle and 43";
  EXPECT_EQ(block.last_sender_report, 0u);

  feed(statistics, 65500 + 90, 65500 + 119);  // 10 of 40 are lost
  block = statistics.report(Ssrc(3), at(0));
  EXPECT_EQ(block.fraction_lost, 64);
  EXPECT_EQ(block.cumulative_lost, 10);
  EXPECT_EQ(statistics.received(), 110u);

  feed(statistics, 65500 + 120, 65500 + 129);
  block = statistics.report(Ssrc(3), at(0));
  EXPECT_EQ(block.fraction_lost, 0) << "of this interval";
  EXPECT_EQ(block.cumulative_lost, 10);
}

TEST(ReceiverStatistics, RepeatsMakeTheLossNegative) {
  ReceiverStatistics statistics(8000);
  feed(statistics, 1, 10);
  feed(statistics, 8, 10);
  const ReportBlock block = statistics.report(Ssrc(1), at(0));
  EXPECT_EQ(block.cumulative_lost, -3);
  EXPECT_EQ(block.fraction_lost, 0);
}

TEST(ReceiverStatistics, AReportOfNothingIsNothing) {
  ReceiverStatistics statistics(8000);
  const ReportBlock block = statistics.report(Ssrc(1), at(0));
  EXPECT_EQ(block.fraction_lost, 0);
  EXPECT_EQ(block.cumulative_lost, 0);
  EXPECT_EQ(block.highest_sequence, 0u);
}

TEST(ReceiverStatistics, ARestartIsBelievedWithTheSecondPacket) {
  ReceiverStatistics statistics(8000);
  feed(statistics, 1, 10);
  statistics.on_packet(40000, 0, at(300));  // one stray packet changes nothing
  EXPECT_EQ(statistics.expected(), 10u);
  feed(statistics, 11, 12);
  EXPECT_EQ(statistics.expected(), 12u);
  statistics.on_packet(50000, 0, at(300));
  statistics.on_packet(50001, 160, at(320));
  statistics.on_packet(50003, 480, at(360));
  EXPECT_EQ(statistics.expected(), 15u);
  EXPECT_EQ(statistics.received(), 14u);
  EXPECT_EQ(statistics.report(Ssrc(1), at(0)).highest_sequence, 50003u);
}

TEST(ReceiverStatistics, JitterIsThatOfAppendixA8) {
  ReceiverStatistics steady(8000);
  feed(steady, 0, 100);
  EXPECT_EQ(steady.jitter(), 0u);

  // Each second packet 5 ms late: |D| is 40 ticks each time, J goes toward 40.
  ReceiverStatistics shaking(8000);
  double expected = 0;
  for (int i = 0; i < 400; ++i) {
    shaking.on_packet(static_cast<uint16_t>(i), static_cast<uint32_t>(i) * 160,
                      at(i * 20 + (i % 2) * 5));
    if (i > 0) expected += (40 - expected) / 16;
    EXPECT_NEAR(shaking.jitter(), expected, 1.1) << i;  // whole ticks
  }
  EXPECT_NEAR(shaking.jitter(), 40, 1);
  EXPECT_NEAR(static_cast<double>(to_ms(shaking.jitter_time())), 5, 1);
}

TEST(ReceiverStatistics, NeitherEventsNorNewTimelinesAreJitter) {
  ReceiverStatistics statistics(8000);
  feed(statistics, 0, 9);
  for (int i = 10; i < 20; ++i) {  // a telephone event: the timestamp stands still
    statistics.on_packet(static_cast<uint16_t>(i), 1600, at(i * 20));
  }
  feed(statistics, 20, 30);
  EXPECT_EQ(statistics.jitter(), 0u);
  for (int i = 31; i < 40; ++i) {
    statistics.on_packet(static_cast<uint16_t>(i), 0x70000000 + static_cast<uint32_t>(i) * 160,
                         at(i * 20));
  }
  EXPECT_EQ(statistics.jitter(), 0u);
}

TEST(ReceiverStatistics, RemembersTheSenderReport) {
  ReceiverStatistics statistics(8000);
  feed(statistics, 1, 2);
  statistics.on_sender_report(NtpTime{0x1111222233334444}, at(1000));
  const ReportBlock block = statistics.report(Ssrc(1), at(3500));
  EXPECT_EQ(block.last_sender_report, 0x22223333u);
  EXPECT_EQ(block.delay_since_last_sr, 5u << 15) << "2.5 s";
  EXPECT_EQ(statistics.last_packet_time(), at(40));
}

// RFC 3550 section 6.4.1, figure 2.
TEST(SenderStatistics, RoundTripIsThatOfFigure2) {
  SenderStatistics statistics;
  ReportBlock block;
  block.last_sender_report = 0xb7052000;
  block.delay_since_last_sr = 0x00054000;
  block.fraction_lost = 64;
  block.cumulative_lost = 3;
  statistics.on_report(block, NtpTime{0x0000b7108000ull << 16 | 0});
  ASSERT_TRUE(statistics.remote());
  ASSERT_TRUE(statistics.remote()->round_trip);
  EXPECT_EQ(to_ms(*statistics.remote()->round_trip), 6125);
  EXPECT_DOUBLE_EQ(statistics.remote()->fraction_lost, 0.25);
  EXPECT_EQ(statistics.remote()->cumulative_lost, 3);
}

TEST(SenderStatistics, LiesAboutTheRoundTripAreNotBelieved) {
  const struct {
    uint32_t last_sr, delay, now;
    int64_t ms;  // -1: none
  } kCases[] = {
      {0, 0, 0x10000, -1},               // no sender report was seen
      {0x20000, 0, 0x20000, 0},          // at once
      {0x20000, 0x100, 0x20000, 0},      // rounding of two clocks
      {0x20000, 0x100000, 0x20000, -1},  // held longer than it was known
      {0x10000, 0, 0x10000 + 100 * 65536, -1},
      {0xffffff00, 0x80, 0x00008000 - 0x80, 500},  // through the wrap
  };
  for (const auto& c : kCases) {
    SenderStatistics statistics;
    ReportBlock block;
    block.last_sender_report = c.last_sr;
    block.delay_since_last_sr = c.delay;
    statistics.on_report(block, NtpTime{static_cast<uint64_t>(c.now) << 16});
    const auto round_trip = statistics.remote()->round_trip;
    EXPECT_EQ(round_trip ? to_ms(*round_trip) : -1, c.ms) << std::hex << c.last_sr;
  }
}

TEST(SenderStatistics, CountsWhatWasSent) {
  SenderStatistics statistics;
  statistics.on_sent(160);
  statistics.on_sent(0);
  const SenderInfo info = statistics.info(NtpTime{5}, 77);
  EXPECT_EQ(info.packets, 2u);
  EXPECT_EQ(info.octets, 160u);
  EXPECT_EQ(info.rtp_timestamp, 77u);
  EXPECT_EQ(info.ntp, NtpTime{5});
}

}  // namespace
}  // namespace patchcord::rtp

// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/rtcp.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace patchcord::rtp {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// What is in a compound, in a short hand; "refused" if it is none.
struct Describe {
  std::string operator()(const SenderReport& p) const { return "SR" + count(p.blocks.size()); }
  std::string operator()(const ReceiverReport& p) const { return "RR" + count(p.blocks.size()); }
  std::string operator()(const SourceDescription& p) const { return "SDES" + count(p.chunks); }
  std::string operator()(const Bye& p) const { return "BYE" + count(p.sources.size()); }
  std::string operator()(const Nack& p) const { return "NACK" + count(p.items.size()); }
  std::string operator()(const PictureLoss&) const { return "PLI"; }
  std::string operator()(const FullIntraRequest& p) const { return "FIR" + count(p.items.size()); }
  std::string operator()(const BandwidthEstimate& p) const {
    return "REMB" + count(p.sources.size());
  }
  std::string operator()(const IgnoredRtcp& p) const {
    return "?" + std::to_string(p.type) + "." + std::to_string(p.format);
  }
  static std::string count(size_t n) { return std::to_string(n); }
};

std::string describe(ByteSpan datagram) {
  const auto compound = RtcpCompound::parse(datagram);
  if (!compound) return "refused";
  std::string out;
  for (const RtcpPacket& packet : *compound) {
    out += (out.empty() ? "" : " ") + std::visit(Describe(), packet);
  }
  return out;
}

// The first packet; its views are into the datagram, which must outlive them.
template <class T>
T only(ByteSpan datagram) {
  const auto compound = RtcpCompound::parse(datagram);
  return std::get<T>(*compound->begin());
}
template <class T>
T only(Bytes&& datagram) = delete;

const Bytes kRr0{0x80, 201, 0, 1, 0, 0, 0, 1};
const Bytes kPli{0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
const Bytes kNackTwo{0x81, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 100, 0x80, 0x01, 1, 0, 0, 0};
const Bytes kFirOne{0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7, 42, 0, 0, 0};
// draft-alvestrand-rmcat-remb-03, 2.2: mantissa 0x3ffff, exponent 1.
const Bytes kRemb{0x8f, 206, 0,   5,   0, 0,    0,    1,    0, 0, 0, 0,
                  'R',  'E', 'M', 'B', 1, 0x07, 0xff, 0xff, 0, 0, 0, 9};

TEST(Rtcp, ReadsCompounds) {
  const Bytes sr = Bytes{0x80, 200, 0, 6} + Bytes(24);
  const Bytes sdes{0x81, 202, 0, 3, 0, 0, 0, 1, 1, 2, 'a', 'b', 0, 0, 0, 0};
  const Bytes bye{0x82, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2};
  const Bytes bye_with_reason{0x81, 203, 0, 3, 0, 0, 0, 1, 3, 'e', 'n', 'd', 0, 0, 0, 0};
  const struct {
    Bytes bytes;
    const char* description;
  } kCases[] = {
      {kRr0, "RR0"},
      {sr + sdes, "SR0 SDES1"},
      {sr + sdes + bye, "SR0 SDES1 BYE2"},
      {bye_with_reason, "BYE1"},
      {Bytes{0x80, 203, 0, 0}, "BYE0"},
      {kPli, "PLI"},
      {kRr0 + kNackTwo + kFirOne + kRemb, "RR0 NACK2 FIR1 REMB1"},
      {Bytes{0x8f, 205, 0, 4} + Bytes(16), "?205.15"},                     // transport-cc
      {Bytes{0x80, 207, 0, 1, 0, 0, 0, 1} + kPli, "?207.0 PLI"},           // XR
      {Bytes{0x85, 204, 0, 2, 0, 0, 0, 1, 'n', 'a', 'm', 'e'}, "?204.5"},  // APP
      {Bytes{0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'A', 'F', 'B', '!'}, "?206.15"},
      {Bytes{0x83, 206, 0, 2} + Bytes(8), "?206.3"},            // RPSI
      {Bytes{0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4}, "RR0"},  // padded
  };
  for (const auto& c : kCases) EXPECT_EQ(describe(c.bytes), c.description);
}

TEST(Rtcp, RefusesWhatDoesNotAddUp) {
  const struct {
    const char* what;
    Bytes bytes;
  } kCases[] = {
      {"empty", {}},
      {"four bytes that promise a report (AST-2017-008)", {0x80, 201, 0, 0}},
      {"three bytes", {0x80, 201, 0}},
      {"version 1", {0x40, 201, 0, 1, 0, 0, 0, 1}},
      {"longer than the datagram", {0x80, 201, 0, 2, 0, 0, 0, 1}},
      {"length 0xffff", {0x80, 201, 0xff, 0xff, 0, 0, 0, 1}},
      {"bytes behind the last packet", kRr0 + Bytes{0x80}},
      {"a good one and a wrong version", kRr0 + Bytes{0, 0, 0, 0}},
      {"SR without its sender info", {0x80, 200, 0, 1, 0, 0, 0, 1}},
      {"SR with a block announced", Bytes{0x81, 200, 0, 6} + Bytes(24)},
      {"RR with 31 blocks announced, one there", Bytes{0x9f, 201, 0, 7} + Bytes(28)},
      {"BYE for two, one there", {0x82, 203, 0, 1, 0, 0, 0, 1}},
      {"PLI without media", {0x81, 206, 0, 1, 0, 0, 0, 1}},
      {"NACK without its header", {0x81, 205, 0, 0}},
      {"FIR with half an item", Bytes{0x84, 206, 0, 3} + Bytes(12)},
      {"REMB for 255 sources",
       {0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 255, 0, 0, 1}},
      {"REMB cut", {0x8f, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B'}},
      {"padding not at the end", Bytes{0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4} + kPli},
      {"padding of 0", {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0}},
      {"padding of 3", {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3}},
      {"padding over the body", {0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 12}},
      {"padding over the sender", {0xa0, 201, 0, 1, 0, 0, 0, 4}},
      {"padding without a body", {0xa0, 203, 0, 0}},
  };
  for (const auto& c : kCases) EXPECT_EQ(describe(c.bytes), "refused") << c.what;
}

TEST(Rtcp, BoundsTheNumberOfPackets) {
  Bytes packets;
  for (size_t i = 0; i < RtcpCompound::kMaxPackets; ++i) packets = packets + Bytes{0x80, 203, 0, 0};
  EXPECT_TRUE(RtcpCompound::parse(packets));
  EXPECT_FALSE(RtcpCompound::parse(packets + Bytes{0x80, 203, 0, 0}));
}

TEST(Rtcp, ReadsFeedback) {
  const auto nack = only<Nack>(kNackTwo);
  EXPECT_EQ(nack.sender, Ssrc(1));
  EXPECT_EQ(nack.media, Ssrc(2));
  EXPECT_EQ(nack.items[0].sequence, 100);
  EXPECT_EQ(nack.items[0].following, 0x8001);
  EXPECT_EQ(nack.items[1].sequence, 256);
  EXPECT_EQ(only<PictureLoss>(kPli).media, Ssrc(2));
  const auto fir = only<FullIntraRequest>(kFirOne);
  EXPECT_EQ(fir.items[0].ssrc, Ssrc(7));
  EXPECT_EQ(fir.items[0].command, 42);
  const auto remb = only<BandwidthEstimate>(kRemb);
  EXPECT_EQ(remb.bits_per_second, 0x7fffeu);
  EXPECT_EQ(remb.sources[0].ssrc, Ssrc(9));
}

TEST(Rtcp, ARembBeyondAllBoundsIsTheLargestNumber) {
  Bytes bytes = kRemb;
  bytes[17] = 0xff;
  EXPECT_EQ(only<BandwidthEstimate>(bytes).bits_per_second, UINT64_MAX);
  bytes[17] = 0xfc;
  bytes[18] = bytes[19] = 0;
  EXPECT_EQ(only<BandwidthEstimate>(bytes).bits_per_second, 0u);
}

TEST(Rtcp, FindsCnames) {
  const Bytes two = Bytes{0x82, 202, 0, 6} +
                    Bytes{0, 0, 0, 1, 2, 1, 'n', 1, 2, 'c', '1', 0} +  // NAME then CNAME
                    Bytes{0, 0, 0, 2, 1, 3, 'c', '2', 'x', 0, 0, 0};
  const auto sdes = only<SourceDescription>(two);
  EXPECT_EQ(sdes.cname_of(Ssrc(1)), "c1");
  EXPECT_EQ(sdes.cname_of(Ssrc(2)), "c2x");
  EXPECT_EQ(sdes.cname_of(Ssrc(3)), "");
  // An item longer than the packet.
  const Bytes long_item{0x81, 202, 0, 2, 0, 0, 0, 1, 1, 200, 'a', 'b'};
  const auto cut = only<SourceDescription>(long_item);
  EXPECT_EQ(cut.cname_of(Ssrc(1)), "");
  const Bytes no_body{0x9f, 202, 0, 0};
  const auto empty = only<SourceDescription>(no_body);
  EXPECT_EQ(empty.cname_of(Ssrc(0)), "");
}

TEST(Rtcp, WhatIsWrittenIsRead) {
  std::array<uint8_t, 256> buffer{};
  RtcpWriter writer(buffer);
  ReportBlock block;
  block.source = Ssrc(0x01020304);
  block.fraction_lost = 17;
  block.cumulative_lost = -5;
  block.highest_sequence = 0x00020003;
  block.jitter = 99;
  block.last_sender_report = 0x11223344;
  block.delay_since_last_sr = 65536;
  const SenderInfo info{NtpTime{0x0102030405060708}, 1, 2, 3};
  writer.sender_report(Ssrc(7), info, std::span(&block, 1));
  writer.cname(Ssrc(7), "abc");
  writer.picture_loss(Ssrc(7), Ssrc(8));
  writer.bye(Ssrc(7));
  ASSERT_FALSE(writer.failed());
  EXPECT_EQ(describe(writer.written()), "SR1 SDES1 PLI BYE1");

  const auto report = only<SenderReport>(writer.written());
  EXPECT_EQ(report.sender, Ssrc(7));
  EXPECT_EQ(report.info.ntp, info.ntp);
  EXPECT_EQ(report.info.octets, 3u);
  const ReportBlock read = report.blocks[0];
  EXPECT_EQ(read.source, block.source);
  EXPECT_EQ(read.fraction_lost, 17);
  EXPECT_EQ(read.cumulative_lost, -5);
  EXPECT_EQ(read.highest_sequence, 0x00020003u);
  EXPECT_EQ(read.delay_since_last_sr, 65536u);
}

TEST(Rtcp, CnamesOfEveryLengthArePadded) {
  for (size_t length = 0; length <= 300; ++length) {
    std::array<uint8_t, 320> buffer{};
    RtcpWriter writer(buffer);
    const std::string name(length, 'x');
    writer.cname(Ssrc(5), name);
    ASSERT_FALSE(writer.failed());
    EXPECT_EQ(writer.size() % 4, 0u);
    EXPECT_EQ(only<SourceDescription>(writer.written()).cname_of(Ssrc(5)), name.substr(0, 255));
  }
}

TEST(Rtcp, WhatDoesNotFitIsNotBegun) {
  std::array<uint8_t, 19> buffer{};
  RtcpWriter writer(buffer);
  writer.receiver_report(Ssrc(1), {});
  writer.picture_loss(Ssrc(1), Ssrc(2));
  EXPECT_TRUE(writer.failed());
  EXPECT_EQ(describe(writer.written()), "RR0");
}

TEST(Rtcp, WritesAtMost31Blocks) {
  std::array<uint8_t, 2000> buffer{};
  RtcpWriter writer(buffer);
  const std::vector<ReportBlock> blocks(40);
  writer.receiver_report(Ssrc(1), blocks);
  EXPECT_EQ(describe(writer.written()), "RR31");
}

TEST(Rtcp, TellsNtpTime) {
  // 1970-01-01 00:00:00.5
  const NtpTime half = NtpTime::from_wall(WallTime(std::chrono::milliseconds(500)));
  EXPECT_EQ(half.value, 2'208'988'800ull << 32 | 0x80000000);
  EXPECT_EQ(half.middle(), static_cast<uint32_t>(2'208'988'800ull << 16) | 0x8000);
}

}  // namespace
}  // namespace patchcord::rtp

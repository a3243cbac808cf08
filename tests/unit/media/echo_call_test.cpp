// SPDX-License-Identifier: GPL-3.0-or-later
// A browser's call to the echo, end to end over the simulated network.
#include <gmock/gmock.h>

#include "engine_fixture.h"
#include "rtp/rtcp.h"

namespace patchcord::media {
namespace {

class EchoCallTest : public EngineFixture {
 protected:
  void talk(PayloadType type, int packets) {
    for (int i = 0; i < packets; ++i) {
      const uint8_t payload[] = {0xd5, static_cast<uint8_t>(i), 0xd5, 0xd5};
      browser.send(type, payload);
      world.run_for(milliseconds(20));
    }
  }
};

TEST_F(EchoCallTest, WhatTheBrowserSendsComesBack) {
  const Reservation call = echo_call(kPcma);
  EXPECT_EQ(all<Connected>(call.id).size(), 1U);
  const Ssrc ours = std::get<WebrtcLocal>(call.local[0]).ssrc;
  world.run_for(seconds(1));
  browser.heard.clear();
  talk(kPcma.payload_type, 50);
  std::vector<int> numbers;
  for (const test::HeardPacket& packet : browser.heard) {
    EXPECT_EQ(packet.header.ssrc, ours);
    EXPECT_EQ(packet.header.payload_type, kPcma.payload_type);
    if (packet.payload.size() == 4) numbers.push_back(packet.payload[1]);
  }
  ASSERT_EQ(numbers.size(), 50U);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
  EXPECT_EQ(all<FirstPacket>(call.id).size(), 1U);
  engine->close(call.id);
  expect_empty();
}

TEST_F(EchoCallTest, OpusComesBackAsOpus) {
  const Reservation call = echo_call(kOpus);
  talk(kOpus.payload_type, 10);
  size_t echoed = 0;
  for (const test::HeardPacket& packet : browser.heard) {
    if (packet.payload.size() == 4 && packet.payload[0] == 0xd5) ++echoed;
  }
  EXPECT_EQ(echoed, 10U);
  engine->close(call.id);
  expect_empty();
}

TEST_F(EchoCallTest, CloseSaysGoodbyeAndTellsTheLastNumbers) {
  const Reservation call = echo_call(kPcma);
  talk(kPcma.payload_type, 10);
  engine->close(call.id);
  engine->close(call.id);
  world.run_for(milliseconds(100));
  EXPECT_THAT(browser.events, testing::Contains(rtc::TransportEvent::kClosedByPeer));
  const auto stats = all<Stats>(call.id);
  ASSERT_FALSE(stats.empty());
  EXPECT_TRUE(stats.back().final);
  EXPECT_EQ(std::count_if(stats.begin(), stats.end(), [](const Stats& s) { return s.final; }), 1);
  EXPECT_EQ(stats.back().endpoints[0].packets_received, 10U);
  EXPECT_GE(stats.back().endpoints[0].packets_sent, 10U);
  EXPECT_EQ(stats.back().endpoints[0].remote, browser.local());
  EXPECT_EQ(stats.back().endpoints[0].transport, "connected");
}

TEST_F(EchoCallTest, ABrowserThatClosesIsTold) {
  const Reservation call = echo_call(kPcma);
  browser.close();
  world.run_for(milliseconds(100));
  const auto failed = all<Failed>(call.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].what, Failed::What::kClosedByPeer);
}

TEST_F(EchoCallTest, ABrowserThatNeverComesFails) {
  const Reservation call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kEcho}).value();
  engine->open(call.id, both_ways(plan_of(browser), EchoPlan{}, kPcma));
  world.run_for(seconds(30));
  const auto failed = all<Failed>(call.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].what, Failed::What::kIce);
}

TEST_F(EchoCallTest, AWrongFingerprintNeverConnects) {
  const Reservation call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kEcho}).value();
  WebrtcPlan plan = plan_of(browser);
  plan.remote->fingerprints = {certificate.fingerprint()};
  engine->open(call.id, both_ways(plan, EchoPlan{}, kPcma));
  connect(browser, call.local[0]);
  world.run_for(seconds(3));
  talk(kPcma.payload_type, 5);
  const auto failed = all<Failed>(call.id);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].what, Failed::What::kFingerprint);
  EXPECT_TRUE(all<FirstPacket>(call.id).empty());
  EXPECT_TRUE(browser.heard.empty());
}

TEST_F(EchoCallTest, ABadNetworkConnectsAllTheSame) {
  test::SimQuality bad;
  bad.loss = 0.2;
  bad.duplicate = 0.2;
  bad.jitter = milliseconds(40);
  world.set_quality(bad);
  const Reservation call = echo_call(kPcma);
  talk(kPcma.payload_type, 100);
  EXPECT_GT(browser.heard.size(), 40U);
  engine->close(call.id);
  expect_empty();
}

TEST_F(EchoCallTest, T45_TheBrowserMovesToAnotherAddress) {
  const Reservation call = echo_call(kPcma);
  talk(kPcma.payload_type, 5);
  browser.move({browser.local().ip(), 41000});
  world.run_for(seconds(4));  // until its next check
  browser.heard.clear();
  talk(kPcma.payload_type, 10);
  EXPECT_GE(browser.heard.size(), 10U);
  engine->close(call.id);
  world.run_for(milliseconds(50));
  EXPECT_EQ(all<Stats>(call.id).back().endpoints[0].remote, browser.local());
}

TEST_F(EchoCallTest, ChecksOfNobodyAndGarbageAreDropped) {
  const Reservation call = echo_call(kPcma);
  const SocketAddress port = std::get<WebrtcLocal>(call.local[0]).candidates[0];
  std::vector<uint8_t> garbage(100);
  for (int first = 0; first < 256; ++first) {
    random.fill(garbage);
    garbage[0] = static_cast<uint8_t>(first);
    stranger.send_raw(port, garbage);
    stranger.send_raw(port, ByteSpan(garbage).first(static_cast<size_t>(first) % 20));
    browser.send_raw(garbage);  // from the proved address: SRTP that is none
  }
  test::BrowserPeer other(outside, peers, {browser.local().ip(), 40010}, random);
  other.connect({"nobody00", "password-of-nobody-here-00"}, certificate.fingerprint(), port);
  world.run_for(seconds(2));
  EXPECT_FALSE(other.is_connected());
  EXPECT_TRUE(stranger.heard.empty());
  const SharedPortTotals totals = engine->shared_ports();
  EXPECT_GE(totals.unknown_sender, 512U);
  EXPECT_GE(totals.unknown_ufrag, 10U);
  EXPECT_LE(totals.unknown_ufrag, totals.unknown_sender);
  EXPECT_GT(totals.received, totals.unknown_sender);
  browser.heard.clear();
  talk(kPcma.payload_type, 10);
  EXPECT_GE(browser.heard.size(), 10U);
  EXPECT_TRUE(all<Failed>(call.id).empty());
  engine->close(call.id);
  world.run_for(milliseconds(50));
  EXPECT_GE(all<Stats>(call.id).back().endpoints[0].dropped, 60U);
}

TEST_F(EchoCallTest, RtcpIsTerminatedAndGivesTheRoundTrip) {
  const Reservation call = echo_call(kPcma);
  for (int i = 0; i < 300; ++i) {
    const uint8_t payload[] = {0xd5, 0xd5};
    browser.send(kPcma.payload_type, payload);
    world.run_for(milliseconds(20));
    // Answers our last sender report with a receiver report.
    if (browser.heard_rtcp.empty()) continue;
    const auto compound = rtp::RtcpCompound::parse(browser.heard_rtcp.back());
    ASSERT_TRUE(compound.has_value());
    for (const rtp::RtcpPacket& packet : *compound) {
      const auto* report = std::get_if<rtp::SenderReport>(&packet);
      if (!report) continue;
      rtp::ReportBlock block;
      block.source = report->sender;
      block.cumulative_lost = 3;
      block.last_sender_report = report->info.ntp.middle();
      std::array<uint8_t, 100> buffer;
      rtp::RtcpWriter writer(buffer);
      writer.receiver_report(browser.stream.ssrc, std::span(&block, 1));
      browser.send_rtcp(writer.written());
    }
    browser.heard_rtcp.clear();
  }
  world.run_for(milliseconds(1100));
  const Stats stats = all<Stats>(call.id).back();
  EXPECT_EQ(stats.endpoints[0].packets_lost_remote, 3U);
  ASSERT_TRUE(stats.endpoints[0].round_trip.has_value());
  EXPECT_LT(*stats.endpoints[0].round_trip, milliseconds(30));
  EXPECT_GT(*stats.endpoints[0].round_trip, milliseconds(1));
  engine->close(call.id);
  world.run_for(milliseconds(50));
  ASSERT_FALSE(browser.heard_rtcp.empty());
  bool has_bye = false;
  for (const auto& bytes : browser.heard_rtcp) {
    const auto compound = rtp::RtcpCompound::parse(bytes);
    ASSERT_TRUE(compound.has_value());
    for (const rtp::RtcpPacket& packet : *compound) {
      has_bye |= std::holds_alternative<rtp::Bye>(packet);
    }
  }
  EXPECT_TRUE(has_bye);
}

}  // namespace
}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
// A browser's call to a SIP phone over the simulated network: sound both ways, what a plan change
// keeps, digits, silence, and what a third party cannot do.
#include <gmock/gmock.h>

#include "engine_fixture.h"
#include "rtp/rtcp.h"
#include "rtp/telephone_event.h"

namespace patchcord::media {
namespace {

class SipCallTest : public EngineFixture {
 protected:
  void reserve() {
    call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kRtp}).value();
    gateway_rtp = rtp_of(call.local[1]);
    gateway_rtcp = SocketAddress(gateway_ip, static_cast<uint16_t>(gateway_rtp.port() + 1));
  }
  void open(const AudioFormat& format) {
    reserve();
    plan = both_ways(plan_of(browser), plan_of(phone), format);
    engine->open(call.id, plan);
    connect(browser, call.local[0]);
    ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
    world.run_for(milliseconds(10));
  }
  void talk(int packets) {
    const std::vector<uint8_t> voice(160, 0x55);
    for (int i = 0; i < packets; ++i) {
      browser.send(kPcma.payload_type, voice);
      phone.send(gateway_rtp, kPcma.payload_type, voice);
      world.run_for(milliseconds(20));
    }
  }
  static bool is_voice(const test::HeardPacket& packet) {
    return packet.payload == std::vector<uint8_t>(160, 0x55);
  }
  static size_t voices(const std::vector<test::HeardPacket>& heard) {
    return static_cast<size_t>(std::count_if(heard.begin(), heard.end(), is_voice));
  }
  // One SSRC, and each number one more than the one before.
  static void expect_continuous(const std::vector<test::HeardPacket>& heard) {
    for (size_t i = 1; i < heard.size(); ++i) {
      EXPECT_EQ(heard[i].header.ssrc, heard[0].header.ssrc) << i;
      EXPECT_EQ(heard[i].header.sequence, static_cast<uint16_t>(heard[i - 1].header.sequence + 1))
          << i;
    }
  }

  Reservation call;
  MediaPlan plan;
  SocketAddress gateway_rtp, gateway_rtcp;
};

TEST_F(SipCallTest, SoundGoesBothWays) {
  open(kPcma);
  talk(50);
  EXPECT_EQ(voices(phone.heard), 50U);
  EXPECT_EQ(voices(browser.heard), 50U);
  for (const test::HeardPacket& packet : phone.heard) EXPECT_EQ(packet.from, gateway_rtp);
  engine->close(call.id);
  expect_empty();
  const Stats stats = all<Stats>(call.id).back();
  EXPECT_EQ(stats.endpoints[1].packets_received, 50U);
  EXPECT_EQ(stats.endpoints[1].packets_lost, 0U);
  EXPECT_EQ(stats.endpoints[1].remote, phone.local());
  EXPECT_FALSE(stats.pipes[0].empty());
}

TEST_F(SipCallTest, ABrowserHearsSilenceAsSoonAsItIsConnected) {
  reserve();
  plan = both_ways(plan_of(browser), RtpPlan{}, kPcma);
  for (AudioPlan& audio : plan.audio) audio.flow = AudioPlan::Flow::kSilence;
  engine->open(call.id, plan);
  connect(browser, call.local[0]);
  ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
  world.run_for(seconds(1));
  EXPECT_GE(browser.heard.size(), 45U);
  expect_continuous(browser.heard);
  EXPECT_TRUE(phone.heard.empty());
  talk(10);  // nothing passes before the answer
  EXPECT_EQ(voices(browser.heard), 0U);
  EXPECT_EQ(voices(phone.heard), 0U);
}

TEST_F(SipCallTest, APlanChangeKeepsTheStreams) {
  open(kPcma);
  talk(20);
  for (AudioPlan& audio : plan.audio) audio.flow = AudioPlan::Flow::kSilence;  // hold
  engine->change(call.id, plan);
  world.run_for(seconds(1));
  for (AudioPlan& audio : plan.audio) audio.flow = AudioPlan::Flow::kOpen;
  engine->change(call.id, plan);
  world.run_for(milliseconds(5));
  talk(20);
  EXPECT_EQ(voices(browser.heard), 40U);
  EXPECT_EQ(voices(phone.heard), 40U);
  expect_continuous(browser.heard);
  expect_continuous(phone.heard);
  for (size_t i = 1; i < browser.heard.size(); ++i) {
    const auto step = static_cast<int32_t>(browser.heard[i].header.timestamp -
                                           browser.heard[i - 1].header.timestamp);
    EXPECT_GT(step, 0) << i;
    EXPECT_LT(step, 8000) << i;
  }
}

TEST_F(SipCallTest, AChangeFromOneCodecToAnotherKeepsSsrcAndNumbers) {
  open(kPcma);
  talk(20);
  plan.from(Side::kB).to = {kOpus};  // the browser is now sent Opus: another clock
  plan.from(Side::kA).from = {kOpus, kPcma};
  engine->change(call.id, plan);
  world.run_for(milliseconds(5));
  talk(20);
  expect_continuous(browser.heard);
  EXPECT_EQ(browser.heard.back().header.payload_type, kOpus.payload_type);
}

// safety.md 29: RTP bleed and inject, before, during and after.
TEST_F(SipCallTest, AThirdAddressIsNeitherHeardNorAnswered) {
  size_t to_stranger = 0;
  world.set_tap([&](const test::SimDatagram& datagram) {
    if (datagram.to.ip() == stranger.local().ip()) ++to_stranger;
    return true;
  });
  const auto attack = [&] {
    for (int i = 0; i < 300; ++i) {
      stranger.stream.ssrc = i % 2 == 0 ? Ssrc(random.u32()) : phone.stream.ssrc;
      const std::vector<uint8_t> noise(160, 0x66);
      stranger.send(gateway_rtp, kPcma.payload_type, noise);
      std::array<uint8_t, 100> buffer;
      rtp::RtcpWriter writer(buffer);
      writer.receiver_report(stranger.stream.ssrc, {});
      stranger.send_rtcp(gateway_rtcp, writer.written());
      stranger.send_raw(gateway_rtp, writer.written());
    }
  };
  reserve();
  attack();
  plan = both_ways(plan_of(browser), RtpPlan{}, kPcma);  // the INVITE is out, no SDP yet
  engine->open(call.id, plan);
  world.run_for(milliseconds(100));
  attack();
  world.run_for(milliseconds(100));
  plan.endpoints[1] = plan_of(phone);
  engine->change(call.id, plan);
  connect(browser, call.local[0]);
  ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
  attack();
  talk(20);
  attack();
  talk(20);
  world.run_for(seconds(6));  // some RTCP intervals
  EXPECT_EQ(voices(browser.heard), 40U);
  for (const test::HeardPacket& packet : browser.heard) {
    EXPECT_NE(packet.payload, std::vector<uint8_t>(160, 0x66));
  }
  engine->close(call.id);
  attack();
  expect_empty();
  EXPECT_EQ(to_stranger, 0U);
  const EndpointStats stats = all<Stats>(call.id).back().endpoints[1];
  EXPECT_EQ(stats.packets_received, 40U);
  EXPECT_EQ(stats.unexpected.ip(), stranger.local().ip());
  EXPECT_GE(stats.dropped, 2700U);
}

// safety.md 37, 38, 39: garbage of the believed peers themselves, to every port.
TEST_F(SipCallTest, GarbageOfThePeersEndsNothing) {
  open(kPcma);
  talk(10);
  const uint8_t voice[] = {0x55, 0x55, 0x55, 0x55};
  for (int i = 0; i < 5000; ++i) {
    std::vector<uint8_t> bytes(random.below(300));
    random.fill(bytes);
    switch (i % 5) {
      case 0:  // a good packet with a few bytes changed
        bytes = phone.stream.next(kPcma.payload_type, voice);
        for (int n = 0; n < 3; ++n) bytes[random.below(16)] = static_cast<uint8_t>(random.u32());
        break;
      case 1:
        if (!bytes.empty()) bytes[0] = 0x80;
        break;
      case 2:
        if (bytes.size() > 1) bytes[0] = 0x81, bytes[1] = static_cast<uint8_t>(192 + i % 32);
        break;
      default:
        break;
    }
    phone.send_raw(gateway_rtp, bytes);
    phone.send_rtcp(gateway_rtcp, bytes);
    browser.send_raw(bytes);
    if (i % 20 == 0) world.run_for(milliseconds(1));
  }
  world.run_for(seconds(1));
  browser.heard.clear();
  phone.heard.clear();
  phone.stream.sequence = 30000;  // settle on one stream again
  talk(50);
  EXPECT_GE(voices(phone.heard), 50U);
  EXPECT_GE(voices(browser.heard), 45U);
  EXPECT_TRUE(all<Failed>(call.id).empty());
  engine->close(call.id);
  expect_empty();
}

TEST_F(SipCallTest, APeerBehindNatIsLearntFromTheSignallingAddress) {
  test::PhonePeer nat(outside, peers, {proxy_ip, 50000});
  reserve();
  RtpPlan rtp = plan_of(phone);
  rtp.rtp = SocketAddress(IpAddress::v4(10, 0, 0, 5), 4000);
  rtp.rtcp = SocketAddress(IpAddress::v4(10, 0, 0, 5), 4001);
  plan = both_ways(plan_of(browser), rtp, kPcma);
  engine->open(call.id, plan);
  connect(browser, call.local[0]);
  ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
  const std::vector<uint8_t> voice(160, 0x55);
  for (int i = 0; i < 300; ++i) {
    nat.send(gateway_rtp, kPcma.payload_type, voice);
    browser.send(kPcma.payload_type, voice);
    world.run_for(milliseconds(20));
  }
  EXPECT_EQ(voices(browser.heard), 300U);
  EXPECT_GE(voices(nat.heard), 299U);
  EXPECT_FALSE(nat.heard_rtcp.empty());  // RTCP follows: the SDP's address was a wrong one
}

TEST_F(SipCallTest, NothingIsSentToPlacesThatAreNoPeers) {
  reserve();
  const char* const nowhere[] = {"224.0.0.1:4000", "255.255.255.255:4000", "0.0.0.0:4000",
                                 "192.0.2.1:0", "[ff02::1]:4000"};
  std::vector<RtpPlan> bad;
  for (const char* address : nowhere) {
    RtpPlan rtp = plan_of(phone);
    rtp.rtp = rtp.rtcp = *SocketAddress::parse(address);
    bad.push_back(rtp);
  }
  RtpPlan loop = plan_of(phone);
  loop.rtp = gateway_rtp;
  loop.rtcp = gateway_rtcp;
  bad.push_back(loop);
  loop.rtp = {IpAddress::v4(127, 0, 0, 1), gateway_rtp.port()};
  loop.rtcp = {IpAddress::v4(127, 0, 0, 1), gateway_rtcp.port()};
  bad.push_back(loop);
  plan = both_ways(plan_of(browser), RtpPlan{}, kPcma);
  engine->open(call.id, plan);
  connect(browser, call.local[0]);
  ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
  world.run_for(milliseconds(10));
  size_t from_gateway = 0;
  world.set_tap([&](const test::SimDatagram& datagram) {
    if (datagram.from.port() == gateway_rtp.port() || datagram.from.port() == gateway_rtcp.port()) {
      ++from_gateway;
    }
    return true;
  });
  for (RtpPlan& rtp : bad) {
    rtp.generation = static_cast<uint32_t>(2 + (&rtp - bad.data()));
    plan.endpoints[1] = rtp;
    engine->change(call.id, plan);
    talk(5);
    world.run_for(seconds(4));
  }
  engine->close(call.id);
  world.run_for(milliseconds(50));
  EXPECT_EQ(from_gateway, 0U);
}

TEST_F(SipCallTest, DigitsTowardsThePhone) {
  open(kPcma);
  plan.from(Side::kA).event_to = kEvent8000;
  engine->change(call.id, plan);
  talk(5);
  engine->send_digits(call.id, Side::kB, "1x#", milliseconds(100));
  talk(50);
  rtp::TelephoneEventReceiver receiver(8000);
  std::string digits;
  size_t event_packets = 0;
  for (const test::HeardPacket& packet : phone.heard) {
    if (packet.header.payload_type != kEvent8000.payload_type) continue;
    ++event_packets;
    std::vector<uint8_t> bytes(rtp::kFixedHeaderSize);
    rtp::write_header(bytes, packet.header);
    bytes.insert(bytes.end(), packet.payload.begin(), packet.payload.end());
    const auto digit = receiver.receive(*rtp::Packet::parse(bytes), packet.time);
    if (digit) digits += *digit;
  }
  EXPECT_EQ(digits, "1#");
  EXPECT_GE(event_packets, 14U);
  expect_continuous(phone.heard);
}

TEST_F(SipCallTest, DigitsOfThePhoneAreToldOnceAndDoNotCross) {
  open(kPcma);
  plan.from(Side::kB).event_from = kEvent8000;
  plan.from(Side::kB).event_to = kEvent8000;
  engine->change(call.id, plan);
  talk(5);
  for (int press = 0; press < 2; ++press) {
    const uint32_t began = phone.stream.timestamp;
    for (uint16_t i = 1; i <= 8; ++i) {
      rtp::TelephoneEvent event;
      event.event = 5;
      event.is_end = i > 5;
      event.duration = static_cast<uint16_t>(160 * std::min<uint16_t>(i, 5));
      phone.stream.timestamp = began;
      phone.send(gateway_rtp, kEvent8000.payload_type, event.bytes());
      world.run_for(milliseconds(20));
    }
    phone.stream.timestamp = began + 8 * 160;
    talk(10);
  }
  const auto digits = all<Digit>(call.id);
  ASSERT_EQ(digits.size(), 2U);
  EXPECT_EQ(digits[0].digit, '5');
  EXPECT_EQ(digits[0].side, Side::kB);
  EXPECT_EQ(std::count_if(browser.heard.begin(), browser.heard.end(),
                          [](const auto& packet) {
                            return packet.header.payload_type == kEvent8000.payload_type;
                          }),
            0);
  EXPECT_EQ(voices(browser.heard), 25U);
  expect_continuous(browser.heard);
}

TEST_F(SipCallTest, ASideThatFallsSilentIsToldOnce) {
  open(kPcma);
  plan.inactivity = seconds(10);
  engine->change(call.id, plan);
  talk(10);
  const std::vector<uint8_t> voice(160, 0x55);
  for (int i = 0; i < 60 * 50; ++i) {
    browser.send(kPcma.payload_type, voice);
    world.run_for(milliseconds(20));
  }
  const auto silent = all<Silent>(call.id);
  ASSERT_EQ(silent.size(), 1U);
  EXPECT_EQ(silent[0].side, Side::kB);
}

TEST_F(SipCallTest, RtcpAloneIsLife) {
  open(kPcma);
  plan.inactivity = seconds(10);
  engine->change(call.id, plan);
  const std::vector<uint8_t> voice(160, 0x55);
  for (int i = 0; i < 20; ++i) {
    std::array<uint8_t, 100> buffer;
    rtp::RtcpWriter writer(buffer);
    writer.receiver_report(phone.stream.ssrc, {});
    phone.send_rtcp(gateway_rtcp, writer.written());
    browser.send(kPcma.payload_type, voice);
    world.run_for(seconds(5));
  }
  EXPECT_TRUE(all<Silent>(call.id).empty());
  EXPECT_FALSE(phone.heard_rtcp.empty());
}

TEST_F(SipCallTest, OnHoldNobodyOwesAnything) {
  open(kPcma);
  plan.inactivity = seconds(10);
  for (const Side side : kSides) {
    MediaPlan held = plan;
    held.from(side).flow = AudioPlan::Flow::kSilence;
    engine->change(call.id, held);
    world.run_for(seconds(60));
    EXPECT_TRUE(all<Silent>(call.id).empty());
  }
  engine->change(call.id, plan);
  world.run_for(seconds(9));
  EXPECT_TRUE(all<Silent>(call.id).empty());
  world.run_for(seconds(3));
  EXPECT_EQ(all<Silent>(call.id).size(), 2U);
}

TEST_F(SipCallTest, PortsRunOutAndComeBack) {
  std::vector<MediaId> calls;
  for (int i = 0; i < 10; ++i) {
    calls.push_back(engine->reserve({EndpointKind::kEcho, EndpointKind::kRtp}).value().id);
  }
  const auto none = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kRtp});
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(engine->open_count(), 10U);
  EXPECT_EQ(engine->leased_port_pairs(), 10U);
  // A call of two phones takes both or nothing.
  engine->close(calls.back());
  world.run_for(milliseconds(10));
  EXPECT_EQ(engine->leased_port_pairs(), 9U);
  EXPECT_FALSE(engine->reserve({EndpointKind::kRtp, EndpointKind::kRtp}).ok());
  EXPECT_EQ(engine->leased_port_pairs(), 9U);
  for (const MediaId id : calls) engine->close(id);
  expect_empty();
  for (const MediaId id : calls) {
    ASSERT_EQ(all<Stats>(id).size(), 1U);
    EXPECT_TRUE(all<Stats>(id)[0].final);
  }
  EXPECT_TRUE(engine->reserve({EndpointKind::kRtp, EndpointKind::kRtp}).ok());
}

TEST_F(SipCallTest, UnknownIdsAreIgnored) {
  engine->open(MediaId(99), plan);
  engine->change(MediaId(99), plan);
  engine->send_digits(MediaId(99), Side::kA, "1", milliseconds(100));
  engine->close(MediaId(99));
  expect_empty();
  EXPECT_TRUE(events.empty());
}

}  // namespace
}  // namespace patchcord::media

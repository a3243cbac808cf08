// SPDX-License-Identifier: GPL-3.0-or-later
// A call that has begun allocates nothing for a packet: operator new is counted while datagrams are
// handled, from the receive slab to the outbox.
#include "codec/registry.h"
#include "engine_fixture.h"
#include "support/allocations.h"

namespace patchcord::media {
namespace {

class SteadyStateTest : public EngineFixture {
 protected:
  void open(EndpointPlan far, EndpointKind kind, const AudioFormat& here,
            const AudioFormat& there) {
    call = engine->reserve({EndpointKind::kWebrtc, kind}).value();
    MediaPlan plan;
    plan.endpoints = {plan_of(browser), std::move(far)};
    plan.audio = {one_way({here}, {there}), one_way({there}, {here})};
    engine->open(call.id, plan);
    connect(browser, call.local[0]);
    ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
  }
  static std::vector<uint8_t> opus_packet() {  // 20 ms of a tone
    std::vector<int16_t> pcm(960);
    for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = static_cast<int16_t>((i * 400) % 8000);
    const auto encoder = codec::make_encoder(codec::AudioCodec::kOpus, {.sample_rate = 48000});
    std::vector<uint8_t> packet(400);
    packet.resize(encoder->encode(pcm, packet));
    return packet;
  }
  void talk(int packets, const AudioFormat& here, const AudioFormat& there) {
    const std::vector<uint8_t> alaw(160, 0x55);
    const std::vector<uint8_t> opus = opus_packet();
    browser.stream.step = here.clock_rate / 50;
    for (int i = 0; i < packets; ++i) {
      browser.send(here.payload_type, here.codec == codec::AudioCodec::kOpus ? opus : alaw);
      if (const auto* local = std::get_if<RtpLocal>(&call.local[1])) {
        phone.send({gateway_ip, local->rtp_port}, there.payload_type, alaw);
      }
      world.run_for(milliseconds(20));
    }
  }
  // Allocations while the media of `packets` packets each way is handled.
  size_t count(int packets, const AudioFormat& here, const AudioFormat& there) {
    talk(200, here, there);
    watch_handlers();
    talk(packets, here, there);
    EXPECT_GE(handled, static_cast<size_t>(packets));
    return in_handlers;
  }
  void watch_handlers() {
    handled = 0;
    in_handlers = 0;
    media.before = [this] { before = test::allocations(); };
    media.after_it = [this] {
      ++handled;
      in_handlers += test::allocations() - before;
    };
  }

  Reservation call;
  size_t handled = 0;
  size_t in_handlers = 0;
  size_t before = 0;
};

TEST_F(SteadyStateTest, TheCounterCounts) {
  before = test::allocations();
  const auto something = std::make_unique<int>(1);
  EXPECT_EQ(test::allocations() - before, 1U);
}

TEST_F(SteadyStateTest, AnEchoAllocatesNothing) {
  open(EchoPlan{}, EndpointKind::kEcho, kOpus, kOpus);
  EXPECT_EQ(count(500, kOpus, kOpus), 0U);
}

TEST_F(SteadyStateTest, ARelayAllocatesNothing) {
  open(plan_of(phone), EndpointKind::kRtp, kPcma, kPcma);
  EXPECT_EQ(count(500, kPcma, kPcma), 0U);
  EXPECT_GE(phone.heard.size(), 700U);
}

TEST_F(SteadyStateTest, ARelayOfABrowserOverTcpAllocatesNothing) {
  browser.use(outside.connect({IpAddress::v4(203, 0, 113, 5), 0}, {gateway_ip, 10000}).value());
  open(plan_of(phone), EndpointKind::kRtp, kPcma, kPcma);
  EXPECT_EQ(count(500, kPcma, kPcma), 0U);
  EXPECT_GE(phone.heard.size(), 700U);
  EXPECT_GE(browser.heard.size(), 700U);
}

TEST_F(SteadyStateTest, ATranscodedCallAllocatesNothing) {
  open(plan_of(phone), EndpointKind::kRtp, kOpus, kPcma);
  EXPECT_EQ(count(500, kOpus, kPcma), 0U);
  EXPECT_GE(phone.heard.size(), 700U);
  EXPECT_GE(browser.heard.size(), 700U);
}

TEST_F(SteadyStateTest, AnAttackAllocatesNothing) {
  open(plan_of(phone), EndpointKind::kRtp, kPcma, kPcma);
  talk(50, kPcma, kPcma);
  const SocketAddress rtp = rtp_of(call.local[1]);
  const SocketAddress shared = std::get<WebrtcLocal>(call.local[0]).candidates[0];
  watch_handlers();
  std::vector<uint8_t> noise(100);
  for (int i = 0; i < 2000; ++i) {
    random.fill(noise);
    stranger.send_raw(rtp, noise);
    stranger.send_raw(shared, noise);
    noise[0] = 0x80;
    stranger.send_raw(rtp, noise);
    browser.send_raw(noise);
    world.run_for(std::chrono::microseconds(100));
  }
  EXPECT_GE(handled, 2000U);
  EXPECT_EQ(in_handlers, 0U);
}

}  // namespace
}  // namespace patchcord::media

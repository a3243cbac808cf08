// SPDX-License-Identifier: GPL-3.0-or-later
// Sound that overtakes its answer: a phone's first packets come before the gateway knows whose they
// are. They are held for a moment and go on once the answer says that they are the phone's.
#include "engine_fixture.h"
#include "support/allocations.h"

namespace patchcord::media {
namespace {

class FirstPacketsTest : public EngineFixture {
 protected:
  // A call that rings: what the phone will be is not known yet.
  void ring() {
    call = engine->reserve({EndpointKind::kWebrtc, EndpointKind::kRtp}).value();
    gateway_rtp = rtp_of(call.local[1]);
    plan = both_ways(plan_of(browser), RtpPlan{}, kPcma);
    for (AudioPlan& audio : plan.audio) audio.flow = AudioPlan::Flow::kSilence;
    std::get<RtpPlan>(plan.endpoints[1]).awaits_answer = true;
    engine->open(call.id, plan);
    connect(browser, call.local[0]);
    ASSERT_TRUE(world.run_until([&] { return browser.is_connected(); }, seconds(2)));
  }
  void answer(const test::PhonePeer& by, uint32_t generation = 1) {
    RtpPlan rtp = plan_of(by);
    rtp.generation = generation;
    plan.endpoints[1] = rtp;
    for (AudioPlan& audio : plan.audio) audio.flow = AudioPlan::Flow::kOpen;
    engine->change(call.id, plan);
    world.run_for(milliseconds(5));
  }
  void speak(test::PhonePeer& who, int packets) {
    for (int i = 0; i < packets; ++i) {
      who.send(gateway_rtp, kPcma.payload_type, std::vector<uint8_t>(160, 0x55));
      world.run_for(milliseconds(20));
    }
  }
  // What the browser heard of the phones; the silence of our own making is shorter.
  size_t voices() const {
    return static_cast<size_t>(std::count_if(
        browser.heard.begin(), browser.heard.end(),
        [](const auto& packet) { return packet.payload == std::vector<uint8_t>(160, 0x55); }));
  }
  // No number is missing and none comes twice.
  void expect_continuous() const {
    for (size_t i = 1; i < browser.heard.size(); ++i) {
      EXPECT_EQ(browser.heard[i].header.sequence,
                static_cast<uint16_t>(browser.heard[i - 1].header.sequence + 1))
          << i;
    }
  }

  Reservation call;
  MediaPlan plan;
  SocketAddress gateway_rtp;
};

TEST_F(FirstPacketsTest, GoOnInTheirOrderOnceTheAnswerIsHere) {
  ring();
  speak(phone, 5);
  EXPECT_EQ(voices(), 0U);
  answer(phone);
  EXPECT_EQ(voices(), 5U);
  expect_continuous();
  speak(phone, 5);
  EXPECT_EQ(voices(), 10U);
  expect_continuous();
  engine->close(call.id);
  expect_empty();
  const Stats stats = all<Stats>(call.id).back();
  EXPECT_EQ(stats.endpoints[1].packets_lost, 0U);
  EXPECT_FALSE(stats.endpoints[1].unexpected.is_set());
}

TEST_F(FirstPacketsTest, OfStrangersNeverPass) {
  ring();
  speak(stranger, 6);
  speak(phone, 2);
  answer(phone);
  EXPECT_EQ(voices(), 2U);
  speak(stranger, 6);
  EXPECT_EQ(voices(), 2U);
  engine->close(call.id);
  expect_empty();
  const Stats stats = all<Stats>(call.id).back();
  EXPECT_EQ(stats.endpoints[1].unexpected, stranger.local());
  EXPECT_EQ(stats.endpoints[1].dropped, 12U);
}

TEST_F(FirstPacketsTest, OnlyTheNewestFewAreKept) {
  ring();
  speak(phone, 30);
  answer(phone);
  EXPECT_EQ(voices(), 8U);
}

TEST_F(FirstPacketsTest, OldSoundIsNotPlayed) {
  ring();
  speak(phone, 3);
  world.run_for(milliseconds(400));
  answer(phone);
  EXPECT_EQ(voices(), 0U);
}

TEST_F(FirstPacketsTest, OfThePhoneThatTakesAForkedCallToo) {
  ring();
  phone.stream.ssrc = Ssrc(4711);
  plan.endpoints[1] = plan_of(stranger);  // here: another phone, heard before the answer
  std::get<RtpPlan>(plan.endpoints[1]).awaits_answer = true;
  for (AudioPlan& audio : plan.audio) audio.flow = AudioPlan::Flow::kOpen;
  engine->change(call.id, plan);
  speak(stranger, 10);
  EXPECT_EQ(voices(), 10U);
  speak(phone, 3);
  EXPECT_EQ(voices(), 10U);
  answer(phone, 2);
  EXPECT_EQ(voices(), 13U);
  speak(stranger, 10);
  EXPECT_EQ(voices(), 13U);
  speak(phone, 3);
  EXPECT_EQ(voices(), 16U);
}

TEST_F(FirstPacketsTest, AFloodWhileRingingAllocatesNothing) {
  ring();
  size_t in_handlers = 0, handled = 0, at_start = 0;
  media.before = [&] { at_start = test::allocations(); };
  media.after_it = [&] {
    in_handlers += test::allocations() - at_start;
    ++handled;
  };
  for (int i = 0; i < 500; ++i) {
    stranger.send(gateway_rtp, kPcma.payload_type, std::vector<uint8_t>(160, 0x11));
    world.run_for(milliseconds(1));
  }
  media.before = nullptr;
  media.after_it = nullptr;
  EXPECT_GE(handled, 500U);
  EXPECT_EQ(in_handlers, 0U);
}

}  // namespace
}  // namespace patchcord::media

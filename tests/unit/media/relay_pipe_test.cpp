// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/relay_pipe.h"

#include "pipe_fixture.h"
#include "rtp/telephone_event.h"

namespace patchcord::media::test {
namespace {

constexpr PipeSettings kToBrowser{.lead = PipeSettings::Lead::kSilence};

class RelayPipeTest : public PipeFixture {};

TEST_F(RelayPipeTest, RewritesTheHeaderAndLeavesThePayload) {
  AudioFormat to = kPcma;
  to.payload_type = PayloadType(96);
  make(open_plan({kPcma}, {to}));
  Talker talker(kPcma, 20);
  Kept first(talker.next());
  const Payload payload(first.packet().payload().begin(), first.packet().payload().end());
  push(first, 0);
  ASSERT_EQ(sent().size(), 1U);
  EXPECT_EQ(sent()[0].payload, payload);
  EXPECT_EQ(sent()[0].header.payload_type, PayloadType(96));
  EXPECT_EQ(sent()[0].header.ssrc, Ssrc(0xABCD));
  EXPECT_TRUE(sent()[0].header.marker);
  for (int i = 1; i < 50; ++i) push(talker.next(), 20 * i);
  expect_no_hole(160);
  EXPECT_FALSE(sent()[1].header.marker);
  EXPECT_EQ(pipe_->describe(), "pcma/8000 > relay > pcma/8000");
}

TEST_F(RelayPipeTest, TakesExtensionAndCsrcAway) {
  make(open_plan({kPcma}, {kPcma}));
  std::vector<uint8_t> bytes{
      0x91, 8, 0, 1, 0,    0,    0, 0, 0,    0, 0, 7,  // one CSRC, an extension
      1,    1, 1, 1, 0xBE, 0xDE, 0, 1, 0x10, 5, 0, 0, 0xD5, 0xD5};
  const size_t size = bytes.size();
  bytes.resize(size + kTailroom);
  auto packet = rtp::Packet::parse(std::span(bytes).first(size));
  ASSERT_TRUE(packet);
  push(*packet, 0);
  EXPECT_EQ(sent().at(0).payload, (Payload{0xD5, 0xD5}));
}

TEST_F(RelayPipeTest, LossAndReorderingGoThrough) {
  make(open_plan({kPcma}, {kPcma}));
  Talker talker(kPcma, 20);
  Kept a(talker.next()), b(talker.next()), c(talker.next()), d(talker.next());
  push(a, 0);
  push(c, 20);
  push(b, 25);
  push(b, 26);
  const auto first = sent()[0].header.sequence;
  ASSERT_EQ(sent().size(), 3U) << "the repeat is not sent: its key stream was used";
  EXPECT_EQ(count(PipeCount::kDuplicate), 1U);
  EXPECT_EQ(static_cast<uint16_t>(sent()[1].header.sequence - first), 2);
  EXPECT_EQ(static_cast<uint16_t>(sent()[2].header.sequence - first), 1);
  EXPECT_EQ(sent()[2].header.timestamp - sent()[0].header.timestamp, 160U);
}

TEST_F(RelayPipeTest, NoNumberIsEverUsedTwice) {
  make(open_plan({kPcma}, {kPcma}));
  Talker talker(kPcma, 20);
  std::vector<Kept> kept;
  for (int i = 0; i < 300; ++i) kept.emplace_back(talker.next());
  SeededRandom random(5);
  for (int i = 0; i < 3000; ++i) {
    const int near = std::min(299, i / 10 + static_cast<int>(random.below(40)));
    if (random.below(30) == 0) stream_->insert(at(2 * i));
    push(kept[static_cast<size_t>(near)], 2 * i);
  }
  std::vector<bool> used(65536);
  for (const Sent& packet : sent()) {
    EXPECT_FALSE(used[packet.header.sequence]);
    used[packet.header.sequence] = true;
  }
}

TEST_F(RelayPipeTest, WhatIsNotInThePlanIsLeftOutWithoutAGap) {
  make(open_plan({kPcma}, {kPcma}));
  Talker talker(kPcma, 20);
  push(talker.next(), 0);
  for (int i = 0; i < 5; ++i) {
    const Payload event{5, 0, 0, 160};
    auto packet = talker.packet(event);
    packet.set_payload_type(PayloadType(101));
    push(packet, 20 + 20 * i);
  }
  push(talker.next(), 120);
  ASSERT_EQ(sent().size(), 2U);
  expect_one_stream();
  EXPECT_EQ(sent()[1].header.timestamp - sent()[0].header.timestamp, 960U);
  EXPECT_TRUE(sent()[1].header.marker);
  EXPECT_EQ(count(PipeCount::kUnknown), 5U);
}

TEST_F(RelayPipeTest, SilenceFirstThenTheFirstPacketAtOnce) {
  make(open_plan({kOpus}, {kOpus}), kToBrowser);
  EXPECT_EQ(pipe_->next_deadline(), kNever);
  pipe_->start(at(0));
  run_until(1003);
  EXPECT_EQ(sent().size(), 51U);
  expect_no_hole(960);
  EXPECT_EQ(sent()[0].payload, (Payload{0xF8, 0xFF, 0xFE}));
  EXPECT_TRUE(sent()[0].header.marker);
  EXPECT_FALSE(sent()[1].header.marker);

  Talker talker(kOpus, 20);
  push(talker.next(), 1005);
  ASSERT_EQ(sent().size(), 52U);
  EXPECT_EQ(sent()[51].time, at(1005));
  EXPECT_TRUE(sent()[51].header.marker);
  // 20 ms after the last silent packet began, which is 5 ms after it was sent, and 5 ms more.
  EXPECT_EQ(sent()[51].header.timestamp - sent()[50].header.timestamp, 960U + 240U);
  run_until(5000);
  EXPECT_EQ(sent().size(), 52U);
  expect_one_stream();
}

TEST_F(RelayPipeTest, NoSilenceTowardsAPhoneNorAfterSound) {
  make(open_plan({kPcma}, {kPcma}));
  pipe_->start(at(0));
  run_until(1000);
  EXPECT_TRUE(sent().empty());

  make(open_plan({kPcma}, {kPcma}), kToBrowser);
  Talker talker(kPcma, 20);
  push(talker.next(), 0);
  pipe_->start(at(10));
  run_until(1000);
  EXPECT_EQ(sent().size(), 1U);
}

TEST_F(RelayPipeTest, SilenceAfterAStallIsNotABurst) {
  make(open_plan({kPcma}, {kPcma}), kToBrowser);
  pipe_->start(at(0));
  pipe_->on_time(at(0), sink_);
  pipe_->on_time(at(3000), sink_);
  EXPECT_LE(sent().size(), 2U);
  expect_one_stream();
  EXPECT_EQ(sent().back().header.timestamp - sent().front().header.timestamp, 24000U);
}

TEST_F(RelayPipeTest, ADigitHasTheStreamToItself) {
  make(open_plan({kPcma}, {kPcma}));
  Talker talker(kPcma, 20);
  push(talker.next(), 0);
  push(talker.next(), 20);
  pipe_->set_output(Pipe::Output::kHeldBack);
  std::vector<uint16_t> events;
  for (int ms = 40; ms <= 160; ms += 20) {
    push(talker.next(), ms);
    events.push_back(stream_->insert(at(ms)));
  }
  pipe_->set_output(Pipe::Output::kOpen);
  push(talker.next(), 180);
  ASSERT_EQ(sent().size(), 3U);
  EXPECT_EQ(events.front(), static_cast<uint16_t>(sent()[1].header.sequence + 1));
  EXPECT_EQ(sent()[2].header.sequence, static_cast<uint16_t>(events.back() + 1));
  EXPECT_EQ(sent()[2].header.timestamp - sent()[1].header.timestamp, 8U * 160) << "time went on";
  EXPECT_TRUE(sent()[2].header.marker);
  EXPECT_EQ(count(PipeCount::kHeldBack), 7U);
}

TEST_F(RelayPipeTest, HoldAndBackIsOneStream) {
  make(open_plan({kPcma}, {kPcma}), kToBrowser);
  pipe_->start(at(0));
  Talker talker(kPcma, 20);
  for (int i = 0; i < 10; ++i) push(talker.next(), 20 * i);
  AudioPlan held = open_plan({kPcma}, {kPcma});
  held.flow = AudioPlan::Flow::kSilence;
  pipe_ = make_pipe(held, kToBrowser, *stream_);
  EXPECT_EQ(pipe_->describe(), "silence > pcma/8000");
  pipe_->start(at(200));
  // 15 minutes; the source goes on sending, and its numbers wrap.
  for (int ms = 200; ms < 900'000; ms += 20) {
    push(talker.next(), ms);
    run_until(ms + 19);
  }
  pipe_ = make_pipe(open_plan({kPcma}, {kPcma}), kToBrowser, *stream_);
  pipe_->start(at(900'000));
  const size_t before = sent().size();
  push(talker.next(), 900'010);
  push(talker.next(), 900'030);
  EXPECT_EQ(sent().size(), before + 2);
  expect_one_stream();
  // 900 s in all, to within two frames.
  EXPECT_NEAR(sent().back().header.timestamp - sent().front().header.timestamp, 7'200'240, 320);
}

TEST_F(RelayPipeTest, AnotherSourceGoesOnInTheSameStream) {
  make(open_plan({kPcma}, {kPcma}));
  Talker first(kPcma, 20), second(kPcma, 20);
  second.ssrc = Ssrc(99);
  second.sequence = 12;
  second.timestamp = 5;
  for (int i = 0; i < 5; ++i) push(first.next(), 20 * i);
  for (int i = 5; i < 10; ++i) push(second.next(), 20 * i);
  EXPECT_EQ(sent().size(), 10U);
  expect_no_hole(160);
  EXPECT_TRUE(sent()[5].header.marker);
}

TEST(MakePipe, ChoosesByThePlan) {
  rtp::Rewriter stream({Ssrc(1), 0, 0, 8000});
  const auto describe = [&](const AudioPlan& plan) {
    const auto pipe = make_pipe(plan, {}, stream);
    return pipe ? pipe->describe() : "none";
  };
  EXPECT_EQ(describe(open_plan({kPcma}, {kPcma})), "pcma/8000 > relay > pcma/8000");
  EXPECT_EQ(describe(open_plan({kPcma, kNoise}, {kOpus, kPcma})), "pcma/8000 > relay > pcma/8000");
  EXPECT_EQ(describe(open_plan({kOpus}, {kPcma})), "opus/48000 > reorder > pcm 8000 > pcma/8000");
  EXPECT_EQ(describe(open_plan({kPcmu}, {kOpus})), "pcmu/8000 > reorder > pcm 8000 > opus/48000");
  EXPECT_EQ(describe(open_plan({kG722}, {kPcma})),
            "g722/8000 > reorder > pcm 16000 > resample > pcm 8000 > pcma/8000");
  EXPECT_EQ(describe(open_plan({kOpus}, {kG722})), "opus/48000 > reorder > pcm 16000 > g722/8000");
  EXPECT_EQ(describe(open_plan({kOpus, kPcma}, {kPcma})), "pcma/8000 > relay > pcma/8000");
  EXPECT_EQ(describe(open_plan({kPcma}, {})), "none");
  EXPECT_EQ(describe(open_plan({kNoise}, {kPcma})), "none");
  EXPECT_EQ(describe(open_plan({kPcma}, {kNoise})), "none");
}

}  // namespace
}  // namespace patchcord::media::test

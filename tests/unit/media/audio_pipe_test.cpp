// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/audio_pipe.h"

#include <cstdlib>
#include <string>

#include "pipe_fixture.h"

namespace patchcord::media::test {
namespace {

constexpr PipeSettings kToBrowser{.lead = PipeSettings::Lead::kSilence};

class AudioPipeTest : public PipeFixture {
 protected:
  // 1000 Hz from `first` to `last` (ms) of what is heard.
  Measured tone(double first, double last, double hertz = 1000) const {
    const uint32_t rate = codec::spec(to_.codec).sample_rate;
    const auto sound = heard();
    const auto sample = [&](double ms) { return static_cast<size_t>(ms * rate / 1000); };
    EXPECT_GE(sound.size(), sample(last));
    if (sound.size() < sample(last)) return {-200, -200};
    return measure(std::span(sound).subspan(sample(first), sample(last - first)), hertz, rate);
  }
  double loudness(double first, double last) const {
    const uint32_t rate = codec::spec(to_.codec).sample_rate;
    const auto sound = heard();
    const auto sample = [&](double ms) { return static_cast<size_t>(ms * rate / 1000); };
    if (sound.size() < sample(last)) return -1;
    return rms(std::span(sound).subspan(sample(first), sample(last - first)));
  }
};

// ---- every pair of codecs, every packet length

struct Pair {
  AudioFormat from, to;
  double packet_ms;
  int ptime;
};

class EveryPair : public AudioPipeTest, public testing::WithParamInterface<Pair> {};

TEST_P(EveryPair, CarriesATone) {
  const Pair& pair = GetParam();
  make(open_plan({pair.from}, {pair.to}, pair.ptime));
  Talker talker(pair.from, pair.packet_ms);
  double ms = 0;
  for (; ms < 2000; ms += pair.packet_ms) push(talker.next(), ms);
  const bool opus = pair.to.codec == AudioCodec::kOpus;
  const int ptime = opus && pair.ptime == 30 ? 20 : pair.ptime;  // Opus has no frame of 30 ms
  expect_no_hole(static_cast<uint32_t>(ptime) * pair.to.clock_rate / 1000);
  EXPECT_EQ(sent().size(), static_cast<size_t>(ms / ptime));
  const Measured measured = tone(500, 1900);
  EXPECT_NEAR(measured.level_db, 20 * std::log10(10000.0 / 32768), 2);
  EXPECT_GT(measured.snr_db, 10);
  // A packet that completes a frame sends it at once: nothing is ever held for a next one.
  EXPECT_EQ(pipe_->counters()[PipeCount::kIn], static_cast<uint64_t>(ms / pair.packet_ms));
}

std::vector<Pair> every_pair() {
  std::vector<Pair> pairs;
  const AudioFormat formats[] = {kOpus, kPcma, kPcmu, kG722};
  for (const AudioFormat& from : formats) {
    for (const AudioFormat& to : formats) {
      if (from.codec == to.codec) continue;
      for (const int ptime : {10, 20, 30, 40, 60}) pairs.push_back({from, to, 20, ptime});
      for (const double packet : {10.0, 40.0, 60.0}) pairs.push_back({from, to, packet, 20});
    }
  }
  for (const double packet : {2.5, 5.0, 80.0, 100.0, 120.0}) {
    pairs.push_back({kOpus, kPcma, packet, 20});
    pairs.push_back({kOpus, kG722, packet, 20});
  }
  for (const double packet : {30.0, 50.0}) pairs.push_back({kPcma, kOpus, packet, 20});
  return pairs;
}

INSTANTIATE_TEST_SUITE_P(All, EveryPair, testing::ValuesIn(every_pair()), [](const auto& test) {
  return std::string(codec::spec(test.param.from.codec).name) +
         std::to_string(static_cast<int>(test.param.packet_ms * 10)) + "to" +
         std::string(codec::spec(test.param.to.codec).name) + std::to_string(test.param.ptime);
});

// ---- timing

TEST_F(AudioPipeTest, PacketsInOrderPassAtOnce) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  for (int i = 0; i < 50; ++i) {
    push(talker.next(), 20 * i + i % 7);  // jitter
    ASSERT_EQ(sent().size(), static_cast<size_t>(i + 1));
    EXPECT_EQ(sent().back().time, at(20 * i + i % 7));
  }
  expect_no_hole(160);
}

TEST_F(AudioPipeTest, ABurstAfterAStallIsNotStretched) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  for (int i = 0; i < 50; ++i) push(talker.next(), 20 * i);
  for (int i = 50; i < 59; ++i) push(talker.next(), 1179);  // 199 ms of nothing, then all
  for (int i = 59; i < 100; ++i) push(talker.next(), 20 * i);
  EXPECT_EQ(sent().size(), 100U);
  expect_no_hole(160);
}

TEST_F(AudioPipeTest, OnlyTheFirstPacketIsMarkedWhileSoundGoesOn) {
  make(open_plan({kPcmu}, {kOpus}));
  Talker talker(kPcmu, 20);
  for (int i = 0; i < 10; ++i) push(talker.next(), 20 * i);
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(sent()[i].header.marker, i == 0);
}

// ---- loss and order

struct Loss {
  AudioFormat from, to;
  std::vector<int> lost;
};

class LossPattern : public AudioPipeTest, public testing::WithParamInterface<Loss> {};

TEST_P(LossPattern, IsConcealedWithoutAHole) {
  const Loss& loss = GetParam();
  make(open_plan({loss.from}, {loss.to}));
  Talker talker(loss.from, 20);
  for (int i = 0; i < 60; ++i) {
    run_until(20 * i - 1);
    auto packet = talker.next();
    if (std::ranges::find(loss.lost, i) == loss.lost.end()) push(packet, 20 * i);
  }
  run_until(1200);
  expect_no_hole(to_.clock_rate / 50);
  EXPECT_EQ(sent().size(), 60U);
  EXPECT_EQ(count(PipeCount::kLost), loss.lost.size());
  EXPECT_GT(loudness(100, 1100), 3500) << "of 7071";
}

INSTANTIATE_TEST_SUITE_P(All, LossPattern,
                         testing::Values(Loss{kOpus, kPcma, {20}}, Loss{kOpus, kPcma, {20, 21, 22}},
                                         Loss{kOpus, kPcma, {10, 12, 14, 16, 30, 31, 33}},
                                         Loss{kOpus, kG722, {20, 40}}, Loss{kPcma, kOpus, {20}},
                                         Loss{kPcma, kOpus, {20, 21, 25}},
                                         Loss{kPcmu, kG722, {20, 21}},
                                         Loss{kG722, kPcmu, {20, 30, 31}}));

TEST_F(AudioPipeTest, FecOfTheNextPacketFillsTheGap) {
  make(open_plan({kOpus}, {kPcma}));
  // Syllables, which the encoder takes for speech and protects.
  const auto encoder = codec::make_encoder(AudioCodec::kOpus, {.sample_rate = 16000});
  encoder->set_packet_loss(20);
  Talker packets(kOpus, 20);
  double phase = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<int16_t> pcm(320);
    for (int16_t& sample : pcm) {
      phase += 1.0 / 16000;
      const double swell = std::pow(std::sin(4 * std::numbers::pi * phase), 2);
      double sum = 0;
      for (int k = 1; k < 12; ++k) sum += std::sin(2 * std::numbers::pi * 130 * k * phase) / k;
      sample = static_cast<int16_t>(std::lrint(8000 * swell * sum));
    }
    Payload payload(400);
    payload.resize(encoder->encode(pcm, payload));
    const auto packet = packets.packet(payload);
    run_until(20 * i - 1);
    if (i % 10 != 5) push(packet, 20 * i);
  }
  EXPECT_EQ(count(PipeCount::kLost), 20U);
  EXPECT_GT(count(PipeCount::kRecovered), 8U);
  expect_no_hole(160);
}

TEST_F(AudioPipeTest, AReorderedPacketIsPutRight) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  for (int i = 0; i < 60; i += 3) {
    Kept a(talker.next()), b(talker.next()), c(talker.next());
    push(a, 20 * i);
    push(c, 20 * i + 40);
    push(b, 20 * i + 45);
    push(b, 20 * i + 46);
  }
  EXPECT_EQ(sent().size(), 60U);
  expect_no_hole(160);
  EXPECT_EQ(count(PipeCount::kReordered), 20U);
  EXPECT_EQ(count(PipeCount::kDuplicate), 20U);
  EXPECT_EQ(count(PipeCount::kLost), 0U);
  EXPECT_GT(tone(300, 1100).snr_db, 10);
}

TEST_F(AudioPipeTest, GarbageIsConcealed) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  for (int i = 0; i < 50; ++i) {
    const Payload garbage{0xFB, 0};
    auto packet = talker.next();
    if (i % 10 == 5) {
      talker.timestamp -= talker.step();
      --talker.sequence;
      packet = talker.packet(garbage);
    }
    push(packet, 20 * i);
  }
  EXPECT_EQ(count(PipeCount::kGarbage), 5U);
  expect_no_hole(160);
  EXPECT_EQ(sent().size(), 50U);
}

TEST_F(AudioPipeTest, ALongOutageIsNotInvented) {
  make(open_plan({kPcma}, {kOpus}));
  Talker talker(kPcma, 20);
  for (int i = 0; i < 10; ++i) push(talker.next(), 20 * i);
  talker.lose(100);
  for (int i = 110; i < 120; ++i) {
    push(talker.next(), 20 * i);
    run_until(20 * i + 19);
  }
  expect_one_stream();
  EXPECT_EQ(sent().size(), 26U) << "10, 6 invented, 10";
  EXPECT_EQ(sent().back().header.timestamp - sent().front().header.timestamp, 119U * 960);
  EXPECT_TRUE(sent()[16].header.marker);
}

// ---- pauses

TEST_F(AudioPipeTest, AMutedBrowserIsFilledForAPhone) {
  make(open_plan({kOpus}, {kPcma}), {.fill_limit = std::chrono::seconds(10)});
  Talker talker(kOpus, 20);
  for (int i = 0; i < 50; ++i) push(talker.next(), 20 * i);
  run_until(60'000);
  expect_one_stream();
  EXPECT_NEAR(static_cast<double>(count(PipeCount::kSilence)), (10'000 - 200) / 20, 2);
  const double total = sent().back().header.timestamp - sent().front().header.timestamp;
  EXPECT_NEAR(total / 8, 980 + 10'000, 40);
  EXPECT_LT(loudness(1500, 5000), 50);
  EXPECT_EQ(pipe_->next_deadline(), kNever);
}

TEST_F(AudioPipeTest, AShortStallIsNotFilled) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  for (int i = 0; i < 10; ++i) push(talker.next(), 20 * i);
  run_until(379);
  EXPECT_EQ(sent().size(), 10U);
}

TEST_F(AudioPipeTest, DtxOfTheBrowserIsASteadyStreamToThePhone) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  int ms = 0;
  for (; ms < 400; ms += 20) push(talker.next(), ms);
  for (int i = 0; i < 5; ++i) {  // RFC 7587 3.1.3: one small packet every 400 ms
    const Payload dtx{0x08};
    push(talker.packet(dtx), ms);
    run_until(ms + 399);
    talker.pause(19 * 960);
    ms += 400;
  }
  for (int i = 0; i < 20; ++i, ms += 20) {
    run_until(ms + 3);
    push(talker.next(), ms + 4);
  }
  expect_no_hole(160);
  EXPECT_EQ(sent().size(), 140U);
  // In the pauses a packet leaves every 20 ms, 10 ms after sound would have come.
  for (size_t i = 25; i < 115; ++i) {
    EXPECT_LE(sent()[i].time - sent()[i - 1].time, std::chrono::milliseconds(30)) << i;
  }
}

TEST_F(AudioPipeTest, FillingTakesBackTheDelayItMade) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  int ms = 0;
  uint32_t ideal = 0;
  for (int spurt = 0; spurt < 200; ++spurt) {
    for (int i = 0; i < 5; ++i, ms += 20) {
      const int jitter = spurt % 3 * 15;
      run_until(ms + jitter - 1);
      push(talker.next(), ms + jitter);
    }
    push(talker.packet(Payload{0x08}), ms);
    talker.pause(960 * 10);
    ms += 20 * 11;
    run_until(ms - 1);
  }
  ideal = static_cast<uint32_t>(ms) * 8;
  expect_one_stream();
  const uint32_t real = sent().back().header.timestamp - sent().front().header.timestamp;
  EXPECT_NEAR(real, ideal, 60 * 8) << "after 200 talkspurts still within 60 ms";
}

TEST_F(AudioPipeTest, AStallThatWasFilledIsCutNotAdded) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  for (int i = 0; i < 50; ++i) push(talker.next(), 20 * i);
  run_until(1599);
  for (int i = 50; i < 80; ++i) push(talker.next(), 1600);  // the network gives all at once
  for (int i = 80; i < 200; ++i) push(talker.next(), 20 * i);
  expect_one_stream();
  EXPECT_NEAR(sent().back().header.timestamp - sent().front().header.timestamp, 199 * 160, 160);
  EXPECT_GT(count(PipeCount::kLate), 15U);
  EXPECT_GT(tone(2000, 3900).snr_db, 10);
}

TEST_F(AudioPipeTest, ComfortNoiseOfAPhoneBecomesNoise) {
  make(open_plan({kPcma, kNoise}, {kOpus}));
  Talker talker(kPcma, 20);
  for (int i = 0; i < 20; ++i) push(talker.next(), 20 * i);
  auto noise = talker.packet(Payload{50});
  noise.set_payload_type(kNoise.payload_type);
  push(noise, 400);
  run_until(2399);
  expect_no_hole(960);
  EXPECT_NEAR(static_cast<double>(sent().size()), 120, 1);
  EXPECT_NEAR(20 * std::log10(loudness(1000, 2000) / 32768), -50, 4);
  talker.pause(160 * 99);
  for (int i = 120; i < 140; ++i) {
    push(talker.next(), 20 * i);
    run_until(20 * i + 19);
  }
  EXPECT_GT(tone(2600, 2780).snr_db, 8);
  EXPECT_NEAR(static_cast<double>(sent().size()), 140, 2);
}

TEST_F(AudioPipeTest, APausingPhoneIsAPauseForTheBrowser) {
  make(open_plan({kPcma}, {kOpus}), kToBrowser);
  Talker talker(kPcma, 20);
  for (int i = 0; i < 10; ++i) push(talker.next(), 20 * i);
  run_until(5000);
  EXPECT_EQ(sent().size(), 10U);
  talker.pause(160 * 240);
  push(talker.next(), 5000);
  ASSERT_EQ(sent().size(), 11U);
  EXPECT_TRUE(sent()[10].header.marker);
  EXPECT_EQ(sent()[10].header.timestamp - sent()[9].header.timestamp, 241U * 960);
}

TEST_F(AudioPipeTest, ABegunFrameIsNotLeftWaiting) {
  make(open_plan({kPcma}, {kOpus}));
  Talker talker(kPcma, 30);
  push(talker.next(), 0);
  EXPECT_EQ(sent().size(), 1U);
  run_until(100);
  EXPECT_EQ(sent().size(), 2U);
  push(talker.next(), 30);
  EXPECT_EQ(sent().size(), 3U);
  expect_no_hole(960);
}

// ---- beginnings and changes

TEST_F(AudioPipeTest, SilenceToTheBrowserUntilTheFirstSoundWhichLeavesAtOnce) {
  make(open_plan({kPcma}, {kOpus}), kToBrowser);
  pipe_->start(at(0));
  run_until(2990);
  EXPECT_EQ(sent().size(), 150U);
  Talker talker(kPcma, 20);
  push(talker.next(), 2993);
  ASSERT_EQ(sent().size(), 151U);
  EXPECT_EQ(sent().back().time, at(2993));
  for (int i = 1; i < 50; ++i) push(talker.next(), 2993 + 20 * i);
  run_until(10'000);
  EXPECT_EQ(sent().size(), 200U);
  expect_one_stream();
}

TEST_F(AudioPipeTest, ANewSourceIsTakenUpWhereTimeIs) {
  make(open_plan({kPcma}, {kOpus}));
  Talker first(kPcma, 20), second(kPcma, 20);
  second.ssrc = Ssrc(5);
  second.timestamp = 1;
  second.sequence = 9;
  for (int i = 0; i < 20; ++i) push(first.next(), 20 * i);
  for (int i = 0; i < 20; ++i) push(second.next(), 1000 + 20 * i);
  EXPECT_EQ(sent().size(), 40U);
  expect_one_stream();
  EXPECT_EQ(sent()[20].header.timestamp - sent()[19].header.timestamp, 31U * 960)
      << "600 ms of nothing and a packet";
}

TEST_F(AudioPipeTest, APlanChangeIsTheSameStream) {
  make(open_plan({kOpus}, {kPcma}));
  Talker opus(kOpus, 20);
  for (int i = 0; i < 20; ++i) push(opus.next(), 20 * i);
  for (int change = 0; change < 5; ++change) {
    pipe_ = make_pipe(open_plan({kOpus}, {change % 2 ? kPcma : kPcmu}), {}, *stream_);
    for (int i = 0; i < 20; ++i) push(opus.next(), 400 * (change + 1) + 20 * i);
  }
  EXPECT_EQ(sent().size(), 120U);
  expect_no_hole(160);
}

TEST_F(AudioPipeTest, TheSourceMayChangeItsCodec) {
  make(open_plan({kOpus, kPcmu, kG722}, {kPcma}));
  Talker opus(kOpus, 20), pcmu(kPcmu, 20), g722(kG722, 20);
  int ms = 0;
  uint16_t sequence = 0;
  const auto talk = [&](Talker& talker) {
    talker.ssrc = Ssrc(1);
    talker.sequence = sequence;
    for (int i = 0; i < 20; ++i, ms += 20) push(talker.next(), ms);
    sequence = talker.sequence;
  };
  talk(opus);
  talk(pcmu);
  talk(g722);
  talk(opus);
  EXPECT_EQ(sent().size(), 80U);
  expect_no_hole(160);
  EXPECT_EQ(pipe_->describe(), "opus/48000 > reorder > pcm 8000 > pcma/8000");
}

TEST_F(AudioPipeTest, WhatTheDestinationTakesIsRelayedTheRestTranscoded) {
  make(open_plan({kOpus, kPcma}, {kPcma}), kToBrowser);
  pipe_->start(at(0));
  Talker opus(kOpus, 20), pcma(kPcma, 20);
  opus.ssrc = pcma.ssrc = Ssrc(1);
  int ms = 0;
  uint16_t sequence = 0;
  for (int turn = 0; turn < 6; ++turn) {
    Talker& talker = turn % 2 ? pcma : opus;
    talker.sequence = sequence;
    for (int i = 0; i < 10; ++i, ms += 20) {
      run_until(ms - 1);
      push(talker.next(), ms);
    }
    sequence = talker.sequence;
    EXPECT_EQ(pipe_->describe().starts_with("opus"), turn % 2 == 0);
  }
  EXPECT_EQ(sent().size(), 60U);
  EXPECT_EQ(count(PipeCount::kIn), 60U);
  expect_one_stream();
}

TEST_F(AudioPipeTest, ADigitHasTheStreamToItself) {
  make(open_plan({kOpus}, {kPcma}));
  Talker talker(kOpus, 20);
  int ms = 0;
  for (; ms < 100; ms += 20) push(talker.next(), ms);
  pipe_->set_output(Pipe::Output::kHeldBack);
  const uint32_t event_time = stream_->timestamp_at(at(ms));
  uint16_t last_event = 0;
  for (; ms < 240; ms += 20) {
    last_event = stream_->insert(at(ms));
    push(talker.next(), ms);
  }
  pipe_->set_output(Pipe::Output::kOpen);
  EXPECT_EQ(sent().size(), 5U);
  push(talker.next(), ms);
  ASSERT_EQ(sent().size(), 6U);
  EXPECT_EQ(event_time - sent()[4].header.timestamp, 160U);
  EXPECT_EQ(sent()[5].header.sequence, static_cast<uint16_t>(last_event + 1));
  EXPECT_EQ(sent()[5].header.timestamp - sent()[4].header.timestamp, 8U * 160);
  EXPECT_TRUE(sent()[5].header.marker);
}

TEST_F(AudioPipeTest, TelephoneEventsAmongTheSoundAreNoLoss) {
  make(open_plan({kPcmu}, {kPcma}));
  Talker talker(kPcmu, 20);
  for (int i = 0; i < 50; ++i) {
    if (i >= 20 && i < 27) {
      auto event = talker.packet(Payload{1, 0, 0, 0});
      event.set_payload_type(PayloadType(101));
      push(event, 20 * i);
    } else {
      push(talker.next(), 20 * i);
    }
  }
  EXPECT_EQ(count(PipeCount::kLost), 0U);
  EXPECT_EQ(count(PipeCount::kUnknown), 7U);
  EXPECT_EQ(sent().size(), 43U);
  expect_one_stream();
}

TEST_F(AudioPipeTest, ALongTalkWrapsEverything) {
  make(open_plan({kPcmu}, {kPcma}, 60));
  Talker talker(kPcmu, 60);
  const Payload payload(480, 0x55);
  for (int i = 0; i < 10'000; ++i) push(talker.packet(payload), 60.0 * i);
  EXPECT_EQ(sent().size(), 10'000U);
  expect_no_hole(480);
}

TEST_F(AudioPipeTest, NothingCanBeSentWithoutACodec) {
  rtp::Rewriter stream({Ssrc(1), 0, 0, 8000});
  EXPECT_EQ(AudioPipe::make(open_plan({}, {kPcma}), {}, stream), nullptr);
  EXPECT_EQ(AudioPipe::make(open_plan({kNoise}, {kPcma}), {}, stream), nullptr);
  EXPECT_EQ(AudioPipe::make(open_plan({kPcma}, {kNoise}), {}, stream), nullptr);
  EXPECT_EQ(AudioPipe::make(open_plan({kPcma}, {}), {}, stream), nullptr);
}

}  // namespace
}  // namespace patchcord::media::test

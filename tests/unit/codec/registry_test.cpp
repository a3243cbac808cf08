// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/registry.h"

#include <gtest/gtest.h>

#include <vector>

#include "codec/comfort_noise.h"
#include "tone.h"

namespace patchcord::codec {
namespace {

TEST(Registry, FindsACodecByWhatRtpmapSays) {
  const struct {
    const char* name;
    uint32_t clock_rate;
    uint8_t channels;
    std::optional<AudioCodec> codec;
  } cases[] = {
      {"opus", 48000, 2, AudioCodec::kOpus},
      {"OPUS", 48000, 2, AudioCodec::kOpus},
      {"opus", 48000, 1, AudioCodec::kOpus},
      {"opus", 48000, 0, AudioCodec::kOpus},
      {"opus", 16000, 2, std::nullopt},
      {"opus", 48000, 6, std::nullopt},
      {"pcma", 8000, 1, AudioCodec::kPcma},
      {"PCMU", 8000, 0, AudioCodec::kPcmu},
      {"PCMA", 16000, 1, std::nullopt},
      {"PCMA", 8000, 2, std::nullopt},
      {"G722", 8000, 1, AudioCodec::kG722},
      {"G722", 16000, 1, std::nullopt},
      {"telephone-event", 8000, 1, AudioCodec::kTelephoneEvent},
      {"telephone-event", 48000, 1, AudioCodec::kTelephoneEvent},
      {"telephone-event", 0, 1, std::nullopt},
      {"CN", 16000, 1, AudioCodec::kComfortNoise},
      {"iLBC", 8000, 1, std::nullopt},
      {"", 8000, 1, std::nullopt},
  };
  for (const auto& c : cases) {
    const auto found = find_codec(c.name, c.clock_rate, c.channels);
    EXPECT_EQ(found ? std::optional(found->codec) : std::nullopt, c.codec)
        << c.name << "/" << c.clock_rate;
    if (found) {
      EXPECT_EQ(found->clock_rate, c.clock_rate);
    }
  }
}

TEST(Registry, MakesWhatItLists) {
  for (const Spec& known : known_codecs()) {
    EXPECT_EQ(&spec(known.codec), &known);
    const bool sounds =
        known.codec != AudioCodec::kTelephoneEvent && known.codec != AudioCodec::kComfortNoise;
    const auto decoder = make_decoder(known.codec, known.sample_rate);
    const auto encoder = make_encoder(known.codec, {});
    ASSERT_EQ(decoder != nullptr, sounds) << known.name;
    ASSERT_EQ(encoder != nullptr, sounds) << known.name;
    if (!sounds) continue;
    EXPECT_EQ(decoder->sample_rate(), known.sample_rate);
    EXPECT_EQ(encoder->sample_rate(), known.sample_rate);
  }
}

TEST(Registry, RefusesARateTheCodecDoesNotDo) {
  EXPECT_EQ(make_decoder(AudioCodec::kPcma, 16000), nullptr);
  EXPECT_EQ(make_decoder(AudioCodec::kG722, 8000), nullptr);
  EXPECT_EQ(make_encoder(AudioCodec::kPcmu, {.sample_rate = 48000}), nullptr);
}

TEST(Registry, OpusWorksAtTheFarRate) {
  EXPECT_EQ(preferred_rate(AudioCodec::kOpus, 8000), 8000U);
  EXPECT_EQ(preferred_rate(AudioCodec::kOpus, 16000), 16000U);
  EXPECT_EQ(preferred_rate(AudioCodec::kOpus, 44100), 48000U);
  EXPECT_EQ(preferred_rate(AudioCodec::kG722, 8000), 16000U);
  EXPECT_EQ(preferred_rate(AudioCodec::kPcma, 48000), 8000U);
}

TEST(Registry, ReadsWhatFmtpAsksOfTheEncoder) {
  const auto apply = [](std::string_view fmtp) {
    EncoderSettings settings;
    apply_fmtp(AudioCodec::kOpus, fmtp, settings);
    return settings;
  };
  EXPECT_EQ(apply("minptime=10;useinbandfec=1").bitrate, 0U);
  EXPECT_TRUE(apply("minptime=10;useinbandfec=1").forward_error_correction);
  EXPECT_FALSE(apply("useinbandfec=0").forward_error_correction);
  EXPECT_EQ(apply(" maxaveragebitrate = 16000 ; cbr=1").bitrate, 16000U);
  EXPECT_TRUE(apply(" maxaveragebitrate = 16000 ; CBR=1").constant_bitrate);
  EXPECT_EQ(apply("maxaveragebitrate=1").bitrate, 6000U);
  EXPECT_EQ(apply("maxaveragebitrate=4000000000").bitrate, 510000U);
  EXPECT_EQ(apply("maxaveragebitrate=99999999999999999999").bitrate, 0U);
  EXPECT_EQ(apply("maxaveragebitrate=12x").bitrate, 0U);
  EXPECT_EQ(apply(";;=;a;maxaveragebitrate").bitrate, 0U);
  EncoderSettings other;
  apply_fmtp(AudioCodec::kPcma, "maxaveragebitrate=16000", other);
  EXPECT_EQ(other.bitrate, 0U);
}

TEST(Registry, SilenceIsSilent) {
  for (const AudioCodec codec :
       {AudioCodec::kOpus, AudioCodec::kPcma, AudioCodec::kPcmu, AudioCodec::kG722}) {
    const auto decoder = make_decoder(codec, spec(codec).sample_rate);
    for (const uint32_t us : {10000U, 20000U, 40000U, 60000U, 120000U}) {
      std::vector<uint8_t> payload(1000);
      const size_t bytes = silent_payload(codec, us, payload);
      ASSERT_GT(bytes, 0U) << spec(codec).name << " " << us;
      std::vector<int16_t> pcm(kMaxPacketSamples);
      const size_t samples = decoder->decode(std::span(payload).first(bytes), pcm);
      EXPECT_EQ(samples, spec(codec).sample_rate * uint64_t{us} / 1000000);
      EXPECT_LE(test::rms(std::span(pcm).first(samples)), 8) << spec(codec).name;
      EXPECT_EQ(silent_payload(codec, us, std::span(payload).first(bytes - 1)), 0U);
    }
  }
  std::vector<uint8_t> out(1000);
  EXPECT_EQ(silent_payload(AudioCodec::kOpus, 30000, out), 0U);
  EXPECT_EQ(silent_payload(AudioCodec::kOpus, 140000, out), 0U);
  EXPECT_EQ(silent_payload(AudioCodec::kOpus, 0, out), 0U);
  EXPECT_EQ(silent_payload(AudioCodec::kPcma, 0, out), 0U);
  EXPECT_EQ(silent_payload(AudioCodec::kTelephoneEvent, 20000, out), 0U);
}

TEST(ComfortNoise, HasTheLevelItsPayloadNames) {
  const struct {
    std::vector<uint8_t> payload;
    double dbov;  // 0: silent
  } cases[] = {
      {{50}, -50}, {{70, 1, 2, 3}, -70}, {{0xC0 | 10}, -74}, {{0}, -30}, {{127}, 0},
  };
  for (const auto& c : cases) {
    ComfortNoise noise;
    noise.update(c.payload);
    noise.update({});
    std::vector<int16_t> pcm(8000);
    noise.generate(pcm);
    if (c.dbov == 0) {
      EXPECT_EQ(test::rms(pcm), 0);
    } else {
      EXPECT_NEAR(20 * std::log10(test::rms(pcm) / 32768), c.dbov, 1);
    }
  }
}

}  // namespace
}  // namespace patchcord::codec

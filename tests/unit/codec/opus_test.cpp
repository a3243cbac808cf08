// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/opus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "codec/registry.h"
#include "core/random.h"
#include "tone.h"

namespace patchcord::codec {
namespace {

using Payload = std::vector<uint8_t>;

EncoderSettings at_rate(uint32_t rate) {
  EncoderSettings settings;
  settings.sample_rate = rate;
  return settings;
}

Payload encode(Encoder& encoder, std::span<const int16_t> pcm) {
  std::array<uint8_t, 1500> out;
  const size_t bytes = encoder.encode(pcm, out);
  EXPECT_GT(bytes, 0U);
  return Payload(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(bytes));
}

struct Way {
  uint32_t encode_rate, decode_rate, frame_us;
};

class OpusFrames : public testing::TestWithParam<Way> {};

TEST_P(OpusFrames, CarryATone) {
  const auto [in_rate, out_rate, frame_us] = GetParam();
  const auto encoder = make_opus_encoder(at_rate(in_rate));
  const auto decoder = make_opus_decoder(out_rate);
  ASSERT_TRUE(encoder && decoder);
  const size_t in_frame = size_t{in_rate} * frame_us / 1000000;
  const size_t out_frame = size_t{out_rate} * frame_us / 1000000;
  ASSERT_TRUE(encoder->takes(in_frame));
  const auto in = test::tone(1000, in_rate, in_rate, 10000);
  std::vector<int16_t> out;
  for (size_t at = 0; at + in_frame <= in.size(); at += in_frame) {
    const Payload payload = encode(*encoder, std::span(in).subspan(at, in_frame));
    EXPECT_EQ(decoder->samples_in(payload), out_frame);
    std::vector<int16_t> pcm(kMaxPacketSamples);
    ASSERT_EQ(decoder->decode(payload, pcm), out_frame);
    out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(out_frame));
  }
  const auto measured = test::measure(std::span(out).subspan(out_rate / 4), 1000, out_rate);
  EXPECT_NEAR(measured.level_db, 20 * std::log10(10000.0 / 32768), 2);
  EXPECT_GT(measured.snr_db, 10);
}

std::vector<Way> every_way() {
  std::vector<Way> ways;
  for (const uint32_t frame : {2500, 5000, 10000, 20000, 40000, 60000, 80000, 100000, 120000}) {
    for (const uint32_t in : {8000, 16000, 48000}) {
      for (const uint32_t out : {8000, 12000, 16000, 24000, 48000})
        ways.push_back({in, out, frame});
    }
  }
  return ways;
}

INSTANTIATE_TEST_SUITE_P(All, OpusFrames, testing::ValuesIn(every_way()), [](const auto& test) {
  return std::to_string(test.param.encode_rate) + "to" + std::to_string(test.param.decode_rate) +
         "by" + std::to_string(test.param.frame_us) + "us";
});

TEST(Opus, TakesItsOwnFrameLengthsOnly) {
  const auto encoder = make_opus_encoder(at_rate(8000));
  for (const size_t samples : {20, 40, 80, 160, 320, 480, 640, 800, 960}) {
    EXPECT_TRUE(encoder->takes(samples)) << samples;
  }
  for (const size_t samples : {0, 10, 60, 100, 120, 240, 400, 1120}) {
    EXPECT_FALSE(encoder->takes(samples)) << samples;
  }
  std::array<uint8_t, 100> out;
  EXPECT_EQ(encoder->encode(std::vector<int16_t>(240), out), 0U);
}

TEST(Opus, RatesItDoesNotKnowGiveNothing) {
  for (const uint32_t rate : {0U, 11025U, 44100U, 96000U}) {
    EXPECT_EQ(make_opus_decoder(rate), nullptr);
    EXPECT_EQ(make_opus_encoder(at_rate(rate)), nullptr);
  }
}

TEST(Opus, SeveralFramesInAPacketOfAnyCode) {
  // One silent CELT frame of 20 ms is FF FE; RFC 6716 3.2: codes 0, 1, 2, 3 (CBR, VBR, padded).
  const struct {
    const char* what;
    Payload payload;
    size_t ms;
  } cases[] = {
      {"code 0", {0xF8, 0xFF, 0xFE}, 20},
      {"code 1", {0xF9, 0xFF, 0xFE, 0xFF, 0xFE}, 40},
      {"code 2", {0xFA, 2, 0xFF, 0xFE, 0xFF, 0xFE}, 40},
      {"code 3 CBR", {0xFB, 3, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE}, 60},
      {"code 3 VBR", {0xFB, 0x83, 2, 2, 0xFF, 0xFE, 0xFF, 0xFE, 0xFF, 0xFE}, 60},
      {"code 3 padded", {0xFB, 0x42, 2, 0xFF, 0xFE, 0xFF, 0xFE, 0, 0}, 40},
      {"stereo", {0xFC, 0xFF, 0xFE}, 20},
  };
  for (const auto& c : cases) {
    const auto decoder = make_opus_decoder(8000);
    std::vector<int16_t> pcm(kMaxPacketSamples, 1);
    ASSERT_EQ(decoder->decode(c.payload, pcm), c.ms * 8) << c.what;
    EXPECT_EQ(test::rms(std::span(pcm).first(c.ms * 8)), 0) << c.what;
  }
}

TEST(Opus, GarbageIsRefusedAndDoesNoHarm) {
  const auto decoder = make_opus_decoder(8000);
  std::vector<int16_t> pcm(kMaxPacketSamples);
  const Payload cases[] = {
      {},
      {0xFB},                          // code 3 without its count byte
      {0xFB, 0},                       // no frame
      {0xFB, 7, 1, 1, 1, 1, 1, 1, 1},  // 140 ms
      {0xF9, 1, 2, 3},                 // two frames of equal size in three bytes
      {0xFA, 200, 1, 2},               // a first frame longer than the packet
  };
  for (const Payload& payload : cases) EXPECT_EQ(decoder->decode(payload, pcm), 0U);
  const Payload good{0xF8, 0xFF, 0xFE};
  EXPECT_EQ(decoder->decode(good, std::span(pcm).first(159)), 0U);  // no room
  EXPECT_EQ(decoder->decode(good, pcm), 160U);
}

TEST(Opus, RandomBytesNeverGiveMoreThanAPacketHolds) {
  SeededRandom random(7);
  for (const uint32_t rate : {8000U, 48000U}) {
    const auto decoder = make_opus_decoder(rate);
    std::vector<int16_t> pcm(kMaxPacketSamples);
    for (int i = 0; i < 2000; ++i) {
      Payload payload(random.below(300));
      random.fill(payload);
      const size_t samples = decoder->decode(payload, pcm);
      EXPECT_LE(samples, rate * kMaxPacketMs / 1000);
      EXPECT_TRUE(samples == 0 || samples == decoder->samples_in(payload));
      if (samples == 0) decoder->conceal(std::span(pcm).first(rate / 50));
    }
  }
}

TEST(Opus, ConcealsAnyLength) {
  const auto encoder = make_opus_encoder(at_rate(8000));
  const auto decoder = make_opus_decoder(8000);
  const auto in = test::voice(120, 8000, 8000);
  std::vector<int16_t> pcm(kMaxPacketSamples);
  for (size_t at = 0; at < 4800; at += 160) {
    decoder->decode(encode(*encoder, std::span(in).subspan(at, 160)), pcm);
  }
  const double before = test::rms(std::span(pcm).first(160));
  std::vector<int16_t> lost(161, 99);
  decoder->conceal(lost);
  EXPECT_GT(test::rms(std::span(lost).first(160)), before / 3);
  EXPECT_EQ(lost[160], 0);
  std::vector<int16_t> tiny(7, 99);
  decoder->conceal(tiny);
  EXPECT_EQ(test::rms(tiny), 0);
}

TEST(Opus, RecoversALostFrameFromTheNext) {
  const auto encoder = make_opus_encoder(at_rate(8000));
  const auto in = test::speech(120, 8000, 16000);
  const auto run = [&](int loss, size_t& carrying) {
    encoder->set_packet_loss(loss);
    carrying = 0;
    std::vector<Payload> payloads;
    for (size_t at = 0; at < in.size(); at += 160) {
      payloads.push_back(encode(*encoder, std::span(in).subspan(at, 160)));
      carrying += opus_carries_fec(payloads.back()) ? 1 : 0;
    }
    return payloads;
  };
  size_t carrying = 0;
  run(0, carrying);
  EXPECT_EQ(carrying, 0U);
  const auto payloads = run(20, carrying);
  EXPECT_GT(carrying, 50U);

  // The recovered frame is nearer to the lost one than an invented one.
  double recovered_error = 0, concealed_error = 0;
  for (size_t lost = 30; lost < 90; lost += 10) {
    const auto whole = make_opus_decoder(8000);
    const auto fec = make_opus_decoder(8000);
    const auto plc = make_opus_decoder(8000);
    std::vector<int16_t> pcm(kMaxPacketSamples), truth(kMaxPacketSamples);
    for (size_t i = 0; i < lost; ++i) {
      whole->decode(payloads[i], pcm);
      fec->decode(payloads[i], pcm);
      plc->decode(payloads[i], pcm);
    }
    whole->decode(payloads[lost], truth);
    std::vector<int16_t> recovered(160), concealed(160);
    if (!fec->decode_fec(payloads[lost + 1], recovered)) continue;
    plc->conceal(concealed);
    for (size_t i = 0; i < 160; ++i) {
      recovered_error += std::pow(recovered[i] - truth[i], 2);
      concealed_error += std::pow(concealed[i] - truth[i], 2);
    }
  }
  EXPECT_GT(recovered_error, 0);
  EXPECT_LT(recovered_error, concealed_error / 2);
}

TEST(Opus, FecIsNotInventedWhereThereIsNone) {
  const auto decoder = make_opus_decoder(8000);
  std::vector<int16_t> pcm(160, 42);
  EXPECT_FALSE(decoder->decode_fec(Payload{0xF8, 0xFF, 0xFE}, pcm));  // CELT has none
  EXPECT_FALSE(decoder->decode_fec(Payload{0x08}, pcm));              // a DTX frame
  EXPECT_FALSE(decoder->decode_fec(Payload{}, pcm));
  EXPECT_EQ(pcm, std::vector<int16_t>(160, 42));
}

TEST(Opus, OneByteAnnouncesSilence) {
  const auto decoder = make_opus_decoder(8000);
  EXPECT_TRUE(decoder->announces_silence(Payload{0x08}));
  EXPECT_FALSE(decoder->announces_silence(Payload{}));
  EXPECT_FALSE(decoder->announces_silence(Payload{0xF8, 0xFF, 0xFE}));
  std::vector<int16_t> pcm(kMaxPacketSamples);
  EXPECT_EQ(decoder->decode(Payload{0x08}, pcm), 160U);
}

TEST(Opus, StaysUnderTheBitrateAsked) {
  EncoderSettings settings = at_rate(8000);
  settings.bitrate = 12000;
  settings.constant_bitrate = true;
  const auto encoder = make_opus_encoder(settings);
  const auto in = test::voice(120, 8000, 8000);
  for (size_t at = 0; at < in.size(); at += 160) {
    EXPECT_EQ(encode(*encoder, std::span(in).subspan(at, 160)).size(), 12000U / 8 / 50);
  }
}

}  // namespace
}  // namespace patchcord::codec

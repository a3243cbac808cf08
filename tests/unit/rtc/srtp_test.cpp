// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/srtp.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rtc/srtp_transform.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr SrtpSuite kSuites[] = {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm,
                                 SrtpSuite::kAes128CmSha1_80};

SrtpKey key_of(SrtpSuite suite, uint64_t seed = 1) {
  SeededRandom random(seed);
  return SrtpKey::generate(suite, random);
}

Bytes rtp(uint16_t sequence, uint32_t ssrc, size_t payload = 80) {
  Bytes out = from_hex("8000 0000 00000000 00000000");
  store_be16(&out[2], sequence);
  store_be32(&out[8], ssrc);
  out.resize(out.size() + payload, 0x5a);
  return out;
}

Bytes rtcp(uint32_t ssrc) {
  Bytes out = from_hex("80c80006 00000000 0102030405060708 00000000 00000001 00000002");
  store_be32(&out[4], ssrc);
  return out;
}

std::optional<Bytes> protect(SrtpSender& sender, Bytes packet, SrtpFlow flow = SrtpFlow::kRtp) {
  const size_t size = packet.size();
  packet.resize(size + kSrtpMaxTrailer);
  const auto out =
      flow == SrtpFlow::kRtp ? sender.protect_rtp(packet, size) : sender.protect_rtcp(packet, size);
  if (!out) return std::nullopt;
  EXPECT_EQ(out->data(), packet.data()) << "in place";
  return Bytes(out->begin(), out->end());
}

std::optional<Bytes> unprotect(SrtpReceiver& receiver, Bytes packet,
                               SrtpFlow flow = SrtpFlow::kRtp) {
  const auto out =
      flow == SrtpFlow::kRtp ? receiver.unprotect_rtp(packet) : receiver.unprotect_rtcp(packet);
  if (!out) return std::nullopt;
  return Bytes(out->begin(), out->end());
}

// RFC 3711 appendix B.3.
TEST(SrtpKeys, DerivesTheSampleSessionKeys) {
  const SrtpKey master(SrtpSuite::kAes128CmSha1_80, from_hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
                       from_hex("0EC675AD498AFEEBB6960B3AABE6"));
  const SrtpSessionKeys keys = derive_session_keys(master, SrtpFlow::kRtp);
  EXPECT_EQ(to_hex(ByteSpan(keys.cipher).first(16)), "c61e7a93744f39ee10734afe3ff7a087");
  EXPECT_EQ(to_hex(keys.salt), "30cbbc08863d8c85d49db34a9ae1");
  EXPECT_EQ(to_hex(keys.auth), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

// RFC 3711 appendix B.2: the key stream of SSRC 0, index 0.
TEST(SrtpTransform, MakesTheSampleKeyStream) {
  SrtpSessionKeys keys;
  std::ranges::copy(from_hex("2B7E151628AED2A6ABF7158809CF4F3C"), keys.cipher.begin());
  std::ranges::copy(from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD"), keys.salt.begin());
  const auto transform =
      SrtpTransform::create(SrtpSuite::kAes128CmSha1_80, keys, keys, SrtpDirection::kSeal);
  Bytes packet(12 + 48 + transform->tag_size());
  packet[0] = 0x80;
  transform->seal_rtp(packet, 12, 0);
  EXPECT_EQ(to_hex(ByteSpan(packet).subspan(12, 48)),
            "e03ead0935c95e80e166b16dd92b4eb4"
            "d23513162b02d0f72a43a2fe4a5f97ab"
            "41e95b3bb0a2e8dd477901e4fca894c0");
}

// RFC 7714 sections 16 and 17: session keys 00 01 02 .., salt "Quid pro quo".
struct GcmRow {
  SrtpSuite suite;
  const char* srtp;
  const char* srtcp;
};
constexpr char kGcmRtp[] =
    "8040f17b8041f8d35501a0b2"
    "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573";
constexpr char kGcmRtcp[] =
    "81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61"
    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef";
constexpr GcmRow kGcmRows[] = {
    {SrtpSuite::kAeadAes128Gcm,
     "8040f17b8041f8d35501a0b2"
     "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833"
     "899d7f27beb16a9152cf765ee4390cce",
     "81c8000d4d617273"
     "63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275b"
     "c84aa45896cf4d2fc5abf87245d9eade800005d4"},
    {SrtpSuite::kAeadAes256Gcm,
     "8040f17b8041f8d35501a0b2"
     "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b"
     "7aa3db36dfffd6b0f9bb7878d7a76c13",
     "81c8000d4d617273"
     "d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50a2eaa5c1110555be8415f658c61de0476f1b6fad"
     "1d1eb30c4446839f57ff6f6cb26ac3be800005d4"},
};

SrtpSessionKeys gcm_keys() {
  SrtpSessionKeys keys;
  for (size_t i = 0; i < keys.cipher.size(); ++i) keys.cipher[i] = static_cast<uint8_t>(i);
  std::ranges::copy(from_hex("517569642070726f2071756f"), keys.salt.begin());
  return keys;
}

TEST(SrtpTransform, SealsAndOpensTheSamplePackets) {
  for (const GcmRow& row : kGcmRows) {
    const auto keys = gcm_keys();
    const auto seal = SrtpTransform::create(row.suite, keys, keys, SrtpDirection::kSeal);
    const auto open = SrtpTransform::create(row.suite, keys, keys, SrtpDirection::kOpen);
    const size_t tag = seal->tag_size();

    Bytes packet = from_hex(kGcmRtp);
    packet.resize(packet.size() + tag);
    seal->seal_rtp(packet, 12, 0xf17b);
    EXPECT_EQ(to_hex(packet), row.srtp);
    EXPECT_TRUE(open->open_rtp(packet, 12, 0xf17b));
    EXPECT_EQ(to_hex(ByteSpan(packet).first(packet.size() - tag)), kGcmRtp);

    Bytes control = from_hex(kGcmRtcp);
    control.resize(control.size() + tag + kSrtcpIndexSize);
    seal->seal_rtcp(control, 0x5d4);
    EXPECT_EQ(to_hex(control), row.srtcp);
    EXPECT_TRUE(open->open_rtcp(control));
    EXPECT_EQ(to_hex(ByteSpan(control).first(control.size() - tag - kSrtcpIndexSize)), kGcmRtcp);
  }
}

TEST(Srtp, CarriesEverySizeAndHeader) {
  for (const SrtpSuite suite : kSuites) {
    SrtpSender sender(key_of(suite));
    SrtpReceiver receiver(key_of(suite));
    uint16_t sequence = 100;
    for (const size_t payload :
         {size_t{0}, size_t{1}, size_t{15}, size_t{16}, size_t{160}, size_t{1400}}) {
      Bytes with_extension = rtp(++sequence, 7, payload);
      with_extension[0] = 0x92;  // extension and two CSRCs
      const Bytes extra = from_hex("0a0a0a0a 0b0b0b0b bede0001 10aa0000");
      with_extension.insert(with_extension.begin() + 12, extra.begin(), extra.end());
      for (const Bytes& plain : {rtp(++sequence, 7, payload), with_extension}) {
        const auto sealed = protect(sender, plain);
        ASSERT_TRUE(sealed);
        EXPECT_TRUE(payload == 0 || !std::equal(plain.end() - static_cast<ptrdiff_t>(payload),
                                                plain.end(), sealed->begin() + 12));
        EXPECT_EQ(unprotect(receiver, *sealed), plain) << payload;
      }
    }
    for (int i = 0; i < 3; ++i) {
      const auto sealed = protect(sender, rtcp(7), SrtpFlow::kRtcp);
      ASSERT_TRUE(sealed);
      EXPECT_EQ(unprotect(receiver, *sealed, SrtpFlow::kRtcp), rtcp(7));
    }
    EXPECT_EQ(sender.drops().total() + receiver.drops().total(), 0u);
  }
}

TEST(Srtp, RefusesEveryFlippedBit) {
  for (const SrtpSuite suite : kSuites) {
    for (const SrtpFlow flow : {SrtpFlow::kRtp, SrtpFlow::kRtcp}) {
      SrtpSender sender(key_of(suite));
      const Bytes plain = flow == SrtpFlow::kRtp ? rtp(5, 9, 20) : rtcp(9);
      const Bytes sealed = *protect(sender, plain, flow);
      SrtpReceiver receiver(key_of(suite));
      for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Bytes bad = sealed;
        bad[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
        EXPECT_FALSE(unprotect(receiver, bad, flow)) << bit;
      }
      EXPECT_TRUE(unprotect(receiver, sealed, flow)) << "and none of them left a trace";
    }
  }
}

TEST(Srtp, RefusesEveryTruncation) {
  for (const SrtpSuite suite : kSuites) {
    for (const SrtpFlow flow : {SrtpFlow::kRtp, SrtpFlow::kRtcp}) {
      SrtpSender sender(key_of(suite));
      SrtpReceiver receiver(key_of(suite));
      const Bytes sealed = *protect(sender, flow == SrtpFlow::kRtp ? rtp(5, 9) : rtcp(9), flow);
      for (size_t size = 0; size < sealed.size(); ++size) {
        const Bytes cut(sealed.begin(), sealed.begin() + static_cast<ptrdiff_t>(size));
        EXPECT_FALSE(unprotect(receiver, cut, flow)) << size;
      }
      EXPECT_GT(receiver.drops()[SrtpDrop::kMalformed], 0u);
    }
  }
}

TEST(Srtp, CountsEachReasonByItsName) {
  SrtpSender sender(key_of(SrtpSuite::kAeadAes128Gcm));
  SrtpReceiver receiver(key_of(SrtpSuite::kAeadAes128Gcm));
  SrtpReceiver stranger(key_of(SrtpSuite::kAeadAes128Gcm, 2));
  const Bytes sealed = *protect(sender, rtp(5, 9));
  EXPECT_TRUE(unprotect(receiver, sealed));
  EXPECT_FALSE(unprotect(receiver, sealed));
  EXPECT_EQ(receiver.drops()[SrtpDrop::kReplay], 1u);
  EXPECT_FALSE(unprotect(stranger, sealed));
  EXPECT_EQ(stranger.drops()[SrtpDrop::kAuth], 1u);

  EXPECT_FALSE(protect(sender, rtp(5, 9)));
  EXPECT_EQ(sender.drops()[SrtpDrop::kReplay], 1u) << "one nonce, one packet";
  Bytes tight = rtp(6, 9);
  EXPECT_FALSE(sender.protect_rtp(tight, tight.size()));
  EXPECT_EQ(sender.drops()[SrtpDrop::kNoRoom], 1u);
  Bytes short_one(11, 0x80);
  EXPECT_FALSE(protect(sender, short_one));
  EXPECT_EQ(sender.drops()[SrtpDrop::kMalformed], 1u);
}

TEST(Srtp, RefusesControlPacketsInTheClear) {
  for (const SrtpSuite suite : kSuites) {
    const SrtpKey key = key_of(suite);
    SrtpSender sender(key);
    SrtpReceiver receiver(key);
    Bytes sealed = *protect(sender, rtcp(9), SrtpFlow::kRtcp);
    const size_t at = sealed.size() - (suite == SrtpSuite::kAes128CmSha1_80 ? 14 : 4);
    ASSERT_EQ(sealed[at], 0x80);
    sealed[at] = 0;
    EXPECT_FALSE(unprotect(receiver, sealed, SrtpFlow::kRtcp));
    EXPECT_EQ(receiver.drops()[SrtpDrop::kUnencrypted], 1u);
  }
}

TEST(Srtp, GoesThroughTheWrapUnderLoss) {
  // A call of 22 minutes and more: 65,000 packets with a tenth lost, four wraps.
  for (const SrtpSuite suite : kSuites) {
    SrtpSender sender(key_of(suite));
    SrtpReceiver receiver(key_of(suite));
    SeededRandom random(5);
    const int first = 65000;
    size_t arrived = 0, sent = 0;
    for (int i = 0; i < 4 * 65536; i += 1 + static_cast<int>(random.below(40))) {
      const Bytes plain = rtp(static_cast<uint16_t>(first + i), 3, 10);
      const auto sealed = protect(sender, plain);
      ASSERT_TRUE(sealed) << i;
      ++sent;
      if (random.unit() < 0.1) continue;
      ASSERT_EQ(unprotect(receiver, *sealed), plain) << i;
      ++arrived;
    }
    EXPECT_GT(arrived, sent * 8 / 10);
  }
}

TEST(Srtp, TakesAJumpOfThirtyThousand) {
  SrtpSender sender(key_of(SrtpSuite::kAes128CmSha1_80));
  SrtpReceiver receiver(key_of(SrtpSuite::kAes128CmSha1_80));
  for (const uint16_t sequence :
       std::initializer_list<uint16_t>{10, 30010, 60010, 24474}) {  // the last is past the wrap
    EXPECT_EQ(unprotect(receiver, *protect(sender, rtp(sequence, 3))), rtp(sequence, 3));
  }
}

TEST(Srtp, TakesReorderedPacketsOnceAndOldOnesNever) {
  SrtpSender sender(key_of(SrtpSuite::kAeadAes128Gcm));
  SrtpReceiver receiver(key_of(SrtpSuite::kAeadAes128Gcm));
  std::vector<Bytes> sealed;
  for (uint32_t i = 0; i < 3000; ++i) {
    sealed.push_back(*protect(sender, rtp(static_cast<uint16_t>(64000 + i), 3)));
  }
  ASSERT_TRUE(unprotect(receiver, sealed[0]));
  ASSERT_TRUE(unprotect(receiver, sealed[1700])) << "past the wrap";
  for (size_t i = 1699; i > 1700 - 1024; --i) EXPECT_TRUE(unprotect(receiver, sealed[i])) << i;
  for (size_t i = 0; i <= 1700; ++i) EXPECT_FALSE(unprotect(receiver, sealed[i])) << i;
  EXPECT_EQ(receiver.drops()[SrtpDrop::kReplay], 1701u);
}

TEST(Srtp, StrangersTakeNoSeat) {
  const SrtpKey key = key_of(SrtpSuite::kAes128CmSha1_80);
  SrtpSender sender(key);
  SrtpSender stranger(key_of(SrtpSuite::kAes128CmSha1_80, 2));
  SrtpReceiver receiver(key);
  const Bytes first = *protect(sender, rtp(1, 3));
  ASSERT_TRUE(unprotect(receiver, first));
  for (uint32_t ssrc = 100; ssrc < 200; ++ssrc) {
    Bytes forged = first;
    store_be32(&forged[8], ssrc);
    EXPECT_FALSE(unprotect(receiver, forged));
  }
  EXPECT_FALSE(unprotect(receiver, first)) << "the stream is still known, this is a replay";
  EXPECT_EQ(receiver.drops()[SrtpDrop::kReplay], 1u);
}

TEST(Srtp, TheStreamSilentLongestGivesUpItsSeat) {
  const SrtpKey key = key_of(SrtpSuite::kAeadAes128Gcm);
  SrtpReceiver receiver(key);
  // A peer that changes its SSRC with each packet; SSRC 1 speaks all the time.
  SrtpSender steady(key);
  for (uint16_t i = 1; i < 100; ++i) {
    const Bytes plain = rtp(i, 1);
    EXPECT_EQ(unprotect(receiver, *protect(steady, plain)), plain);
    SrtpSender fresh(key);
    const Bytes other = rtp(i, 1000u + i);
    EXPECT_EQ(unprotect(receiver, *protect(fresh, other)), other);
  }
}

TEST(Srtp, ASenderForgetsNoStream) {
  SrtpSender sender(key_of(SrtpSuite::kAeadAes128Gcm));
  for (uint32_t ssrc = 0; ssrc < kSrtpMaxStreams; ++ssrc) {
    EXPECT_TRUE(protect(sender, rtp(1, ssrc)));
  }
  EXPECT_FALSE(protect(sender, rtp(1, 99)));
  EXPECT_EQ(sender.drops()[SrtpDrop::kNoStream], 1u);
  EXPECT_FALSE(protect(sender, rtp(1, 0))) << "still known";
}

TEST(ReplayWindow, AgreesWithASetOfAllThatWasSeen) {
  SeededRandom random(11);
  ReplayWindow<128> window;
  std::vector<uint64_t> seen;
  uint64_t highest = 0;
  for (int i = 0; i < 20000; ++i) {
    const uint64_t base = highest > 200 ? highest - 200 : 0;
    const uint64_t index = base + random.below(random.below(50) == 0 ? 1000 : 210);
    const bool in_window = seen.empty() || index + 128 > highest;
    const bool fresh = in_window && std::find(seen.begin(), seen.end(), index) == seen.end();
    ASSERT_EQ(window.is_fresh(index), fresh) << i << " index " << index << " highest " << highest;
    if (!fresh) continue;
    window.accept(index);
    seen.push_back(index);
    highest = std::max(highest, index);
    if (seen.size() > 1000) seen.erase(seen.begin(), seen.begin() + 500);
  }
}

TEST(ReplayWindow, GuessesTheNearestIndex) {
  struct {
    uint64_t highest;
    uint16_t sequence;
    uint64_t guess;
  } const rows[] = {
      {0, 0, 0},
      {10, 9, 9},
      {10, 65535, 65535},           // nothing lies before the beginning
      {40000, 100, 0x10000 + 100},  // forward over the wrap
      {0x10000 + 5, 65000, 65000},  // back over it
      {0x10000 + 5, 6, 0x10000 + 6},
      {0x2fff0, 16, 0x30010},
      {0x2fff0, 0xffef, 0x2ffef},
  };
  for (const auto& row : rows) {
    ReplayWindow<64> window;
    window.accept(row.highest);
    EXPECT_EQ(window.guess(row.sequence), row.guess) << row.highest << " " << row.sequence;
  }
}

TEST(Sdes, PrintsWhatItParses) {
  for (const SrtpSuite suite : kSuites) {
    const SrtpKey key = key_of(suite);
    EXPECT_EQ(parse_sdes_name(sdes_name(suite)).value(), suite);
    const std::string text = sdes_inline(key);
    EXPECT_EQ(parse_sdes_inline(suite, text).value(), key);
    EXPECT_EQ(parse_sdes_inline(suite, text + "|2^31").value(), key);
  }
  // RFC 4568 section 6.1, the example's key.
  const auto sample = parse_sdes_inline(SrtpSuite::kAes128CmSha1_80,
                                        "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20");
  ASSERT_TRUE(sample.ok());
  EXPECT_EQ(as_text(sample->key()), "wDfvg&T+)xG7@fb5");
}

TEST(Sdes, RefusesWhatItCannotUse) {
  constexpr auto kCm = SrtpSuite::kAes128CmSha1_80;
  const std::string good = sdes_inline(key_of(kCm));
  struct {
    std::string text;
    ErrorCode code;
  } const rows[] = {
      {"", ErrorCode::kMalformed},
      {good.substr(7), ErrorCode::kMalformed},
      {"inline:", ErrorCode::kMalformed},
      {good.substr(0, good.size() - 4), ErrorCode::kMalformed},
      {good + "AAAA", ErrorCode::kMalformed},
      {good.substr(0, good.size() - 1) + "=", ErrorCode::kMalformed},  // 29 bytes
      {good.substr(0, 20) + "=" + good.substr(21), ErrorCode::kMalformed},
      {good.substr(0, 20) + "!" + good.substr(21), ErrorCode::kMalformed},
      {good + "|2^20|1:4", ErrorCode::kUnsupported},
      {good + "|1:4", ErrorCode::kUnsupported},
      {good + ";" + good, ErrorCode::kUnsupported},
  };
  for (const auto& row : rows) {
    const auto parsed = parse_sdes_inline(kCm, row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_EQ(parsed.error().code, row.code) << row.text;
  }
  for (const char* name :
       {"AES_CM_128_HMAC_SHA1_32", "F8_128_HMAC_SHA1_80", "NULL", "", "aes_cm_128_hmac_sha1_80"}) {
    EXPECT_FALSE(parse_sdes_name(name).ok()) << name;
  }
}

}  // namespace
}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
// SRTP against an independent implementation: what one side protects the other must read, byte for
// byte, and both must refuse the same packets.
#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <memory>

#include "rtc/srtp.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

using Bytes = std::vector<uint8_t>;
constexpr SrtpSuite kSuites[] = {SrtpSuite::kAeadAes128Gcm, SrtpSuite::kAeadAes256Gcm,
                                 SrtpSuite::kAes128CmSha1_80};
constexpr size_t kRoom = SRTP_MAX_TRAILER_LEN + 4;

class Oracle {
 public:
  Oracle(const SrtpKey& key, srtp_ssrc_type_t direction) {
    static const bool kReady = srtp_init() == srtp_err_status_ok;
    EXPECT_TRUE(kReady);
    Bytes bytes(key.key().begin(), key.key().end());
    bytes.insert(bytes.end(), key.salt().begin(), key.salt().end());
    srtp_policy_t policy{};
    for (srtp_crypto_policy_t* part : {&policy.rtp, &policy.rtcp}) {
      switch (key.suite()) {
        case SrtpSuite::kAeadAes128Gcm:
          srtp_crypto_policy_set_aes_gcm_128_16_auth(part);
          break;
        case SrtpSuite::kAeadAes256Gcm:
          srtp_crypto_policy_set_aes_gcm_256_16_auth(part);
          break;
        case SrtpSuite::kAes128CmSha1_80:
          srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(part);
          break;
      }
    }
    policy.ssrc.type = direction;
    policy.key = bytes.data();
    policy.window_size = 1024;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Oracle() { srtp_dealloc(session_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  using Act = srtp_err_status_t (*)(srtp_t, void*, int*);
  std::optional<Bytes> run(Act act, Bytes packet) {
    int size = static_cast<int>(packet.size());
    packet.resize(packet.size() + kRoom);
    if (act(session_, packet.data(), &size) != srtp_err_status_ok) return std::nullopt;
    packet.resize(static_cast<size_t>(size));
    return packet;
  }

 private:
  srtp_t session_ = nullptr;
};

Bytes random_rtp(Random& random, uint16_t sequence, uint32_t ssrc) {
  const uint8_t csrcs = static_cast<uint8_t>(random.below(4));
  const bool extension = random.below(2) == 1;
  Bytes out(12 + 4 * csrcs);
  random.fill(out);
  out[0] = static_cast<uint8_t>(0x80 | (extension ? 0x10 : 0) | csrcs);
  store_be16(&out[2], sequence);
  store_be32(&out[8], ssrc);
  if (extension) {
    const uint16_t words = static_cast<uint16_t>(random.below(5));
    const size_t at = out.size();
    out.resize(at + 4 + 4 * words, 0x33);
    store_be16(&out[at], 0xbede);
    store_be16(&out[at + 2], words);
  }
  Bytes payload(random.below(1200));
  random.fill(payload);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Bytes random_rtcp(Random& random, uint32_t ssrc) {
  Bytes out(8 + 4 * random.below(50));
  random.fill(out);
  out[0] = 0x80;
  out[1] = 200;
  store_be16(&out[2], static_cast<uint16_t>(out.size() / 4 - 1));
  store_be32(&out[4], ssrc);
  return out;
}

template <class Protect>
std::optional<Bytes> in_place(Bytes packet, Protect protect) {
  const size_t size = packet.size();
  packet.resize(size + kSrtpMaxTrailer);
  const auto out = protect(MutableByteSpan(packet), size);
  if (!out) return std::nullopt;
  return Bytes(out->begin(), out->end());
}

TEST(SrtpOracle, ProtectsToTheSameBytes) {
  SeededRandom random(21);
  for (const SrtpSuite suite : kSuites) {
    const SrtpKey key = SrtpKey::generate(suite, random);
    Oracle oracle(key, ssrc_any_outbound);
    SrtpSender sender(key);
    uint16_t sequence = 64000;
    for (int i = 0; i < 3000; ++i) {
      sequence = static_cast<uint16_t>(sequence + 1 + random.below(3));
      const Bytes plain = random_rtp(random, sequence, 0x1000 + random.below(3));
      const auto ours = in_place(plain, [&](auto b, size_t n) { return sender.protect_rtp(b, n); });
      ASSERT_EQ(ours, oracle.run(srtp_protect, plain)) << i;
    }
  }
}

TEST(SrtpOracle, ReadsControlPacketsBothWays) {
  SeededRandom random(22);
  for (const SrtpSuite suite : kSuites) {
    const SrtpKey key = SrtpKey::generate(suite, random);
    Oracle oracle_out(key, ssrc_any_outbound), oracle_in(key, ssrc_any_inbound);
    SrtpSender sender(key);
    SrtpReceiver receiver(key);
    for (int i = 0; i < 500; ++i) {
      const Bytes plain = random_rtcp(random, 0x2000 + random.below(3));
      const auto ours =
          in_place(plain, [&](auto b, size_t n) { return sender.protect_rtcp(b, n); });
      ASSERT_TRUE(ours);
      ASSERT_EQ(oracle_in.run(srtp_unprotect_rtcp, *ours), plain) << i;
      auto theirs = oracle_out.run(srtp_protect_rtcp, plain);
      ASSERT_TRUE(theirs);
      const auto read = receiver.unprotect_rtcp(*theirs);
      ASSERT_TRUE(read);
      ASSERT_EQ(Bytes(read->begin(), read->end()), plain) << i;
    }
  }
}

// Loss, reordering, repetition, damage and a wrap: the same verdict on each packet.
TEST(SrtpOracle, GivesTheSameVerdictOnABadNetwork) {
  SeededRandom random(23);
  for (const SrtpSuite suite : kSuites) {
    const SrtpKey key = SrtpKey::generate(suite, random);
    Oracle out(key, ssrc_any_outbound), in(key, ssrc_any_inbound);
    SrtpReceiver receiver(key);
    std::vector<Bytes> flying;
    uint16_t sequence = 65400;
    size_t read = 0, refused = 0;
    for (int i = 0; i < 6000; ++i) {
      sequence = static_cast<uint16_t>(sequence + 1 + random.below(20));
      Bytes plain = random_rtp(random, sequence, 0x3000);
      plain.resize(std::min<size_t>(plain.size(), 200));
      if (auto sealed = out.run(srtp_protect, plain)) flying.push_back(*sealed);
      if (flying.size() < 20) continue;
      const size_t which = random.below(static_cast<uint32_t>(flying.size()));
      Bytes packet = flying[which];
      if (random.below(10) != 0 || flying.size() > 100) {  // else it will come again
        flying.erase(flying.begin() + static_cast<ptrdiff_t>(which));
      }
      if (random.below(10) == 0) continue;  // lost
      if (random.below(10) == 0) {
        packet[random.below(static_cast<uint32_t>(packet.size()))] ^= 0x40;
      }
      const auto expected = in.run(srtp_unprotect, packet);
      const auto got = receiver.unprotect_rtp(packet);
      ASSERT_EQ(got.has_value(), expected.has_value()) << i;
      if (got) {
        ASSERT_EQ(Bytes(got->begin(), got->end()), *expected) << i;
      }
      ++(got ? read : refused);
    }
    EXPECT_GT(read, 3000u);
    EXPECT_GT(refused, 300u);
  }
}

}  // namespace
}  // namespace patchcord::rtc

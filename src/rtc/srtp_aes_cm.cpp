// SPDX-License-Identifier: GPL-3.0-or-later
#include <openssl/crypto.h>

#include "rtc/srtp_aes_cm_impl.h"

namespace patchcord::rtc {
namespace {

uint32_t rtp_ssrc(ByteSpan packet) {
  return load_be32(&packet[8]);
}
uint32_t rtcp_ssrc(ByteSpan packet) {
  return load_be32(&packet[4]);
}

bool equal(ByteSpan given, const HmacSha1::Tag& expected) {
  return CRYPTO_memcmp(given.data(), expected.data(), given.size()) == 0;
}

// The rollover counter is authenticated though it is not sent (RFC 3711 section 4.2).
std::array<uint8_t, 4> rollover(uint64_t index) {
  std::array<uint8_t, 4> out;
  store_be32(out.data(), static_cast<uint32_t>(index >> 16));
  return out;
}

}  // namespace

SrtpAesCm::Flow::Flow(const SrtpSessionKeys& keys)
    : cipher(make_cipher(EVP_aes_128_ctr(), keys.cipher.data(), 1)),
      hmac(keys.auth),
      salt(keys.salt) {}

void SrtpAesCm::Flow::crypt(uint32_t ssrc, uint64_t index, MutableByteSpan bytes) {
  // RFC 3711 section 4.1.1: IV = salt * 2^16 xor SSRC * 2^64 xor index * 2^16.
  std::array<uint8_t, 16> iv{};
  store_be32(&iv[4], ssrc);
  store_be16(&iv[8], static_cast<uint16_t>(index >> 32));
  store_be32(&iv[10], static_cast<uint32_t>(index));
  for (size_t i = 0; i < salt.size(); ++i) iv[i] ^= salt[i];
  int size = 0;
  EVP_EncryptInit_ex(cipher.get(), nullptr, nullptr, nullptr, iv.data());
  EVP_EncryptUpdate(cipher.get(), bytes.data(), &size, bytes.data(),
                    static_cast<int>(bytes.size()));
}

SrtpAesCm::SrtpAesCm(const SrtpSessionKeys& rtp, const SrtpSessionKeys& rtcp)
    : rtp_(rtp), rtcp_(rtcp) {}

void SrtpAesCm::seal_rtp(MutableByteSpan packet, size_t header, uint64_t index) {
  const MutableByteSpan covered = packet.first(packet.size() - kTagSize);
  rtp_.crypt(rtp_ssrc(packet), index, covered.subspan(header));
  const auto tag = rtp_.hmac.tag(covered, rollover(index));
  std::memcpy(packet.last(kTagSize).data(), tag.data(), kTagSize);
}

bool SrtpAesCm::open_rtp(MutableByteSpan packet, size_t header, uint64_t index) {
  const MutableByteSpan covered = packet.first(packet.size() - kTagSize);
  if (!equal(packet.last(kTagSize), rtp_.hmac.tag(covered, rollover(index)))) return false;
  rtp_.crypt(rtp_ssrc(packet), index, covered.subspan(header));
  return true;
}

void SrtpAesCm::seal_rtcp(MutableByteSpan packet, uint32_t index) {
  const MutableByteSpan covered = packet.first(packet.size() - kTagSize);
  const MutableByteSpan plain = covered.first(covered.size() - kSrtcpIndexSize);
  rtcp_.crypt(rtcp_ssrc(packet), index, plain.subspan(kSrtcpHeaderSize));
  store_be32(covered.last(kSrtcpIndexSize).data(), kSrtcpEncrypted | index);
  const auto tag = rtcp_.hmac.tag(covered);
  std::memcpy(packet.last(kTagSize).data(), tag.data(), kTagSize);
}

bool SrtpAesCm::open_rtcp(MutableByteSpan packet) {
  const MutableByteSpan covered = packet.first(packet.size() - kTagSize);
  if (!equal(packet.last(kTagSize), rtcp_.hmac.tag(covered))) return false;
  const uint32_t index = rtcp_index_word(packet) & ~kSrtcpEncrypted;
  const MutableByteSpan plain = covered.first(covered.size() - kSrtcpIndexSize);
  rtcp_.crypt(rtcp_ssrc(packet), index, plain.subspan(kSrtcpHeaderSize));
  return true;
}

uint32_t SrtpAesCm::rtcp_index_word(ByteSpan packet) const {
  return load_be32(packet.last(kSrtcpIndexSize + kTagSize).data());
}

}  // namespace patchcord::rtc

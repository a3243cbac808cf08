// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/srtp_aes_gcm_impl.h"

#include <algorithm>

namespace patchcord::rtc {

SrtpAesGcm::Flow::Flow(size_t key_size, const SrtpSessionKeys& keys, SrtpDirection direction)
    : cipher(make_cipher(key_size == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm(), keys.cipher.data(),
                         direction == SrtpDirection::kSeal ? 1 : 0)) {
  std::copy_n(keys.salt.begin(), salt.size(), salt.begin());
}

void SrtpAesGcm::Flow::begin(uint32_t ssrc, uint64_t index) {
  std::array<uint8_t, kIvSize> iv{};
  store_be32(&iv[2], ssrc);
  store_be16(&iv[6], static_cast<uint16_t>(index >> 32));
  store_be32(&iv[8], static_cast<uint32_t>(index));
  for (size_t i = 0; i < iv.size(); ++i) iv[i] ^= salt[i];
  constexpr int kSameDirection = -1;
  EVP_CipherInit_ex(cipher.get(), nullptr, nullptr, nullptr, iv.data(), kSameDirection);
}

void SrtpAesGcm::Flow::associate(ByteSpan bytes) {
  int size = 0;
  EVP_CipherUpdate(cipher.get(), nullptr, &size, bytes.data(), static_cast<int>(bytes.size()));
}

void SrtpAesGcm::Flow::crypt(MutableByteSpan bytes) {
  int size = 0;
  EVP_CipherUpdate(cipher.get(), bytes.data(), &size, bytes.data(), static_cast<int>(bytes.size()));
}

void SrtpAesGcm::Flow::finish(MutableByteSpan tag) {
  int size = 0;
  EVP_CipherFinal_ex(cipher.get(), tag.data(), &size);
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, tag.data());
}

bool SrtpAesGcm::Flow::finish_with(MutableByteSpan tag) {
  int size = 0;
  std::array<uint8_t, kTagSize> nothing;
  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data());
  return EVP_CipherFinal_ex(cipher.get(), nothing.data(), &size) == 1;
}

SrtpAesGcm::SrtpAesGcm(size_t key_size, const SrtpSessionKeys& rtp, const SrtpSessionKeys& rtcp,
                       SrtpDirection direction)
    : rtp_(key_size, rtp, direction), rtcp_(key_size, rtcp, direction) {}

void SrtpAesGcm::seal_rtp(MutableByteSpan packet, size_t header, uint64_t index) {
  rtp_.begin(load_be32(&packet[8]), index);
  rtp_.associate(packet.first(header));
  rtp_.crypt(packet.subspan(header, packet.size() - header - kTagSize));
  rtp_.finish(packet.last(kTagSize));
}

bool SrtpAesGcm::open_rtp(MutableByteSpan packet, size_t header, uint64_t index) {
  rtp_.begin(load_be32(&packet[8]), index);
  rtp_.associate(packet.first(header));
  rtp_.crypt(packet.subspan(header, packet.size() - header - kTagSize));
  return rtp_.finish_with(packet.last(kTagSize));
}

// RFC 7714 section 9.2: the associated data are the first eight bytes and the word "E, index",
// which stands behind the tag.
void SrtpAesGcm::seal_rtcp(MutableByteSpan packet, uint32_t index) {
  const MutableByteSpan word = packet.last(kSrtcpIndexSize);
  store_be32(word.data(), kSrtcpEncrypted | index);
  const MutableByteSpan sealed = packet.first(packet.size() - kSrtcpIndexSize);
  rtcp_.begin(load_be32(&packet[4]), index);
  rtcp_.associate(packet.first(kSrtcpHeaderSize));
  rtcp_.associate(word);
  rtcp_.crypt(sealed.subspan(kSrtcpHeaderSize, sealed.size() - kSrtcpHeaderSize - kTagSize));
  rtcp_.finish(sealed.last(kTagSize));
}

bool SrtpAesGcm::open_rtcp(MutableByteSpan packet) {
  const MutableByteSpan word = packet.last(kSrtcpIndexSize);
  const MutableByteSpan sealed = packet.first(packet.size() - kSrtcpIndexSize);
  rtcp_.begin(load_be32(&packet[4]), rtcp_index_word(packet) & ~kSrtcpEncrypted);
  rtcp_.associate(packet.first(kSrtcpHeaderSize));
  rtcp_.associate(word);
  rtcp_.crypt(sealed.subspan(kSrtcpHeaderSize, sealed.size() - kSrtcpHeaderSize - kTagSize));
  return rtcp_.finish_with(sealed.last(kTagSize));
}

uint32_t SrtpAesGcm::rtcp_index_word(ByteSpan packet) const {
  return load_be32(packet.last(kSrtcpIndexSize).data());
}

}  // namespace patchcord::rtc

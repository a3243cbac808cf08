// SPDX-License-Identifier: GPL-3.0-or-later
// SrtpAesGcm: AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714).
// Thread: that of the owner. Private to rtc/.
#pragma once

#include "rtc/openssl_handles_impl.h"
#include "rtc/srtp_transform.h"

namespace patchcord::rtc {

class SrtpAesGcm final : public SrtpTransform {
 public:
  // `key_size`: 16 or 32 bytes.
  SrtpAesGcm(size_t key_size, const SrtpSessionKeys& rtp, const SrtpSessionKeys& rtcp,
             SrtpDirection direction);

  size_t tag_size() const override { return kTagSize; }
  void seal_rtp(MutableByteSpan packet, size_t header, uint64_t index) override;
  bool open_rtp(MutableByteSpan packet, size_t header, uint64_t index) override;
  void seal_rtcp(MutableByteSpan packet, uint32_t index) override;
  bool open_rtcp(MutableByteSpan packet) override;
  uint32_t rtcp_index_word(ByteSpan packet) const override;

 private:
  static constexpr size_t kTagSize = 16;
  static constexpr size_t kIvSize = 12;
  using Iv = std::array<uint8_t, kIvSize>;

  struct Flow {
    Flow(size_t key_size, const SrtpSessionKeys& keys, SrtpDirection direction);
    // RFC 7714 sections 8.1 and 9.1: two zero bytes, SSRC and index, xor salt.
    void begin(uint32_t ssrc, uint64_t index);
    void associate(ByteSpan bytes);
    void crypt(MutableByteSpan bytes);
    void finish(MutableByteSpan tag);       // sealing: writes the tag
    bool finish_with(MutableByteSpan tag);  // opening: is this the tag?

    CipherContext cipher;
    std::array<uint8_t, kIvSize> salt{};
  };

  Flow rtp_;
  Flow rtcp_;
};

}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
// SrtpAesCm: AES_CM_128_HMAC_SHA1_80 (RFC 3711): counter mode, then HMAC-SHA1 cut to 80 bits.
// Thread: that of the owner. Private to rtc/.
#pragma once

#include "rtc/hmac_sha1_impl.h"
#include "rtc/openssl_handles_impl.h"
#include "rtc/srtp_transform.h"

namespace patchcord::rtc {

class SrtpAesCm final : public SrtpTransform {
 public:
  SrtpAesCm(const SrtpSessionKeys& rtp, const SrtpSessionKeys& rtcp);

  size_t tag_size() const override { return kTagSize; }
  void seal_rtp(MutableByteSpan packet, size_t header, uint64_t index) override;
  bool open_rtp(MutableByteSpan packet, size_t header, uint64_t index) override;
  void seal_rtcp(MutableByteSpan packet, uint32_t index) override;
  bool open_rtcp(MutableByteSpan packet) override;
  uint32_t rtcp_index_word(ByteSpan packet) const override;

 private:
  static constexpr size_t kTagSize = 10;

  struct Flow {
    explicit Flow(const SrtpSessionKeys& keys);
    // Counter mode: the same act encrypts and decrypts.
    void crypt(uint32_t ssrc, uint64_t index, MutableByteSpan bytes);

    CipherContext cipher;
    HmacSha1 hmac;
    std::array<uint8_t, 14> salt;
  };

  Flow rtp_;
  Flow rtcp_;
};

}  // namespace patchcord::rtc

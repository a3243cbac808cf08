// SPDX-License-Identifier: GPL-3.0-or-later
// HmacSha1: HMAC-SHA1 (RFC 2104) under a kept key. Private to rtc/: STUN integrity and AES-CM SRTP.
// The two hash states that depend on the key alone are worked out once; a packet copies 2 x 96
// bytes. OpenSSL's EVP_MAC allocates per packet and takes twice the time
// (0.21 against 0.10 us for a voice packet), so the older plain structs are used, in this one
// place.
// Thread: any (a value). tag() changes nothing.
#pragma once

#include <openssl/sha.h>

#include <array>

#include "core/bytes.h"

namespace patchcord::rtc {

class HmacSha1 {
 public:
  using Tag = std::array<uint8_t, 20>;

  explicit HmacSha1(ByteSpan key);
  HmacSha1(const HmacSha1&) = default;
  HmacSha1& operator=(const HmacSha1&) = default;
  ~HmacSha1();

  Tag tag(ByteSpan first, ByteSpan second = {}) const;

 private:
  SHA_CTX inner_;
  SHA_CTX outer_;
};

}  // namespace patchcord::rtc

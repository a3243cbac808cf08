// SPDX-License-Identifier: GPL-3.0-or-later
#define OPENSSL_SUPPRESS_DEPRECATED  // why: see the header
#include <openssl/crypto.h>

#include "rtc/hmac_sha1_impl.h"

namespace patchcord::rtc {
namespace {

using Block = std::array<uint8_t, SHA_CBLOCK>;

void begin(SHA_CTX& state, Block block, uint8_t pad) {
  for (uint8_t& byte : block) byte ^= pad;
  SHA1_Init(&state);
  SHA1_Update(&state, block.data(), block.size());
  OPENSSL_cleanse(block.data(), block.size());
}

}  // namespace

HmacSha1::HmacSha1(ByteSpan key) {
  Block block{};
  if (key.size() > block.size()) {
    SHA1(key.data(), key.size(), block.data());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  begin(inner_, block, 0x36);
  begin(outer_, block, 0x5c);
  OPENSSL_cleanse(block.data(), block.size());
}

HmacSha1::~HmacSha1() {
  OPENSSL_cleanse(&inner_, sizeof inner_);
  OPENSSL_cleanse(&outer_, sizeof outer_);
}

HmacSha1::Tag HmacSha1::tag(ByteSpan first, ByteSpan second) const {
  Tag out;
  SHA_CTX state = inner_;
  SHA1_Update(&state, first.data(), first.size());
  SHA1_Update(&state, second.data(), second.size());
  SHA1_Final(out.data(), &state);
  state = outer_;
  SHA1_Update(&state, out.data(), out.size());
  SHA1_Final(out.data(), &state);
  return out;
}

}  // namespace patchcord::rtc

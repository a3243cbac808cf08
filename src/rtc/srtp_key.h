// SPDX-License-Identifier: GPL-3.0-or-later
// SrtpKey: a master key and salt with the suite they are for, drawn at random, exported by DTLS
// (RFC 5764) or written in SDP (SDES, RFC 4568 and RFC 7714 section 14). Wiped when it dies.
// Only suites with an 80-bit or longer tag exist here: NULL ciphers and 32-bit tags cannot be
// named.
// Thread: any (a value).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/bytes.h"
#include "core/random.h"
#include "core/result.h"

namespace patchcord::rtc {

enum class SrtpSuite : uint8_t {
  kAeadAes128Gcm,    // RFC 7714
  kAeadAes256Gcm,    // RFC 7714
  kAes128CmSha1_80,  // RFC 3711
};

size_t master_key_size(SrtpSuite suite);   // bytes: 16 or 32
size_t master_salt_size(SrtpSuite suite);  // bytes: 12 (AEAD) or 14

class SrtpKey {
 public:
  // `key` and `salt` must have the sizes of the suite (a fault of ours otherwise).
  SrtpKey(SrtpSuite suite, ByteSpan key, ByteSpan salt);
  SrtpKey(const SrtpKey&) = default;
  SrtpKey& operator=(const SrtpKey&) = default;
  ~SrtpKey();

  static SrtpKey generate(SrtpSuite suite, Random& random);

  SrtpSuite suite() const { return suite_; }
  ByteSpan key() const { return ByteSpan(bytes_).first(master_key_size(suite_)); }
  ByteSpan salt() const {
    return ByteSpan(bytes_).subspan(master_key_size(suite_), master_salt_size(suite_));
  }
  bool operator==(const SrtpKey&) const = default;

 private:
  explicit SrtpKey(SrtpSuite suite) : suite_(suite) {}
  MutableByteSpan bytes();

  SrtpSuite suite_;
  std::array<uint8_t, 46> bytes_{};  // key, then salt; what is left stays zero
};

// The name in a=crypto: "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM".
std::string_view sdes_name(SrtpSuite suite);
// kUnsupported for any other name, the 32-bit tag included.
Result<SrtpSuite> parse_sdes_name(std::string_view name);

// "inline:" and the base64 of key and salt, as a=crypto carries it.
std::string sdes_inline(const SrtpKey& key);
// "inline:<base64>[|<lifetime>]". A lifetime is read over: a call ends long before 2^31 packets.
// kMalformed: not base64, or of another length than the suite wants. kUnsupported: an MKI, or
// several keys in one line.
Result<SrtpKey> parse_sdes_inline(SrtpSuite suite, std::string_view text);

}  // namespace patchcord::rtc

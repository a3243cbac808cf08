// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/srtp_key.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

#include "core/assert.h"

namespace patchcord::rtc {
namespace {

struct SuiteName {
  SrtpSuite suite;
  std::string_view name;
};
constexpr SuiteName kNames[] = {
    {SrtpSuite::kAeadAes128Gcm, "AEAD_AES_128_GCM"},
    {SrtpSuite::kAeadAes256Gcm, "AEAD_AES_256_GCM"},
    {SrtpSuite::kAes128CmSha1_80, "AES_CM_128_HMAC_SHA1_80"},
};
constexpr std::string_view kInline = "inline:";

size_t size_of(SrtpSuite suite) {
  return master_key_size(suite) + master_salt_size(suite);
}

bool is_base64(std::string_view text) {
  const size_t end = text.find_last_not_of('=');
  const std::string_view letters = text.substr(0, end == std::string_view::npos ? 0 : end + 1);
  return text.size() - letters.size() <= 2 &&
         std::all_of(letters.begin(), letters.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
         });
}

}  // namespace

size_t master_key_size(SrtpSuite suite) {
  return suite == SrtpSuite::kAeadAes256Gcm ? 32 : 16;
}
size_t master_salt_size(SrtpSuite suite) {
  return suite == SrtpSuite::kAes128CmSha1_80 ? 14 : 12;
}

SrtpKey::SrtpKey(SrtpSuite suite, ByteSpan key, ByteSpan salt) : suite_(suite) {
  PATCHCORD_ASSERT(key.size() == master_key_size(suite) && salt.size() == master_salt_size(suite));
  Writer writer(bytes());
  writer.bytes(key);
  writer.bytes(salt);
}

SrtpKey::~SrtpKey() {
  OPENSSL_cleanse(bytes_.data(), bytes_.size());
}

SrtpKey SrtpKey::generate(SrtpSuite suite, Random& random) {
  SrtpKey out(suite);
  random.fill(out.bytes());
  return out;
}

MutableByteSpan SrtpKey::bytes() {
  return MutableByteSpan(bytes_).first(size_of(suite_));
}

std::string_view sdes_name(SrtpSuite suite) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const SuiteName& n) { return n.suite == suite; });
  return found->name;
}

Result<SrtpSuite> parse_sdes_name(std::string_view name) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const SuiteName& n) { return n.name == name; });
  if (found == std::end(kNames)) {
    return {ErrorCode::kUnsupported, "an SRTP suite that is not used here"};
  }
  return found->suite;
}

std::string sdes_inline(const SrtpKey& key) {
  std::array<uint8_t, 46> plain;
  const auto end = std::copy(key.key().begin(), key.key().end(), plain.begin());
  std::copy(key.salt().begin(), key.salt().end(), end);
  std::array<uint8_t, 65> text;  // 64 letters for 46 bytes, and the zero EVP_EncodeBlock adds
  const int size =
      EVP_EncodeBlock(text.data(), plain.data(), static_cast<int>(size_of(key.suite())));
  std::string out(kInline);
  out.append(as_text(ByteSpan(text).first(static_cast<size_t>(size))));
  OPENSSL_cleanse(plain.data(), plain.size());
  OPENSSL_cleanse(text.data(), text.size());
  return out;
}

Result<SrtpKey> parse_sdes_inline(SrtpSuite suite, std::string_view text) {
  if (!text.starts_with(kInline)) return {ErrorCode::kMalformed, "a key that is not inline:"};
  text.remove_prefix(kInline.size());
  if (text.find(';') != std::string_view::npos) {
    return {ErrorCode::kUnsupported, "several keys in one a=crypto"};
  }
  const size_t bar = text.find('|');
  const std::string_view base64 = text.substr(0, bar);
  // RFC 4568 section 6.1: "|" lifetime, "|" MKI ":" length; only the MKI has a colon.
  if (bar != std::string_view::npos && text.find(':', bar) != std::string_view::npos) {
    return {ErrorCode::kUnsupported, "an SRTP key with an MKI"};
  }
  const size_t wanted = size_of(suite);
  if (base64.size() != (wanted + 2) / 3 * 4 || !is_base64(base64)) {
    return {ErrorCode::kMalformed, "an SRTP key that is not base64 of the right length"};
  }
  std::array<uint8_t, 48> plain{};
  EVP_DecodeBlock(plain.data(), reinterpret_cast<const uint8_t*>(base64.data()),
                  static_cast<int>(base64.size()));
  const size_t padding = base64.size() - base64.find_last_not_of('=') - 1;
  if (base64.size() / 4 * 3 - padding != wanted) {
    return {ErrorCode::kMalformed, "an SRTP key of the wrong length"};
  }
  const ByteSpan bytes = ByteSpan(plain).first(wanted);
  SrtpKey key(suite, bytes.first(master_key_size(suite)), bytes.subspan(master_key_size(suite)));
  OPENSSL_cleanse(plain.data(), plain.size());
  return key;
}

}  // namespace patchcord::rtc

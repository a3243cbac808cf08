// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/srtp_transform.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "rtc/srtp_aes_cm_impl.h"
#include "rtc/srtp_aes_gcm_impl.h"

namespace patchcord::rtc {
namespace {

// RFC 3711 section 4.3.2; the labels of RTP, to which SRTCP adds 3.
constexpr uint8_t kLabelCipher = 0, kLabelAuth = 1, kLabelSalt = 2, kRtcpLabels = 3;

// One run of the key derivation: AES in counter mode over x * 2^16, x = label << 48 xor salt
// (RFC 3711 section 4.3.3). The 96-bit salt of AEAD stands at the left (RFC 7714 section 11).
void derive(EVP_CIPHER_CTX* context, ByteSpan salt, uint8_t label, MutableByteSpan out) {
  std::array<uint8_t, 16> x{};
  std::copy(salt.begin(), salt.end(), x.begin());
  x[7] ^= label;
  int size = 0;
  std::fill(out.begin(), out.end(), uint8_t{0});
  EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, x.data());
  EVP_EncryptUpdate(context, out.data(), &size, out.data(), static_cast<int>(out.size()));
}

}  // namespace

SrtpSessionKeys::~SrtpSessionKeys() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(salt.data(), salt.size());
  OPENSSL_cleanse(auth.data(), auth.size());
}

SrtpSessionKeys derive_session_keys(const SrtpKey& master, SrtpFlow flow) {
  const auto labels = flow == SrtpFlow::kRtcp ? kRtcpLabels : uint8_t{0};
  const SrtpSuite suite = master.suite();
  const CipherContext context = make_cipher(
      master.key().size() == 32 ? EVP_aes_256_ctr() : EVP_aes_128_ctr(), master.key().data(), 1);
  SrtpSessionKeys out;
  const auto run = [&](uint8_t label, MutableByteSpan part) {
    derive(context.get(), master.salt(), static_cast<uint8_t>(labels + label), part);
  };
  run(kLabelCipher, MutableByteSpan(out.cipher).first(master_key_size(suite)));
  run(kLabelAuth, out.auth);
  run(kLabelSalt, MutableByteSpan(out.salt).first(master_salt_size(suite)));
  return out;
}

std::unique_ptr<SrtpTransform> SrtpTransform::create(const SrtpKey& master,
                                                     SrtpDirection direction) {
  return create(master.suite(), derive_session_keys(master, SrtpFlow::kRtp),
                derive_session_keys(master, SrtpFlow::kRtcp), direction);
}

std::unique_ptr<SrtpTransform> SrtpTransform::create(SrtpSuite suite, const SrtpSessionKeys& rtp,
                                                     const SrtpSessionKeys& rtcp,
                                                     SrtpDirection direction) {
  if (suite == SrtpSuite::kAes128CmSha1_80) return std::make_unique<SrtpAesCm>(rtp, rtcp);
  return std::make_unique<SrtpAesGcm>(master_key_size(suite), rtp, rtcp, direction);
}

}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/certificate_impl.h"
#include "rtc/dtls_context_impl.h"

namespace patchcord::rtc {
namespace {

constexpr char kCiphers[] =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384";
constexpr char kGroups[] = "X25519:P-256:P-384";
// The server's order wins. AES-GCM first: cheaper than counter mode with HMAC, and a longer tag.
constexpr char kSrtpProfiles[] =
    "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80";
constexpr long kMaxCertificate = 16 * 1024;  // bounds what a peer can make OpenSSL assemble

// The chain says nothing in WebRTC: the fingerprint does, and the transport compares it.
int accept_any_certificate(X509_STORE_CTX*, void*) {
  return 1;
}

void set_policy(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, kMaxCertificate);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, &accept_any_certificate, nullptr);
}

}  // namespace

DtlsContext::DtlsContext(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {}
DtlsContext::DtlsContext(DtlsContext&&) noexcept = default;
DtlsContext& DtlsContext::operator=(DtlsContext&&) noexcept = default;
DtlsContext::~DtlsContext() = default;

Result<DtlsContext> DtlsContext::create(const Certificate& certificate) {
  auto handles = std::make_unique<Handles>();
  handles->context.reset(SSL_CTX_new(DTLS_method()));
  SSL_CTX* context = handles->context.get();
  if (!context || SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context, kCiphers) != 1 ||
      SSL_CTX_set1_groups_list(context, kGroups) != 1 ||
      SSL_CTX_set_tlsext_use_srtp(context, kSrtpProfiles) != 0 ||  // 0 is success here
      SSL_CTX_use_certificate(context, certificate.handles_->x509.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, certificate.handles_->key.get()) != 1) {
    return {ErrorCode::kExhausted, "OpenSSL could not make a DTLS context"};
  }
  set_policy(context);
  return DtlsContext(std::move(handles));
}

}  // namespace patchcord::rtc

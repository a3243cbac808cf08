// SPDX-License-Identifier: GPL-3.0-or-later
// Our side of DTLS against peers we did not write: OpenSSL clients and servers, each bent in one
// way.
#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <functional>

#include "rtc/dtls.h"
#include "rtc/dtls_bio_impl.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

const SocketAddress kPeer = *SocketAddress::parse("192.0.2.2:20000");
constexpr char kAllProfiles[] =
    "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_32";

const DtlsContext& our_context() {
  static const auto kContext =
      DtlsContext::create(*Certificate::generate(WallTime(std::chrono::hours(24 * 20000))));
  return *kContext;
}

void give_certificate(SSL_CTX* context, EVP_PKEY* made) {
  const PrivateKey key(made);
  const X509Handle x509(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(x509.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x509.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(x509.get()), 3600);
  X509_set_pubkey(x509.get(), key.get());
  ASSERT_GT(X509_sign(x509.get(), key.get(), EVP_sha256()), 0);
  ASSERT_EQ(SSL_CTX_use_certificate(context, x509.get()), 1);
  ASSERT_EQ(SSL_CTX_use_PrivateKey(context, key.get()), 1);
}

// A stranger's association, and the two of them talking on a perfect line.
class Stranger {
 public:
  Stranger(DtlsRole role, const std::function<void(SSL_CTX*)>& bend) {
    context_.reset(SSL_CTX_new(DTLS_method()));
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    bend(context_.get());
    ssl_.reset(SSL_new(context_.get()));
    BioHandle bio = bio_.handle();
    SSL_set_bio(ssl_.get(), bio.get(), bio.get());
    bio.release();
    SSL_set_options(ssl_.get(), SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl_.get(), 1200);
    if (role == DtlsRole::kClient) {
      SSL_set_connect_state(ssl_.get());
    } else {
      SSL_set_accept_state(ssl_.get());
    }
  }

  // True if both sides came to the end.
  bool meet(Dtls& ours) {
    RecordingSink sink;
    const Route route{sink, kPeer};
    const MonoTime now{};
    ours.start(now, route);
    bool complete = false;
    for (int turn = 0; turn < 10; ++turn) {
      for (const auto& sent : std::exchange(sink.sent, {})) {
        bio_.offer(sent.bytes);
        complete |= SSL_do_handshake(ssl_.get()) == 1;
      }
      complete |= SSL_do_handshake(ssl_.get()) == 1;
      for (const auto& datagram : bio_.take_written()) ours.receive(datagram, now, route);
    }
    return complete && ours.state() == Dtls::State::kComplete;
  }

 private:
  DtlsBio bio_;
  SslContextHandle context_;
  SslHandle ssl_;
};

void all_profiles(SSL_CTX* context) {
  EXPECT_EQ(SSL_CTX_set_tlsext_use_srtp(context, kAllProfiles), 0);
}

void be_good(SSL_CTX* context) {
  give_certificate(context, EVP_EC_gen("P-256"));
  all_profiles(context);
}

TEST(DtlsPolicy, RefusesWeakPeers) {
  struct {
    const char* what;
    std::function<void(SSL_CTX*)> bend;
  } const rows[] = {
      {"no certificate", all_profiles},
      {"DTLS 1.0",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_security_level(c, 0);
         SSL_CTX_set_min_proto_version(c, DTLS1_VERSION);
         SSL_CTX_set_max_proto_version(c, DTLS1_VERSION);
       }},
      {"no use_srtp", [](SSL_CTX* c) { give_certificate(c, EVP_EC_gen("P-256")); }},
      {"a 32-bit tag only",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_tlsext_use_srtp(c, "SRTP_AES128_CM_SHA1_32");
       }},
      {"CBC only",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA");
       }},
      {"no encryption",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_security_level(c, 0);
         SSL_CTX_set_cipher_list(c, "eNULL");
       }},
      {"no forward secrecy",
       [](SSL_CTX* c) {
         give_certificate(c, EVP_RSA_gen(2048));
         all_profiles(c);
         SSL_CTX_set_cipher_list(c, "AES128-GCM-SHA256");
       }},
  };
  for (const auto& row : rows) {
    Dtls server(our_context(), DtlsRole::kServer);
    EXPECT_FALSE(Stranger(DtlsRole::kClient, row.bend).meet(server)) << row.what;
    EXPECT_EQ(server.state(), Dtls::State::kFailed) << row.what;
    EXPECT_NE(server.failure(), "") << row.what;
    EXPECT_FALSE(server.export_keys()) << row.what;
  }
}

TEST(DtlsPolicy, RefusesWeakServers) {
  struct {
    const char* what;
    std::function<void(SSL_CTX*)> bend;
  } const rows[] = {
      {"a 32-bit tag only",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_tlsext_use_srtp(c, "SRTP_AES128_CM_SHA1_32");
       }},
      {"CBC only",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-SHA");
       }},
  };
  for (const auto& row : rows) {
    Dtls client(our_context(), DtlsRole::kClient);
    EXPECT_FALSE(Stranger(DtlsRole::kServer, row.bend).meet(client)) << row.what;
    EXPECT_NE(client.state(), Dtls::State::kComplete) << row.what;
  }
}

TEST(DtlsPolicy, TakesGoodPeersAndTheSuiteWePrefer) {
  struct {
    const char* what;
    std::function<void(SSL_CTX*)> bend;
    SrtpSuite suite;
  } const rows[] = {
      {"AES-CM first in the list, as Chromium", be_good, SrtpSuite::kAeadAes128Gcm},
      {"AES-256 and AES-CM",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_tlsext_use_srtp(c, "SRTP_AES128_CM_SHA1_80:SRTP_AEAD_AES_256_GCM");
       },
       SrtpSuite::kAeadAes256Gcm},
      {"AES-CM with either tag",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_tlsext_use_srtp(c, "SRTP_AES128_CM_SHA1_32:SRTP_AES128_CM_SHA1_80");
       },
       SrtpSuite::kAes128CmSha1_80},
      {"an RSA certificate",
       [](SSL_CTX* c) {
         give_certificate(c, EVP_RSA_gen(2048));
         all_profiles(c);
       },
       SrtpSuite::kAeadAes128Gcm},
      {"ChaCha20 only",
       [](SSL_CTX* c) {
         be_good(c);
         SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-CHACHA20-POLY1305");
       },
       SrtpSuite::kAeadAes128Gcm},
  };
  for (const auto& row : rows) {
    Dtls server(our_context(), DtlsRole::kServer);
    ASSERT_TRUE(Stranger(DtlsRole::kClient, row.bend).meet(server))
        << row.what << ": " << server.failure();
    EXPECT_EQ(server.export_keys()->ours.suite(), row.suite) << row.what;
  }
}

TEST(DtlsPolicy, ConnectsToAForeignServer) {
  Dtls client(our_context(), DtlsRole::kClient);
  EXPECT_TRUE(Stranger(DtlsRole::kServer, be_good).meet(client)) << client.failure();
  EXPECT_EQ(client.export_keys()->ours.suite(), SrtpSuite::kAes128CmSha1_80)
      << "a server chooses, and this one by its own order";
}

}  // namespace
}  // namespace patchcord::rtc

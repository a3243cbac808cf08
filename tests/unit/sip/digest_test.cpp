// SPDX-License-Identifier: GPL-3.0-or-later
// Digest against the vectors of RFC 2617 3.5 and RFC 7616 3.9.1, and a table of every algorithm and
// qop computed apart from our code (Python hashlib); then what a client does with challenges.
#include "sip/digest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sip/headers.h"

namespace patchcord::sip {
namespace {

using Outcome = DigestClient::Outcome;
using Tried = DigestClient::Tried;

constexpr std::string_view kNonce7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
constexpr std::string_view kCnonce7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

struct Vector {
  const char* challenge;
  const char* user;
  const char* password;
  const char* method;
  const char* uri;
  const char* body;
  const char* cnonce;
  const char* response;
};

const char* const kBob = "Digest realm=\"biloxi.com\", nonce=\"84f1c1ae6cbe5ua9c8e88dfa3ecm3459\"";

class DigestVector : public testing::TestWithParam<Vector> {};

TEST_P(DigestVector, ClientAnswersAndServerVerifies) {
  const Vector& v = GetParam();
  const auto challenge = parse_challenge(v.challenge);
  ASSERT_TRUE(challenge);
  const DigestRequest request{v.method, v.uri, v.body};
  const Authorization ours = answer(*challenge, {v.user, v.password, ""}, request, 1, v.cnonce);
  EXPECT_EQ(ours.response, v.response);

  const auto received = parse_authorization(ours.to_string());
  ASSERT_TRUE(received) << ours.to_string();
  const std::string ha1 =
      digest_ha1(received->algorithm, received->username, received->realm, v.password);
  EXPECT_TRUE(verify(*received, request, ha1));
  EXPECT_FALSE(verify(*received, {"BYE", v.uri, v.body}, ha1));
  Authorization other_nonce = *received;
  other_nonce.nonce += "x";
  EXPECT_FALSE(verify(other_nonce, request, ha1));
  const std::string wrong =
      digest_ha1(received->algorithm, received->username, received->realm, "guess");
  EXPECT_FALSE(verify(*received, request, wrong));
}

constexpr const char* kRfc2617 =
    "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
    "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"";
const std::string kRfc2617Qop = std::string(kRfc2617) + ", qop=\"auth,auth-int\"";
const std::string kRfc7616 =
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", nonce=\"" +
    std::string(kNonce7616) + "\", algorithm=";
const std::string k7616Md5 = kRfc7616 + "MD5";
const std::string k7616Sha256 = kRfc7616 + "SHA-256";
const std::string k7616Sha512 = kRfc7616 + "SHA-512-256";

INSTANTIATE_TEST_SUITE_P(
    Rfc, DigestVector,
    testing::Values(Vector{kRfc2617Qop.c_str(), "Mufasa", "Circle Of Life", "GET",
                           "/dir/index.html", "", "0a4f113b", "6629fae49393a05397450978507c4ef1"},
                    Vector{kRfc2617, "Mufasa", "CircleOfLife", "GET", "/dir/index.html", "", "",
                           "1949323746fe6a43ef61f9606e7febea"},
                    Vector{k7616Md5.c_str(), "Mufasa", "Circle of Life", "GET", "/dir/index.html",
                           "", kCnonce7616.data(), "8ca523f5e9506fed4657c9700eebdbec"},
                    Vector{k7616Sha256.c_str(), "Mufasa", "Circle of Life", "GET",
                           "/dir/index.html", "", kCnonce7616.data(),
                           "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
                    // Not of the RFC: the same example, its hash computed with hashlib.
                    Vector{k7616Sha512.c_str(), "Mufasa", "Circle of Life", "GET",
                           "/dir/index.html", "", kCnonce7616.data(),
                           "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0"}));

struct Computed {
  const char* algorithm;
  const char* qop;  // nullptr: none
  const char* response;
};

class DigestTable : public testing::TestWithParam<Computed> {};

TEST_P(DigestTable, RegisterOfBob) {
  const Computed& c = GetParam();
  std::string text = std::string(kBob) + ", algorithm=" + c.algorithm;
  if (c.qop) text += ", qop=\"" + std::string(c.qop) + "\"";
  const auto challenge = parse_challenge(text);
  ASSERT_TRUE(challenge);
  const Authorization ours = answer(*challenge, {"bob", "zanzibar", "biloxi.com"},
                                    {"REGISTER", "sip:biloxi.com", "v=0\r\n"}, 1, "0a4f113b");
  EXPECT_EQ(ours.response, c.response);
  EXPECT_EQ(algorithm_name(ours.algorithm), c.algorithm);
}

INSTANTIATE_TEST_SUITE_P(
    All, DigestTable,
    testing::Values(Computed{"MD5", "auth", "23f8bf8464de2146273852c1daab45b1"},
                    Computed{"MD5", nullptr, "9dfa287359bff6a52f8b5b1333c2e27d"},
                    Computed{"MD5", "auth-int", "f1eb4ac41999a73cee39b55758131de4"},
                    Computed{"MD5-sess", "auth", "2d3d613532680de666c816eb6047f0b3"},
                    Computed{"MD5-sess", nullptr, "5ff9a3650a5a3ac64548d00fefc0436c"},
                    Computed{"SHA-256", "auth",
                             "798256878e7690882ea9e65b859ffcd4184c119416a4e1f839e0cff93258a1bb"},
                    Computed{"SHA-256", nullptr,
                             "bd637891ab6535fc8f52bcded3d184203ec01f34e9eb2b653073ed3dcd574dc2"},
                    Computed{"SHA-256", "auth-int",
                             "502e34249810991422e5233980e8e76c295efa054328b0a640947842b0cecff3"},
                    Computed{"SHA-256-sess", "auth",
                             "338abb9feae295772d813587ae76b509f8e1d870db7405770a52dfb465647861"},
                    Computed{"SHA-512-256", "auth",
                             "19b4ab95907420c2233e94c661b55a306fa85f058409d9a447958c60f55307fb"},
                    Computed{"SHA-512-256", nullptr,
                             "cfc0667a120648a6404378cd0d1b3dd3609c7f86599857f72fd83fa0ffc43116"},
                    Computed{"SHA-512-256", "auth-int",
                             "88cc4088088124e8a148e7bb700840e06be59fe304769e7f6177bea7080d11fd"},
                    Computed{"SHA-512-256-sess", "auth",
                             "4715f1a4cb23ed8e0cc9fd0b0c831b203533d2f8f9d46c25075e9d0ce7d89233"},
                    Computed{"SHA-512-256-sess", nullptr,
                             "fab1518af4cca2022c644ec497dcdc5d029c1aa81e32e41463b4f2c44269344e"}));

TEST(Challenge, WhatIsNotForUs) {
  const char* const kRefused[] = {
      "",
      "Digest",
      "Basic realm=\"x\"",
      "Digest realm=\"x\"",                                    // no nonce
      "Digest nonce=\"x\"",                                    // no realm
      "Digest realm=\"x\", nonce=\"n\", algorithm=AKAv1-MD5",  // unknown algorithm
      "Digest realm=\"x\", nonce=\"n\", qop=\"auth-conf\"",    // unknown qop
      "Digest realm=\"x\", nonce=\"n\", realm=\"y\"",          // two realms
      "Digest realm=\"x, nonce=\"n\"",                         // unterminated
      "Digest realm=\"x\" nonce=\"n\"",                        // no comma
      "Digest realm=\"x\", nonce=\"n\",",                      // nothing after it
      "Digestrealm=\"x\", nonce=\"n\"",
  };
  for (const char* text : kRefused) EXPECT_FALSE(parse_challenge(text)) << text;
}

TEST(Challenge, ReadsAndPrints) {
  const auto c = parse_challenge(
      "digest  REALM = \"a \\\"b\\\" c\" ,nonce=abc,stale=TRUE,algorithm=\"sha-256\","
      "qop=\"x, auth-int , auth\",domain=\"sip:a sip:b\", opaque=\"\"");
  ASSERT_TRUE(c);
  EXPECT_EQ(c->realm, "a \"b\" c");
  EXPECT_EQ(c->nonce, "abc");
  EXPECT_TRUE(c->stale);
  EXPECT_EQ(c->algorithm, DigestAlgorithm::kSha256);
  EXPECT_TRUE(c->offers_auth && c->offers_auth_int);
  EXPECT_EQ(c->to_string(),
            "Digest realm=\"a \\\"b\\\" c\", nonce=\"abc\", algorithm=SHA-256, "
            "qop=\"auth,auth-int\", stale=true");
}

TEST(Authorization, ReadsWhatRfc3261Shows) {
  const auto a = parse_authorization(
      "Digest username=\"bob\", realm=\"biloxi.com\", "
      "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
      "uri=\"sip:bob@biloxi.com\", qop=auth, nc=0000000A, cnonce=\"0a4f113b\", "
      "response=\"6629FAE49393A05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
  ASSERT_TRUE(a);
  EXPECT_EQ(a->nc, 10u);
  EXPECT_EQ(a->qop, Qop::kAuth);
  EXPECT_EQ(a->response, "6629fae49393a05397450978507c4ef1");
  EXPECT_EQ(a->uri, "sip:bob@biloxi.com");
}

TEST(Authorization, RefusesHalfAnswers) {
  const std::string base =
      "Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"00\"";
  EXPECT_TRUE(parse_authorization(base));
  EXPECT_FALSE(parse_authorization(base + ", qop=auth, nc=00000001"));   // no cnonce
  EXPECT_FALSE(parse_authorization(base + ", qop=auth, cnonce=\"c\""));  // no nc
  EXPECT_FALSE(parse_authorization(base + ", qop=auth, cnonce=\"c\", nc=123456789"));
  EXPECT_FALSE(parse_authorization(base + ", qop=other, cnonce=\"c\", nc=1"));
  EXPECT_FALSE(parse_authorization(base + ", algorithm=MD5-sess"));  // no cnonce
  EXPECT_FALSE(parse_authorization("Digest username=\"u\", realm=\"r\", nonce=\"n\", uri=\"u\""));
}

Message unauthorized(int status, const std::vector<std::string>& challenges) {
  std::string text = "SIP/2.0 " + std::to_string(status) +
                     " No\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                     "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n";
  for (const auto& c : challenges) {
    text += (status == 407 ? "Proxy-Authenticate: " : "WWW-Authenticate: ") + c + "\r\n";
  }
  return parse_message(text + "Content-Length: 0\r\n\r\n").message;
}

std::string challenge(const std::string& nonce, const std::string& more = "") {
  return "Digest realm=\"example.com\", nonce=\"" + nonce + "\", qop=\"auth\"" + more;
}

constexpr DigestRequest kRegister{"REGISTER", "sip:example.com", ""};

TEST(DigestClient, TakesTheStrongestWhateverTheOrder) {
  DigestClient client({"bob", "pw", "example.com"});
  SeededRandom random(1);
  EXPECT_EQ(client.authorization(kRegister, random), "");
  const auto response =
      unauthorized(401, {challenge("m"), challenge("s", ", algorithm=SHA-256"),
                         "Basic realm=\"example.com\"", challenge("x", ", algorithm=SHA-999")});
  ASSERT_EQ(client.challenged(response, Tried::kNo), Outcome::kRetry);
  EXPECT_EQ(client.header(), Header::kAuthorization);
  const auto sent = parse_authorization(client.authorization(kRegister, random));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->algorithm, DigestAlgorithm::kSha256);
  EXPECT_EQ(sent->nonce, "s");
}

TEST(DigestClient, CountsNcAndDrawsCnonces) {
  DigestClient client({"bob", "pw", ""});
  SeededRandom random(2);
  ASSERT_EQ(client.challenged(unauthorized(407, {challenge("n")}), Tried::kNo), Outcome::kRetry);
  EXPECT_EQ(client.header(), Header::kProxyAuthorization);
  const auto first = parse_authorization(client.authorization(kRegister, random));
  const auto second = parse_authorization(client.authorization(kRegister, random));
  EXPECT_EQ(first->nc, 1u);
  EXPECT_EQ(second->nc, 2u);
  EXPECT_NE(first->cnonce, second->cnonce);
  ASSERT_EQ(client.challenged(unauthorized(407, {challenge("n2", ", stale=true")}), Tried::kYes),
            Outcome::kRetry);
  EXPECT_EQ(parse_authorization(client.authorization(kRegister, random))->nc, 1u);
}

TEST(DigestClient, NeverAnswersAForeignRealm) {
  DigestClient client({"bob", "pw", "mine.example"});
  EXPECT_EQ(client.challenged(unauthorized(407, {challenge("n")}), Tried::kNo),
            Outcome::kUnsupported);
  EXPECT_FALSE(client.ready());
}

TEST(DigestClient, AWrongPasswordEndsIt) {
  DigestClient client({"bob", "pw", ""});
  SeededRandom random(3);
  ASSERT_EQ(client.challenged(unauthorized(401, {challenge("n")}), Tried::kNo), Outcome::kRetry);
  client.authorization(kRegister, random);
  EXPECT_EQ(client.challenged(unauthorized(401, {challenge("n2")}), Tried::kYes),
            Outcome::kRefused);
}

TEST(DigestClient, AServerThatCallsAllStaleEndsToo) {
  DigestClient client({"bob", "pw", ""});
  SeededRandom random(4);
  ASSERT_EQ(client.challenged(unauthorized(401, {challenge("n0")}), Tried::kNo), Outcome::kRetry);
  int retries = 0;
  for (int i = 1; i < 10; ++i) {
    client.authorization(kRegister, random);
    const auto again = unauthorized(401, {challenge("n" + std::to_string(i), ", stale=true")});
    if (client.challenged(again, Tried::kYes) != Outcome::kRetry) break;
    ++retries;
  }
  EXPECT_EQ(retries, 2);
}

TEST(DigestClient, AnOldNonceReplacedWithoutStaleIsTriedOnce) {
  DigestClient client({"bob", "pw", ""});
  SeededRandom random(5);
  ASSERT_EQ(client.challenged(unauthorized(401, {challenge("n")}), Tried::kNo), Outcome::kRetry);
  client.authorization(kRegister, random);
  client.authorization(kRegister, random);  // the refresh, an hour later
  EXPECT_EQ(client.challenged(unauthorized(401, {challenge("n2")}), Tried::kYes), Outcome::kRetry);
  client.authorization(kRegister, random);
  EXPECT_EQ(client.challenged(unauthorized(401, {challenge("n3")}), Tried::kYes),
            Outcome::kRefused);
}

}  // namespace
}  // namespace patchcord::sip

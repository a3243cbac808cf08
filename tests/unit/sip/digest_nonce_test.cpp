// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/digest_nonce.h"

#include <gtest/gtest.h>

namespace patchcord::sip {
namespace {

using State = DigestNonces::State;
using std::chrono::seconds;

const IpAddress kPhone = IpAddress::v4(192, 0, 2, 20), kOther = IpAddress::v4(192, 0, 2, 21);
const MonoTime kStart = MonoTime() + seconds(1000);

struct DigestNoncesTest : testing::Test {
  SeededRandom random{1};
  DigestNonces nonces{random};
};

TEST_F(DigestNoncesTest, KnowsItsOwnAndTheirAge) {
  const std::string nonce = nonces.issue(kPhone, kStart);
  EXPECT_EQ(nonces.judge(nonce, kPhone, kStart), State::kFresh);
  EXPECT_EQ(nonces.judge(nonce, kPhone, kStart + DigestNonces::kLifetime), State::kFresh);
  EXPECT_EQ(nonces.judge(nonce, kPhone, kStart + DigestNonces::kLifetime + seconds(1)),
            State::kOld);
}

TEST_F(DigestNoncesTest, ANonceIsForOneAddressAndOneServer) {
  const std::string nonce = nonces.issue(kPhone, kStart);
  EXPECT_EQ(nonces.judge(nonce, kOther, kStart), State::kForged);
  DigestNonces other(random);
  EXPECT_EQ(other.judge(nonce, kPhone, kStart), State::kForged);
}

TEST_F(DigestNoncesTest, NothingOfItCanBeChanged) {
  const std::string nonce = nonces.issue(kPhone, kStart);
  for (size_t i = 0; i < nonce.size(); ++i) {
    std::string changed = nonce;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_EQ(nonces.judge(changed, kPhone, kStart), State::kForged) << i;
  }
  for (const char* text : {"", "x", "00000000000000000000000000000000000000000"}) {
    EXPECT_EQ(nonces.judge(text, kPhone, kStart), State::kForged) << text;
  }
}

TEST_F(DigestNoncesTest, TwoAskersInOneSecondGetTwoNonces) {
  EXPECT_NE(nonces.issue(kPhone, kStart), nonces.issue(kPhone, kStart));
}

TEST_F(DigestNoncesTest, NoCountIsTakenTwice) {
  const std::string nonce = nonces.issue(kPhone, kStart);
  EXPECT_TRUE(nonces.take("bob", nonce, 1));
  EXPECT_FALSE(nonces.take("bob", nonce, 1)) << "a replay";
  EXPECT_TRUE(nonces.take("bob", nonce, 5)) << "some were lost";
  EXPECT_FALSE(nonces.take("bob", nonce, 4));
  const std::string plain = nonces.issue(kPhone, kStart);
  EXPECT_TRUE(nonces.take("bob", plain, 0));
  EXPECT_FALSE(nonces.take("bob", plain, 0)) << "without a count it is good once";
}

TEST_F(DigestNoncesTest, WhatIsForgottenIsNotTakenAgain) {
  const std::string first = nonces.issue(kPhone, kStart);
  ASSERT_TRUE(nonces.take("bob", first, 1));
  for (size_t i = 0; i < DigestNonces::kMaxPerUser; ++i) {
    ASSERT_TRUE(nonces.take("bob", nonces.issue(kPhone, kStart + seconds(1)), 1));
  }
  EXPECT_FALSE(nonces.take("bob", first, 1)) << "its count is not known any more";
  EXPECT_FALSE(nonces.take("bob", first, 2));
}

}  // namespace
}  // namespace patchcord::sip

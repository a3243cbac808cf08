// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/sign_in_guard.h"

#include <gtest/gtest.h>

namespace patchcord::legs {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr MonoTime kNow{seconds(1000)};
const IpAddress kHere = IpAddress::v4(192, 0, 2, 1);
const IpAddress kThere = IpAddress::v4(192, 0, 2, 2);

TEST(SignInGuard, FiveWrongPasswordsLockTheAccountForThatAddressOnly) {
  SignInGuard guard({});
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(guard.is_locked({"ann@a", kHere}, kNow));
    guard.failed({"ann@a", kHere}, kNow);
  }
  EXPECT_TRUE(guard.is_locked({"ann@a", kHere}, kNow));
  EXPECT_FALSE(guard.is_locked({"ann@a", kThere}, kNow)) << "a stranger does not lock out Ann";
  EXPECT_FALSE(guard.is_locked({"bob@a", kHere}, kNow)) << "nor her colleagues";
  EXPECT_FALSE(guard.is_locked({"ann@a", kHere}, kNow + minutes(5)));
}

TEST(SignInGuard, ManyAddressesAgainstOneAccountLockIt) {
  SignInGuard guard({});
  for (uint8_t i = 0; i < 50; ++i) guard.failed({"ann@a", IpAddress::v4(10, 0, 0, i)}, kNow);
  EXPECT_TRUE(guard.is_locked({"ann@a", kHere}, kNow));
  EXPECT_FALSE(guard.is_locked({"bob@a", kHere}, kNow));
}

TEST(SignInGuard, ManyAccountsFromOneAddressLockIt) {
  SignInGuard guard({});
  for (int i = 0; i < 100; ++i) guard.failed({std::to_string(i), kHere}, kNow);
  EXPECT_TRUE(guard.is_locked({"ann@a", kHere}, kNow));
  EXPECT_FALSE(guard.is_locked({"ann@a", kThere}, kNow));
}

TEST(SignInGuard, ASuccessForgivesTheAccountAtThatAddress) {
  SignInGuard guard({});
  for (int i = 0; i < 4; ++i) guard.failed({"ann@a", kHere}, kNow);
  guard.succeeded({"ann@a", kHere});
  for (int i = 0; i < 4; ++i) guard.failed({"ann@a", kHere}, kNow);
  EXPECT_FALSE(guard.is_locked({"ann@a", kHere}, kNow));
}

TEST(SignInGuard, ANetworkOfIpv6IsOneAddress) {
  SignInGuard guard({});
  for (int i = 0; i < 5; ++i) {
    const auto one = IpAddress::parse("2001:db8:1:2::" + std::to_string(i + 1));
    guard.failed({"ann@a", *one}, kNow);
  }
  EXPECT_TRUE(guard.is_locked({"ann@a", *IpAddress::parse("2001:db8:1:2:ffff::9")}, kNow));
  EXPECT_FALSE(guard.is_locked({"ann@a", *IpAddress::parse("2001:db8:1:3::1")}, kNow));
}

}  // namespace
}  // namespace patchcord::legs

// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/admission.h"

#include <gtest/gtest.h>

namespace patchcord::call {
namespace {

using std::chrono::seconds;

const Applicant kAnn{"ann@a", IpAddress::v4(192, 0, 2, 1)};
const Applicant kBob{"bob@a", IpAddress::v4(192, 0, 2, 1)};
const Applicant kOutside{};
constexpr MonoTime kNow{seconds(1000)};

TEST(Admission, AllCallsTogetherAreCounted) {
  Admission door({.calls = 2});
  door.begin(kAnn, kNow);
  EXPECT_FALSE(door.refusal(kOutside, kNow));
  door.begin(kOutside, kNow);
  EXPECT_EQ(door.refusal(kOutside, kNow), Reason::kOverloaded);
  door.end(kOutside);
  EXPECT_FALSE(door.refusal(kOutside, kNow));
}

TEST(Admission, AUserHasSoManyCallsAtOnce) {
  Admission door({.per_user = 2});
  door.begin(kAnn, kNow);
  door.begin(kAnn, kNow);
  EXPECT_EQ(door.refusal(kAnn, kNow), Reason::kTooManyCalls);
  EXPECT_FALSE(door.refusal(kBob, kNow));
  door.end(kAnn);
  EXPECT_FALSE(door.refusal(kAnn, kNow));
}

TEST(Admission, SoHasAnAddress) {
  Admission door({.per_address = 2});
  door.begin(kAnn, kNow);
  door.begin(kBob, kNow);
  EXPECT_EQ(door.refusal(kBob, kNow), Reason::kTooManyCalls);
  EXPECT_FALSE(door.refusal({"bob@a", IpAddress::v4(192, 0, 2, 2)}, kNow));
  EXPECT_FALSE(door.refusal(kOutside, kNow)) << "the network's calls have no such address";
}

TEST(Admission, AProxyOnThisMachineStandsForManyAddresses) {
  Admission door({.per_address = 1});
  const Applicant proxied{"ann@a", IpAddress::v4(127, 0, 0, 1)};
  door.begin(proxied, kNow);
  EXPECT_FALSE(door.refusal(proxied, kNow));
  door.end(proxied);
}

TEST(Admission, AUserBeginsSoManyAMinuteHoweverShort) {
  Admission door({.per_minute = 3});
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(door.refusal(kAnn, kNow + seconds(i)));
    door.begin(kAnn, kNow + seconds(i));
    door.end(kAnn);
  }
  EXPECT_EQ(door.refusal(kAnn, kNow + seconds(59)), Reason::kTooManyCalls);
  EXPECT_FALSE(door.refusal(kAnn, kNow + seconds(60))) << "the first is a minute old";
}

TEST(Admission, NobodyIsRememberedForLong) {
  Admission door({});
  for (int i = 0; i < 1000; ++i) {
    const Applicant one{std::to_string(i), IpAddress::v4(192, 0, 2, 1)};
    door.begin(one, kNow);
    door.end(one);
  }
  EXPECT_FALSE(door.refusal(kAnn, kNow + seconds(60)));
  EXPECT_EQ(door.users(), 0u);
}

TEST(Admission, WhoDrainsTakesNobody) {
  Admission door({});
  door.stop();
  EXPECT_EQ(door.refusal(kAnn, kNow), Reason::kDraining);
}

}  // namespace
}  // namespace patchcord::call

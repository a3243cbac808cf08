// SPDX-License-Identifier: GPL-3.0-or-later
// Browsers whose socket goes away, in the whole gateway over a simulated network: what becomes of
// their calls and registrations, and how they come back.
#include <gtest/gtest.h>

#include "house/sim_house.h"

namespace patchcord::test {
namespace {

using As = FakeBrowser::As;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Story = std::vector<std::string>;

struct InCall {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  std::string id = ann.call("100");

  InCall() {
    EXPECT_TRUE(house.until([&] { return call().told("talk"); }));
    house.run(seconds(1));
  }
  FakeCall& call() { return ann.calls[id]; }
  size_t heard() { return call().media ? call().media->heard.size() : 0; }
  size_t phone_heard() { return house.far.phone.heard.size(); }
  bool is_over() { return house.gateway->calls().size() == 0; }
};

TEST(HouseAway, T28_ACallOutlivesItsSocketAndGoesOnWhenThePageIsBack) {
  InCall at;
  at.ann.lose();
  const size_t heard = at.heard(), phone_heard = at.phone_heard();
  at.house.run(seconds(20));
  EXPECT_NEAR(static_cast<double>(at.heard() - heard), 1000, 20) << "sound without a gap";
  EXPECT_NEAR(static_cast<double>(at.phone_heard() - phone_heard), 1000, 20);
  EXPECT_EQ(at.house.gateway->user_agent().registration_count(), 1u);

  at.ann.come_back(As::kOurs);
  ASSERT_TRUE(at.house.until([&] { return at.ann.is_registered; }));
  EXPECT_TRUE(at.ann.user_data.resumed);
  EXPECT_EQ(at.ann.user_data.calls,
            (std::vector<wcs::KnownCall>{{at.id, wcs::CallStatus::kEstablished}}));
  at.house.run(seconds(90));
  EXPECT_FALSE(at.is_over()) << "no grace runs any more";
  at.ann.hangup(at.id);
  EXPECT_TRUE(at.house.until([&] { return at.call().finish.has_value(); }));
  EXPECT_EQ(at.call().story, (Story{"trying", "sdp", "ring", "talk", "talk", "finish"}));
}

TEST(HouseAway, T28_WithoutValidMediaACallEndsInTenSeconds) {
  InCall at;
  at.call().media.reset();  // killed: not even a goodbye
  at.ann.lose();
  at.house.run(seconds(8));
  EXPECT_FALSE(at.is_over());
  EXPECT_TRUE(at.house.until([&] { return at.is_over(); }, seconds(6)));
  at.house.run(seconds(1));
  EXPECT_EQ(at.house.far.ended.back().by, sip::EndedBy::kRemote) << "the phone had its BYE";
  EXPECT_TRUE(at.house.until(
      [&] { return at.house.gateway->user_agent().registration_count() == 0; }, seconds(8)));
}

TEST(HouseAway, WithMediaOnlyACallEndsAfterItsGraceByName) {
  InCall at;
  at.ann.lose();
  at.house.run(seconds(55));
  EXPECT_FALSE(at.is_over());
  EXPECT_TRUE(at.house.until([&] { return at.is_over(); }, seconds(10)));
  at.ann.come_back(As::kOurs);
  ASSERT_TRUE(at.house.until([&] { return at.call().finish.has_value(); }));
  EXPECT_EQ(at.call().finish->cause.reason, "session_gone");
  EXPECT_EQ(at.ann.user_data.calls,
            (std::vector<wcs::KnownCall>{{at.id, wcs::CallStatus::kFailed}}));
}

TEST(HouseAway, AHangupOfThePhoneMeanwhileIsToldAfterwards) {
  InCall at;
  at.ann.lose();
  at.house.far.hangup();
  ASSERT_TRUE(at.house.until([&] { return at.is_over(); }));
  EXPECT_FALSE(at.call().finish);
  at.ann.come_back(As::kOurs);
  ASSERT_TRUE(at.house.until([&] { return at.call().finish.has_value(); }));
  EXPECT_EQ(at.call().finish->cause.reason, "hangup");
  EXPECT_EQ(at.call().finish->cause.by, wcs::EndedBy::kRemote);
}

TEST(HouseAway, AClosedTabEndsItsCallAtOnce) {
  InCall at;
  at.call().media->close();  // close_notify
  at.ann.lose();
  EXPECT_TRUE(at.house.until([&] { return at.is_over(); }, seconds(2)));
}

TEST(HouseAway, T25_AReloadDoesNotRegisterAgain) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const int registrations = house.far.registrations;
  ann.lose();
  house.run(seconds(2));
  ann.come_back(As::kOurs);
  ASSERT_TRUE(house.until([&] { return ann.is_registered; }));
  house.run(seconds(10));
  EXPECT_EQ(house.far.registrations, registrations);
  EXPECT_EQ(house.far.unregistrations, 0);
  ann.lose();
  EXPECT_TRUE(house.until([&] { return house.gateway->user_agent().registration_count() == 0; },
                          seconds(10)));
}

TEST(HouseAway, T25_KeptAliveItsPhoneRingsUntilThePageIsBackAndAnswers) {
  SimHouse house(
      {.configure = [](app::Config& config) { config.limits.keep_alive = seconds(32); }});
  FakeBrowser& ann = house.browser();
  ann.keep_alive = true;
  ann.sign_in("1001", house.far.password, "10.0.0.2");
  ASSERT_TRUE(house.until([&] { return ann.is_registered; }));
  ann.lose();
  house.run(seconds(5));
  house.far.call("1001");
  house.run(seconds(20));
  EXPECT_EQ(house.gateway->calls().size(), 1u) << "it rings on";
  EXPECT_TRUE(ann.incoming.empty());
  ann.come_back(As::kVendors);
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  EXPECT_TRUE(ann.is_registered);
  EXPECT_EQ(ann.user_data.login, "1001");
  house.run(milliseconds(200));
  EXPECT_EQ(ann.calls[ann.incoming[0]].story, (Story{"sdp", "incoming", "ring"}));
  ann.answer(ann.incoming[0]);
  ASSERT_TRUE(house.until([&] { return house.far.is_up; }));
  house.run(seconds(2));
  EXPECT_GT(house.far.phone.heard.size(), 80u);
  ann.hangup(ann.incoming[0]);
  EXPECT_TRUE(house.until([&] { return house.gateway->calls().size() == 0; }));
}

TEST(HouseAway, WithoutKeepAliveWhatRingsForNobodyEnds) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  house.far.call("1001");
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  ann.lose();
  EXPECT_TRUE(house.until([&] { return house.gateway->calls().size() == 0; }, seconds(14)));
}

TEST(HouseAway, EachOfTwoBrowsersMayLoseItsSocketAtOnce) {
  SimHouse house;
  FakeBrowser& ann = house.browser();
  FakeBrowser& bob = house.browser();
  ann.sign_in("ann", "ann", "home");
  bob.sign_in("bob", "bob", "home");
  ASSERT_TRUE(house.until([&] { return ann.is_registered && bob.is_registered; }));
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return !bob.incoming.empty(); }));
  bob.answer(bob.incoming[0]);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  ann.lose();
  bob.lose();
  house.run(seconds(15));
  ann.come_back(As::kOurs);
  house.run(seconds(15));
  bob.come_back(As::kOurs);
  ASSERT_TRUE(house.until([&] { return bob.is_registered && ann.is_registered; }));
  EXPECT_EQ(bob.user_data.calls.size(), 1u);
  bob.hangup(bob.incoming[0]);
  EXPECT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
}

}  // namespace
}  // namespace patchcord::test

// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway with no other server: phones that register at it, browsers that sign in to it, and
// every call between them. The phones are user agents of ours on hosts of their own.
#include <gtest/gtest.h>

#include "house/sim_house.h"

namespace patchcord::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

sip::Account account(const std::string& login, const std::string& password = "") {
  sip::Account one;
  one.aor = *sip::Uri::parse("sip:" + login + "@home");
  one.password = password.empty() ? login : password;
  one.outbound_proxy = *sip::Uri::parse("sip:10.0.0.1:5060;lr");
  return one;
}

class Phone {
 public:
  Phone(SimHouse& house, std::string login, uint8_t host = 20)
      : side(house.world, house.outside, IpAddress::v4(10, 0, 0, host),
             IpAddress::v4(10, 0, 0, host), house.random),
        house_(house),
        login_(std::move(login)) {}

  void sign_in(const std::string& password = "") {
    registration_ =
        side.user_agent().register_account(account(login_, password), house_.world.now());
    ASSERT_TRUE(house_.until([this] { return !side.told.empty(); }));
  }
  bool is_registered() const {
    return !side.told.empty() && std::holds_alternative<sip::Registered>(side.told.back());
  }
  void sign_out() {
    side.user_agent().unregister(registration_, house_.world.now());
    house_.run(seconds(1));
  }
  void dial(const std::string& uri) { side.dial(account(login_), uri); }

  FarSide side;

 private:
  SimHouse& house_;
  const std::string login_;
  sip::RegistrationId registration_;
};

FakeBrowser& at_home(SimHouse& house, const std::string& login) {
  FakeBrowser& browser = house.browser();
  browser.sign_in(login, login, "home");
  EXPECT_TRUE(house.until([&] { return browser.is_registered; }));
  return browser;
}

TEST(Home, ABrowserCallsAPhoneThatRegisteredHere) {
  SimHouse house;
  Phone bob(house, "bob");
  bob.sign_in();
  ASSERT_TRUE(bob.is_registered());
  FakeBrowser& ann = at_home(house, "ann");
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(2));
  EXPECT_GT(ann.calls[id].media->heard.size(), 80u);
  EXPECT_GT(bob.side.phone.heard.size(), 80u);
  ann.hangup(id);
  ASSERT_TRUE(house.until([&] { return !bob.side.ended.empty(); }));
  bob.sign_out();
}

TEST(Home, APhoneCallsABrowser) {
  SimHouse house;
  Phone bob(house, "bob");
  bob.sign_in();
  FakeBrowser& ann = at_home(house, "ann");
  bob.dial("sip:ann@home");
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  const std::string id = ann.incoming[0];
  ann.answer(id);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk") && bob.side.is_up; }));
  house.run(seconds(2));
  EXPECT_GT(ann.calls[id].media->heard.size(), 80u);
  EXPECT_GT(bob.side.phone.heard.size(), 80u);
  bob.side.hangup();
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  bob.sign_out();
}

TEST(Home, APhoneCallsAPhone) {
  SimHouse house;
  Phone ann(house, "ann", 20), bob(house, "bob", 21);
  ann.sign_in();
  bob.sign_in();
  bob.side.manners.hangs_up = true;
  ann.dial("sip:bob@home");
  ASSERT_TRUE(house.until([&] { return ann.side.is_up && bob.side.is_up; }));
  house.run(milliseconds(1500));
  EXPECT_GT(ann.side.phone.heard.size(), 60u);
  EXPECT_GT(bob.side.phone.heard.size(), 60u);
  ASSERT_TRUE(house.until([&] { return !ann.side.ended.empty() && !bob.side.ended.empty(); }));
  EXPECT_EQ(ann.side.ended.back().by, sip::EndedBy::kRemote);
  ann.sign_out();
  bob.sign_out();
}

TEST(Home, APhoneHearsTheEchoAndTheAnnouncement) {
  SimHouse house;
  Phone bob(house, "bob");
  bob.sign_in();
  bob.dial("sip:600@home");
  ASSERT_TRUE(house.until([&] { return bob.side.is_up; }));
  house.run(seconds(2));
  EXPECT_GT(bob.side.phone.heard.size(), 80u);
  bob.side.hangup();
  house.run(seconds(1));

  bob.side.phone.heard.clear();
  bob.side.manners.sends_sound = false;
  bob.dial("sip:601@home");
  ASSERT_TRUE(house.until([&] { return bob.side.is_up; }));
  ASSERT_TRUE(house.until([&] { return bob.side.ended.size() == 2; })) << "it ends by itself";
  EXPECT_EQ(bob.side.ended.back().by, sip::EndedBy::kRemote);
  EXPECT_GT(bob.side.phone.heard.size(), 200u);
  bob.sign_out();
}

TEST(Home, TheAnnouncementIsPlayedToABrowserAndEndsItsCall) {
  SimHouse house;
  FakeBrowser& ann = at_home(house, "ann");
  const std::string id = ann.call("601");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(5));
  EXPECT_GT(ann.calls[id].media->heard.size(), 200u);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }, seconds(2)));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "hangup");
}

TEST(Home, AWrongPasswordIsNoRegistrationAndNoCall) {
  SimHouse house;
  Phone bob(house, "bob");
  bob.sign_in("wrong");
  EXPECT_FALSE(bob.is_registered());
  FakeBrowser& ann = at_home(house, "ann");
  bob.side.dial(account("bob", "wrong"), "sip:ann@home");
  ASSERT_TRUE(house.until([&] { return !bob.side.ended.empty(); }));
  EXPECT_EQ(bob.side.ended[0].status, 407);
  EXPECT_TRUE(ann.incoming.empty());
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "not_online");
  EXPECT_EQ(ann.calls[id].finish->cause.hint.empty(), false);
}

TEST(Home, NobodyOfThatNameIsAnotherReasonThanNobodyThere) {
  SimHouse house;
  FakeBrowser& ann = at_home(house, "ann");
  const std::string id = ann.call("carol");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "not_found");
}

TEST(Home, APhoneOfOursGetsNoWayOut) {
  SimHouse house;
  Phone bob(house, "bob");
  bob.sign_in();
  bob.dial("sip:+979123456@10.0.0.2");
  ASSERT_TRUE(house.until([&] { return !bob.side.ended.empty(); }));
  EXPECT_EQ(bob.side.ended[0].status, 403);
  bob.dial("sip:+979123456@home");
  ASSERT_TRUE(house.until([&] { return bob.side.ended.size() == 2; }));
  EXPECT_EQ(bob.side.ended[1].status, 404);
  EXPECT_EQ(house.far.invites, 0);
  bob.sign_out();
}

TEST(Home, APhoneMayNotCallAsAnother) {
  SimHouse house;
  Phone bob(house, "bob");
  bob.sign_in();
  FakeBrowser& ann = at_home(house, "ann");
  sip::Account forged = account("ann");
  forged.auth_username = "bob";
  forged.password = "bob";
  bob.side.dial(forged, "sip:ann@home");
  ASSERT_TRUE(house.until([&] { return !bob.side.ended.empty(); }));
  EXPECT_EQ(bob.side.ended[0].status, 403);
  EXPECT_TRUE(ann.incoming.empty());
  bob.sign_out();
}

TEST(Home, AllPagesOfAUserRingAndTheFirstThatAnswersHasTheCall) {
  SimHouse house;
  FakeBrowser& ann = at_home(house, "ann");
  FakeBrowser& here = at_home(house, "bob");
  FakeBrowser& there = at_home(house, "bob");
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return !here.incoming.empty() && !there.incoming.empty(); }));
  there.answer(there.incoming[0]);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  ASSERT_TRUE(house.until([&] { return here.calls[here.incoming[0]].finish.has_value(); }));
  EXPECT_EQ(here.calls[here.incoming[0]].finish->cause.reason, "answered_elsewhere");
  house.run(seconds(1));
  EXPECT_GT(ann.calls[id].media->heard.size(), 30u);
  EXPECT_FALSE(there.calls[there.incoming[0]].finish.has_value());
  ann.hangup(id);
  ASSERT_TRUE(house.until([&] { return there.calls[there.incoming[0]].finish.has_value(); }));
}

TEST(Home, AllPhonesOfAUserRing) {
  SimHouse house;
  Phone desk(house, "bob", 20), kitchen(house, "bob", 21);
  desk.sign_in();
  kitchen.sign_in();
  desk.side.manners.answer = PhoneManners::Answer::kRingOnly;
  FakeBrowser& ann = at_home(house, "ann");
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  EXPECT_EQ(desk.side.invites, 1);
  ASSERT_TRUE(house.until([&] { return !desk.side.ended.empty(); }));
  EXPECT_EQ(desk.side.ended[0].status, 487);
  EXPECT_NE(desk.side.ended[0].reason.find("cause=200"), std::string::npos);
  ann.hangup(id);
  ASSERT_TRUE(house.until([&] { return !kitchen.side.ended.empty(); }));
  desk.sign_out();
  kitchen.sign_out();
}

TEST(Home, OneWhoDeclinesSpeaksForAll) {
  SimHouse house;
  FakeBrowser& ann = at_home(house, "ann");
  FakeBrowser& here = at_home(house, "bob");
  FakeBrowser& there = at_home(house, "bob");
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return !here.incoming.empty() && !there.incoming.empty(); }));
  here.hangup(here.incoming[0]);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "declined");
  ASSERT_TRUE(house.until([&] { return there.calls[there.incoming[0]].finish.has_value(); }));
}

TEST(Home, TheCallerGivesUpAndEveryPlaceStops) {
  SimHouse house;
  Phone desk(house, "bob", 20), kitchen(house, "bob", 21);
  desk.sign_in();
  kitchen.sign_in();
  desk.side.manners.answer = kitchen.side.manners.answer = PhoneManners::Answer::kRingOnly;
  FakeBrowser& ann = at_home(house, "ann");
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("ring"); }));
  house.run(seconds(1));
  ann.hangup(id);
  ASSERT_TRUE(house.until([&] { return !desk.side.ended.empty() && !kitchen.side.ended.empty(); }));
  desk.sign_out();
  kitchen.sign_out();
}

}  // namespace
}  // namespace patchcord::test

// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/router.h"

#include <gtest/gtest.h>

#include "call/reason.h"

namespace patchcord::call {
namespace {

TEST(Router, ReadsWhatPeopleDial) {
  struct Row {
    const char* text;
    Dialled dialled;
  };
  const Row rows[] = {
      {"600", {"600", ""}},
      {" +49 (30) 123-456 ", {"+4930123456", ""}},
      {"*98#", {"*98#", ""}},
      {"alice", {"alice", ""}},
      {"sip:1002@pbx.example.com", {"1002", "pbx.example.com"}},
      {"SIP:1002@pbx.example.com;transport=tcp;maddr=10.0.0.1", {"1002", "pbx.example.com"}},
      {"tel:+49-30-123", {"+4930123", ""}},
      {"1002@[2001:db8::1]", {"1002", "[2001:db8::1]"}},
  };
  for (const Row& row : rows) {
    const Result<Dialled> dialled = read_dialled(row.text);
    ASSERT_TRUE(dialled) << row.text;
    EXPECT_EQ(*dialled, row.dialled) << row.text;
  }
}

TEST(Router, T48_RefusesWhatCouldLeaveItsPlace) {
  for (const std::string& text :
       {std::string(), std::string("   "), std::string("1\r\nVia: x"), std::string("1\0002", 3),
        std::string("a b"), std::string("<sip:a@b>"), std::string("a@"), std::string("@b"),
        std::string("a@b c"), std::string(300, '1'), std::string("\"x\"")}) {
    EXPECT_FALSE(read_dialled(text)) << text;
  }
}

const NumberPlan kPlan{"home", {{"+1 555 0100", "mobile"}, {"+4930123456", "berlin"}}};

template <class T>
bool leads(AccountKind caller, const Dialled& dialled) {
  return std::holds_alternative<T>(route(caller, kPlan, dialled));
}

std::string login_of(const std::string& dialled) {
  return std::get<ToUser>(route(AccountKind::kLocal, kPlan, *read_dialled(dialled))).login;
}

TEST(Router, CalleeNeverChoosesTheNextHop) {
  EXPECT_TRUE(leads<ToTrunk>(AccountKind::kTrunk, {"1002", "evil.example"}));
  EXPECT_TRUE(leads<Nowhere>(AccountKind::kLocal, {"1002", "evil.example"}))
      << "a local user has no way out";
  EXPECT_TRUE(leads<ToUser>(AccountKind::kLocal, {"demo2", "home"}));
}

TEST(Router, ServicesAreInsideForLocalUsersOnly) {
  EXPECT_EQ(std::get<ToService>(route(AccountKind::kLocal, kPlan, {"600", ""})).service,
            Service::kEcho);
  EXPECT_EQ(std::get<ToService>(route(AccountKind::kLocal, kPlan, {"601", "home"})).service,
            Service::kAnnouncement);
  EXPECT_TRUE(leads<ToTrunk>(AccountKind::kTrunk, {"600", ""}))
      << "600 of a SIP account is its server's 600";
}

TEST(Router, ANumberRingsItsUserHoweverItIsDialled) {
  for (const char* dialled :
       {"+1 555 0100", "+15550100", "0015550100", "011 1 555 0100", "+1 (555) 01-00", "555-0100",
        "tel:+15550100", "15550100", "sip:+15550100@home"}) {
    EXPECT_EQ(login_of(dialled), "mobile") << dialled;
  }
  EXPECT_EQ(login_of("0100"), "0100") << "too short an end to be meant for it";
  EXPECT_EQ(login_of("+15550101"), "+15550101");
  EXPECT_EQ(login_of("demo2"), "demo2");
}

TEST(Router, AnEndThatTwoNumbersHaveIsNobodys) {
  const NumberPlan plan{"home", {{"+15550100", "a"}, {"+25550100", "b"}}};
  EXPECT_EQ(user_of_number(plan, "5550100"), std::nullopt);
  EXPECT_EQ(user_of_number(plan, "+25550100"), "b");
}

TEST(Reason, OneTableForAll) {
  EXPECT_EQ(row(Reason::kBusy).name, "busy");
  EXPECT_EQ(row(Reason::kBusy).wcs_status, "BUSY");
  EXPECT_EQ(reason_of_sip_status(486), Reason::kBusy);
  EXPECT_EQ(reason_of_sip_status(600), Reason::kBusy);
  EXPECT_EQ(reason_of_sip_status(404), Reason::kNotFound);
  EXPECT_EQ(reason_of_sip_status(603), Reason::kDeclined);
  EXPECT_EQ(reason_of_sip_status(488), Reason::kNoCodec);
  EXPECT_EQ(reason_of_sip_status(500), Reason::kServerError);
  EXPECT_EQ(reason_of_sip_status(699), Reason::kServerError);
  EXPECT_EQ(reason_of_sip_status(499), Reason::kRequestRejected);
}

}  // namespace
}  // namespace patchcord::call

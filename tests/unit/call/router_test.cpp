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

TEST(Router, CalleeNeverChoosesTheNextHop) {
  const Dialled echo{"600", ""}, elsewhere{"1002", "evil.example"};
  EXPECT_TRUE(std::holds_alternative<ToEcho>(route(AccountKind::kLocal, "home", echo)));
  EXPECT_TRUE(std::holds_alternative<ToTrunk>(route(AccountKind::kTrunk, "home", echo)))
      << "600 of a SIP account is its server's 600";
  EXPECT_TRUE(std::holds_alternative<ToTrunk>(route(AccountKind::kTrunk, "home", elsewhere)));
  EXPECT_EQ(std::get<ToUser>(route(AccountKind::kLocal, "home", {"demo2", "home"})).login, "demo2");
  EXPECT_EQ(std::get<ToUser>(route(AccountKind::kLocal, "home", elsewhere)).login, "")
      << "a local user has no way out";
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

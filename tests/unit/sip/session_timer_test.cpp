// SPDX-License-Identifier: GPL-3.0-or-later
// RFC 4028 table 2, and when a session is refreshed and when it is given up.
#include "sip/session_timer.h"

#include <gtest/gtest.h>

#include "sip/headers.h"
#include "stage.h"

namespace patchcord::sip {
namespace {

const MonoTime kNow{1000s};

Message request(std::vector<ExtraHeader> headers) {
  Ask ask;
  ask.headers = std::move(headers);
  return parse_message(text_of(ask)).message;
}

struct Row {
  std::vector<ExtraHeader> asked;
  std::string answered;  // Session-Expires of our 200; "": none
  bool requires_timer;
  MonoTime refresh;  // by us
  MonoTime expiry;
};

TEST(SessionTimer, WhoRefreshesWhenWeAnswer) {
  const ExtraHeader can{"Supported", "timer"};
  const Row rows[] = {
      {{can}, "", false, kNever, kNever},
      {{can, {"Session-Expires", "1800"}}, "1800;refresher=uac", true, kNever, kNow + 1768s},
      {{can, {"Session-Expires", "1800;refresher=uac"}},
       "1800;refresher=uac",
       true,
       kNever,
       kNow + 1768s},
      {{can, {"Session-Expires", "1800;refresher=uas"}},
       "1800;refresher=uas",
       false,
       kNow + 900s,
       kNow + 1768s},
      {{{"Session-Expires", "1800"}}, "1800;refresher=uas", false, kNow + 900s, kNow + 1768s},
      {{{"Session-Expires", "1800;refresher=uac"}},
       "1800;refresher=uas",
       false,
       kNow + 900s,
       kNow + 1768s},
      {{can, {"x", "90"}}, "90;refresher=uac", true, kNever, kNow + 60s},  // compact form
      {{can, {"Session-Expires", "nonsense"}}, "", false, kNever, kNever},
  };
  for (const Row& row : rows) {
    SessionTimer timer;
    const auto lines = timer.accept(request(row.asked), kNow);
    EXPECT_EQ(lines.empty() ? "" : lines[0].value, row.answered);
    EXPECT_EQ(lines.size() == 2, row.requires_timer);
    EXPECT_EQ(timer.deadline(), std::min(row.refresh, row.expiry)) << row.answered;
    if (row.expiry == kNever) continue;
    EXPECT_EQ(timer.is_refresh_due(kNow + 901s), row.refresh != kNever);
    EXPECT_FALSE(timer.is_expired(row.expiry - 1ms));
    EXPECT_TRUE(timer.is_expired(row.expiry));
  }
}

TEST(SessionTimer, WhatA200ToOurRequestSays) {
  const auto ok = [](std::string value) {
    Builder builder = make_response(request({}), 200, {}, "t");
    if (!value.empty()) builder.add("Session-Expires", value);
    return *builder.build();
  };
  SessionTimer timer;
  timer.agreed(ok(""), kNow);
  EXPECT_EQ(timer.deadline(), kNever);
  EXPECT_TRUE(timer.refresh_lines().empty());
  timer.agreed(ok("300;refresher=uac"), kNow);
  EXPECT_EQ(timer.deadline(), kNow + 150s);
  EXPECT_EQ(timer.refresh_lines()[0].value, "300;refresher=uac");
  timer.agreed(ok("300;refresher=uas"), kNow);
  EXPECT_EQ(timer.deadline(), kNow + 268s);
  EXPECT_EQ(timer.refresh_lines()[0].value, "300;refresher=uas");
  timer.agreed(ok("1;refresher=uac"), kNow);  // taken for a mistake
  EXPECT_EQ(timer.deadline(), kNow + 15s);
}

TEST(SessionTimer, TooSmall) {
  const ExtraHeader can{"Supported", "timer"};
  EXPECT_TRUE(asks_too_small_a_timer(request({can, {"Session-Expires", "89"}}), 90s));
  EXPECT_FALSE(asks_too_small_a_timer(request({can, {"Session-Expires", "90"}}), 90s));
  EXPECT_FALSE(asks_too_small_a_timer(request({{"Session-Expires", "89"}}), 90s));
  EXPECT_FALSE(asks_too_small_a_timer(request({can}), 90s));
}

}  // namespace
}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include "web/http_message.h"

#include <gtest/gtest.h>

namespace patchcord::web {
namespace {

TEST(Target, IsDecodedOnce) {
  const struct {
    const char* target;
    const char* path;
    const char* query;
  } rows[] = {
      {"/", "/", ""},
      {"/a%20b?c=%20", "/a b", "c=%20"},
      {"/%2541", "/%41", ""},
      {"/a?b?c", "/a", "b?c"},
      {"/...", "/...", ""},
      {"http://host:8080/x?y", "/x", "y"},
      {"https://host", "/", ""},
  };
  for (const auto& row : rows) {
    const auto target = parse_target(row.target);
    ASSERT_TRUE(target) << row.target;
    EXPECT_EQ(target->path, row.path);
    EXPECT_EQ(target->query, row.query);
  }
}

TEST(Target, RefusesWhatCouldLeaveAFolder) {
  for (const char* target : {"", "*", "a", "/..", "/.", "/a/..", "/%2e%2e", "/.%2e/a", "/a%2fb",
                             "/a%5cb", "/a\\b", "/%00", "/%0a", "/%7f", "/%", "/%4", "/%g0"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
}

TEST(Head, KnowsWhetherTheConnectionStays) {
  const auto persistence = [](const char* head) { return parse_head(head)->persistence; };
  EXPECT_EQ(persistence("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), Persistence::kKeepAlive);
  EXPECT_EQ(persistence("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
            Persistence::kClose);
  EXPECT_EQ(persistence("GET / HTTP/1.0\r\n\r\n"), Persistence::kClose);
}

TEST(Head, KnowsAnUpgrade) {
  const auto is_upgrade = [](std::string head) {
    return parse_head(head + "Host: a\r\n\r\n")->is_websocket_upgrade;
  };
  EXPECT_TRUE(is_upgrade("GET / HTTP/1.1\r\nupgrade: WebSocket\r\nconnection: x, UPGRADE\r\n"));
  EXPECT_FALSE(is_upgrade("POST / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
  EXPECT_FALSE(is_upgrade("GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"));
  EXPECT_FALSE(is_upgrade("GET / HTTP/1.1\r\nUpgrade: websocket\r\n"));
}

TEST(Head, HeadersAreFoundInAnyCase) {
  const auto head = parse_head("GET / HTTP/1.1\r\nHost: a\r\nX-Thing:  value \r\n\r\n");
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->request.header("x-thing"), "value");
  EXPECT_EQ(head->request.header("other"), "");
}

TEST(PrintResponse, SaysTheSameToHeadWithoutTheBody) {
  Response response;
  response.body = "hello";
  const std::string get = print_response(response, Method::kGet, Persistence::kClose);
  const std::string head = print_response(response, Method::kHead, Persistence::kClose);
  EXPECT_EQ(get, head + "hello");
  EXPECT_NE(head.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_NE(head.find("Cache-Control: no-store\r\n"), std::string::npos);
}

}  // namespace
}  // namespace patchcord::web

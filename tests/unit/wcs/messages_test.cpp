// SPDX-License-Identifier: GPL-3.0-or-later
// The golden frames of protocol/fixtures (see protocol/README.md), and what a hostile text may
// cost.
#include "wcs/messages.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <iterator>

#include "wcs/utf8.h"

namespace patchcord::wcs {
namespace {

namespace json = boost::json;

json::array fixtures(const std::string& name) {
  std::ifstream in(PATCHCORD_SOURCE_DIR "/protocol/fixtures/" + name + ".json");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return json::parse(text, {}, {.max_depth = 64}).as_array();
}

std::string member(const json::object& fixture, const char* name) {
  return std::string(fixture.at(name).as_string());
}

// The text read and written again; empty when it was refused.
std::string rewritten(const std::string& direction, std::string_view text) {
  if (direction == "client") {
    const auto message = parse_client(text);
    return message ? print(*message) : std::string();
  }
  const auto message = parse_server(text);
  return message ? print(*message) : std::string();
}

class Golden : public testing::TestWithParam<const char*> {};

TEST_P(Golden, FramesMeanWhatTheySay) {
  const json::array cases = fixtures(GetParam());
  ASSERT_FALSE(cases.empty());
  for (const json::value& value : cases) {
    const json::object& fixture = value.as_object();
    SCOPED_TRACE(member(fixture, "name"));
    const std::string direction = member(fixture, "direction");
    const std::string once = rewritten(direction, member(fixture, "text"));
    if (fixture.at("meaning").is_null()) {
      EXPECT_EQ(once, "");
      continue;
    }
    ASSERT_NE(once, "");
    EXPECT_EQ(json::parse(once), fixture.at("meaning")) << once;
    EXPECT_EQ(rewritten(direction, once), once);
    EXPECT_EQ(json::parse(rewritten(direction, json::serialize(fixture.at("meaning")))),
              fixture.at("meaning"));
  }
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Golden, testing::Values("client", "server", "malformed"),
                         [](const auto& each) { return std::string(each.param); });

TEST(Messages, RefusalsHaveNames) {
  EXPECT_EQ(parse_client("nonsense").error().code, ErrorCode::kMalformed);
  EXPECT_EQ(parse_client(std::string(kMaxText + 1, ' ')).error().code, ErrorCode::kTooLarge);
}

TEST(Messages, T1_EveryServerFrameHasADataArray) {
  const ServerMessage all[] = {GetUserData{}, Registered{}, SetRemoteSdp{},      Trying{},
                               Ring{},        Talk{},       HoldNotice{},        Busy{},
                               Finish{},      Fail{},       IncomingCall{},      TransferEvent{},
                               DataStatus{},  Ping{},       SessionDebugEvent{}, Pong{},
                               Unknown{"x"}};
  static_assert(std::size(all) == std::variant_size_v<ServerMessage>);
  for (const ServerMessage& message : all) {
    const json::value frame = json::parse(print(message));
    ASSERT_TRUE(frame.at("data").is_array()) << print(message);
    EXPECT_FALSE(frame.at("data").as_array().empty()) << print(message);
  }
}

TEST(Messages, T2_EchoHasNoSecretsAndNoNulls) {
  const auto message = parse_client(
      R"({"message":"connection","data":[{"sipLogin":"a","sipPassword":"p1","password":"p2",)"
      R"("authToken":"p3","token":"p4","custom":{"k":1},"width":null}]})");
  const auto& connection = std::get<Connection>(*message);
  EXPECT_EQ(connection.echo, R"({"sipLogin":"a","custom":{"k":1}})");
  EXPECT_EQ(connection.sip->password, "p1");
}

TEST(Messages, T4_AnIncomingCallHasNoMemberThatTheSdkTakesForAnOption) {
  const json::value frame = json::parse(print(ServerMessage(IncomingCall{})));
  for (const char* option :
       {"constraints", "stripCodecs", "receiveAudio", "receiveVideo", "sdpHook", "logger",
        "localVideoDisplay", "remoteVideoDisplay", "cacheLocalResources", "collectDeviceInfo",
        "useControls", "videoContentHint", "sipSDP", "sipHeaders"}) {
    EXPECT_FALSE(frame.at("data").at(0).as_object().contains(option)) << option;
  }
}

TEST(Messages, AHugeEchoIsNotGivenBack) {
  const std::string big(100'000, 'x');
  const auto message =
      parse_client(R"({"message":"connection","data":[{"custom":")" + big + R"("}]})");
  EXPECT_TRUE(std::get<Connection>(*message).echo.empty());
}

// What a page sent of the same name neither replaces our members nor moves them.
TEST(Messages, AnEchoComesBehindOurOwnMembers) {
  const GetUserData message{
      .auth_token = "t",
      .login = "ann",
      .echo = R"({"custom":1,"status":"x","sipLogin":"eve","authToken":"y"})"};
  const std::string once = print(ServerMessage(message));
  EXPECT_EQ(once, R"({"message":"getUserData","data":[{"status":"ESTABLISHED","authToken":"t",)"
                  R"("sipLogin":"ann","login":"ann","mediaProviders":["WebRTC"],"custom":1}]})");
  EXPECT_EQ(print(*parse_server(once)), once);
}

TEST(Messages, OddNumbersDoNoHarm) {
  for (const char* port : {"-1", "65536", "1e3", "\"5060x\"", "5060.5", "{}", "[]", "1e999999"}) {
    const auto message =
        parse_client(std::string(R"({"message":"connection","data":[{"sipLogin":"a","sipPort":)") +
                     port + "}]}");
    ASSERT_TRUE(message.ok()) << port;
    EXPECT_EQ(std::get<Connection>(*message).sip->port, 0) << port;
  }
}

TEST(Messages, AnUnknownNameIsCutBetweenCharacters) {
  std::string name;
  for (int i = 0; i < 40; ++i) name += "\xc3\xa4";  // 80 bytes
  const auto message = parse_client("{\"message\":\"" + name + "x\"}");
  EXPECT_EQ(std::get<Unknown>(*message).name, name.substr(0, 64));
  const auto odd = parse_client("{\"message\":\"x" + name + "\"}");
  EXPECT_EQ(std::get<Unknown>(*odd).name, "x" + name.substr(0, 62));
}

TEST(Messages, WhatASipPeerSentIsMadeUtf8) {
  IncomingCall message;
  message.call.visible_name = "caf\xe9";
  EXPECT_NE(print(ServerMessage(message)).find("caf\xef\xbf\xbd"), std::string::npos);
}

TEST(Utf8, RepairsWhatIsIllFormed) {
  const struct {
    std::string_view in, out;
  } rows[] = {
      {"plain", "plain"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // overlong
      {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},                  // surrogate
      {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},  // > U+10FFFF
      {"\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd"},                                  // cut
      {"\x80z", "\xef\xbf\xbdz"},
  };
  for (const auto& row : rows) EXPECT_EQ(valid_utf8(row.in), row.out);
}

TEST(Utf8, OneLineHasNoBreakOfAnyKind) {
  EXPECT_TRUE(is_one_line("Älice \"the\" 3rd"));
  for (const std::string_view text :
       {std::string_view("a\r\nb"), std::string_view("a\nb"), std::string_view("a\0b", 3),
        std::string_view("a\x7f"), std::string_view("a\xc2\x85"), std::string_view("a\xe2\x80\xa8"),
        std::string_view("\t")}) {
    EXPECT_FALSE(is_one_line(text));
  }
}

}  // namespace
}  // namespace patchcord::wcs

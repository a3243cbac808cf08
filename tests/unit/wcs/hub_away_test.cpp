// SPDX-License-Identifier: GPL-3.0-or-later
// A session without its socket: how long it is kept, what its page misses, and who may take it up.
#include "hub_fixture.h"

namespace patchcord::wcs {
namespace {

constexpr ConnectionId kNext{2};

class AwayTest : public HubTest {
 protected:
  void lose(ConnectionId connection = kPage) {
    hub->on_close(connection, SocketEnd::kLost, now);
    gateway.log.clear();
  }
  // The vendor's way: the token alone. kOurs is what our SDK adds.
  void come(const std::string& with, const std::string& more = {}, ConnectionId at = kNext) {
    open(at);
    say("connection", R"({"authToken":")" + with + "\"" + more + "}", at);
  }
  static constexpr const char* kOurs =
      R"(,"resume":true,"sipLogin":"1001","sipPassword":"secret","sipDomain":"PBX.example")";
  // Signed in as 1001; `more` are further members of its connection message.
  SessionId kept(const std::string& more = {}) {
    open();
    say("connection", R"({"sipLogin":"1001","sipDomain":"pbx.example")" + more + "}");
    last = json::parse(wire.texts[kPage].at(0)).as_object();
    token = member("authToken");
    hub->registered(gateway.sessions.back());
    heard();
    gateway.log.clear();
    return gateway.sessions.back();
  }

  std::string token;
};

constexpr const char* kKeep = R"(,"keepAlive":true)";

TEST_F(AwayTest, T25_KeptAliveASessionStaysItsTimeAndNotLonger) {
  const SessionId session = kept(kKeep);
  hub->on_close(kPage, SocketEnd::kMeant, now);
  EXPECT_THAT(gateway.log, ElementsAre("away, kept"));
  EXPECT_THAT(hub->sessions_of("1001", "pbx.example"), ElementsAre(session));
  pass(599s);
  EXPECT_EQ(hub->size(), 1u);
  pass(2s);
  EXPECT_THAT(gateway.log, ElementsAre("away, kept", "sign_out"));
  EXPECT_EQ(hub->size(), 0u);
  EXPECT_EQ(hub->next_deadline(), kNever);
}

TEST_F(AwayTest, T25_TheTokenBringsItBackOnceAndGivesWayToANewOne) {
  kept(kKeep);
  lose();
  come(token, kKeep);
  EXPECT_THAT(gateway.log, ElementsAre("back"));
  last = json::parse(wire.texts[kNext].at(0)).as_object();
  EXPECT_EQ(member("sipLogin"), "1001");
  EXPECT_EQ(member("resumed"), "(absent)") << "a word of our own SDK's";
  const std::string second = member("authToken");
  EXPECT_NE(second, token);
  EXPECT_THAT(heard(kNext), ElementsAre("getUserData ESTABLISHED", "registered REGISTERED"));

  const ConnectionId thief(3);
  come(token, kKeep, thief);
  EXPECT_THAT(heard(thief), ElementsAre("fail FAILED"));
  EXPECT_EQ(member("reason"), "session_gone");
  EXPECT_EQ(wire.closed.back(), std::pair(thief, uint16_t{4401}));
  EXPECT_THAT(gateway.log, ElementsAre("back")) << "and nobody else noticed";

  lose(kNext);
  come(second, kKeep, ConnectionId(4));
  EXPECT_THAT(gateway.log, ElementsAre("back"));
}

TEST_F(AwayTest, T31_SipFieldsWithoutALoginAreNone) {
  kept(kKeep);
  lose();
  come(token, R"(,"sipLogin":null,"sipPort":"","sipRegisterRequired":true)");
  EXPECT_THAT(gateway.log, ElementsAre("back"));
}

TEST_F(AwayTest, AnUnknownTokenIsRefusedAndClosed) {
  open();
  say("connection", R"({"authToken":"old","keepAlive":true})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_EQ(member("reason"), "session_gone");
  EXPECT_EQ(wire.closed.at(0).second, 4401);
  EXPECT_THAT(gateway.log, IsEmpty());
  EXPECT_EQ(hub->size(), 0u);
}

TEST_F(AwayTest, T25_ACallThatRingsIsShownAgain) {
  const SessionId session = kept(kKeep);
  ASSERT_TRUE(hub->incoming_call(session, {.call_id = "in", .sdp = kOffer, .caller = "7"}));
  lose();
  ASSERT_TRUE(hub->incoming_call(session, {.call_id = "late", .sdp = kOffer, .caller = "8"}));
  heard();
  come(token, kKeep);
  EXPECT_THAT(heard(kNext), ElementsAre("getUserData ESTABLISHED", "registered REGISTERED",
                                        "setRemoteSDP", "notifyIncomingCall NEW", "ring RING",
                                        "setRemoteSDP", "notifyIncomingCall NEW", "ring RING"));
  say("answer", R"({"callId":"late","sdp":"v=0 answer"})", kNext);
  EXPECT_THAT(gateway.log, ElementsAre("back", "answer late v=0 answer"));
}

TEST_F(AwayTest, T28_OursGoesOnWithItsCallsAndHearsWhatItMissed) {
  const SessionId session = kept();
  call("up");
  call("ringing");
  call("ended");
  hub->remote_sdp(session, "up", kAnswer);
  hub->talk(session, "up");
  heard();
  lose();
  hub->remote_sdp(session, "ringing", kAnswer);
  hub->ring(session, "ringing");
  hub->finish(session, "ended", {CallStatus::kFailed, {.reason = "busy"}});
  ASSERT_TRUE(hub->incoming_call(session, {.call_id = "new", .sdp = kOffer, .caller = "8"}));
  ASSERT_TRUE(hub->incoming_call(session, {.call_id = "brief", .sdp = kOffer, .caller = "9"}));
  hub->finish(session, "brief", {});
  EXPECT_THAT(heard(), IsEmpty());

  come(token, kOurs);
  last = json::parse(wire.texts[kNext].at(0)).as_object();
  EXPECT_EQ(member("resumed"), "true");
  EXPECT_EQ(member("calls"),
            R"([{"callId":"ringing","status":"RING"},{"callId":"up","status":"ESTABLISHED"},)"
            R"({"callId":"ended","status":"FAILED"}])");
  EXPECT_THAT(heard(kNext),
              ElementsAre("getUserData ESTABLISHED", "registered REGISTERED", "fail FAILED",
                          "finish FAILED", "setRemoteSDP", "notifyIncomingCall NEW", "ring RING",
                          "setRemoteSDP", "ring RING", "talk ESTABLISHED"));
  EXPECT_THAT(gateway.log, ElementsAre("back, resumed"));
  say("hangup", R"({"callId":"up"})", kNext);
  EXPECT_EQ(gateway.log.back(), "hangup up");
}

TEST_F(AwayTest, OursWithATokenNobodyKnowsSignsInAsUsual) {
  come("unknown", kOurs);
  EXPECT_THAT(gateway.log, ElementsAre("sign_in 1001"));
  last = json::parse(wire.texts[kNext].at(0)).as_object();
  EXPECT_EQ(member("resumed"), "(absent)");
}

TEST_F(AwayTest, ATokenOpensNoOtherAccount) {
  kept();
  lose();
  come(token, R"(,"resume":true,"sipLogin":"1002","sipDomain":"pbx.example")");
  EXPECT_THAT(gateway.log, ElementsAre("sign_in 1002"));
}

TEST_F(AwayTest, APageThatComesBackBeforeItsOldSocketIsSeenToBeGoneTakesOver) {
  const SessionId session = kept();
  come(token, kOurs);
  EXPECT_EQ(wire.closed.at(0), std::pair(kPage, uint16_t{4409}));
  EXPECT_THAT(gateway.log, ElementsAre("away", "back, resumed"));
  hub->on_close(kPage, SocketEnd::kLost, now);
  EXPECT_EQ(gateway.log.size(), 2u) << "the old socket is nobody's any more";
  say("ping", "null", kNext);
  EXPECT_EQ(heard(kNext).back(), "pong");
  EXPECT_THAT(hub->sessions_of("1001", "pbx.example"), ElementsAre(session));
}

TEST_F(AwayTest, AReloadHasAFewSeconds) {
  kept();
  hub->on_close(kPage, SocketEnd::kLost, now);
  pass(4s);
  EXPECT_THAT(gateway.log, ElementsAre("away"));
  come(token, kOurs);
  EXPECT_THAT(gateway.log, ElementsAre("away", "back, resumed"));
  hub->on_close(kNext, SocketEnd::kLost, now);
  pass(6s);
  EXPECT_EQ(gateway.log.back(), "sign_out");
}

TEST_F(AwayTest, WhileItHasCallsItWaitsAndThenAReloadLonger) {
  const SessionId session = kept();
  call("c1");
  hub->on_close(kPage, SocketEnd::kLost, now);
  pass(40s);
  EXPECT_EQ(hub->size(), 1u);
  hub->finish(session, "c1", {});
  pass(4s);
  EXPECT_EQ(hub->size(), 1u) << "its end may still be fetched";
  pass(3s);
  EXPECT_EQ(hub->size(), 0u);
}

TEST_F(AwayTest, CallsDoNotKeepItForEver) {
  kept();
  call("c1");
  hub->on_close(kPage, SocketEnd::kLost, now);
  pass(66s);
  EXPECT_EQ(hub->size(), 0u);
  EXPECT_EQ(gateway.log.back(), "sign_out");
}

TEST_F(AwayTest, WhoSaysGoodbyeIsNotWaitedFor) {
  kept();
  hub->on_close(kPage, SocketEnd::kMeant, now);
  EXPECT_THAT(gateway.log, ElementsAre("sign_out"));
}

TEST_F(AwayTest, ASilentPeerLosesItsSocketAndKeepsItsSession) {
  kept();
  pass(30s);
  EXPECT_EQ(wire.closed.at(0).second, 4408);
  EXPECT_THAT(gateway.log, ElementsAre("away"));
  come(token, kOurs);
  EXPECT_EQ(gateway.log.back(), "back, resumed");
}

TEST_F(AwayTest, ARegistrationThatFailsMeanwhileEndsTheSession) {
  const SessionId session = kept(kKeep);
  lose();
  hub->registration_failed(session, {"AUTHENTICATION_FAIL", {.reason = "auth_rejected"}}, now);
  pass(4s);
  EXPECT_EQ(hub->size(), 0u);
  EXPECT_THAT(gateway.log, ElementsAre("sign_out"));
}

TEST_F(AwayTest, OfOneAccountOnlySoManyAreKept) {
  for (uint64_t i = 1; i <= 6; ++i) {
    open(ConnectionId(i));
    say("connection", R"({"sipLogin":"1001","sipDomain":"pbx.example","keepAlive":true})",
        ConnectionId(i));
    hub->on_close(ConnectionId(i), SocketEnd::kLost, now);
  }
  EXPECT_EQ(hub->size(), options.away_per_user);
  EXPECT_THAT(hub->sessions_of("1001", "pbx.example"),
              ElementsAre(gateway.sessions[2], gateway.sessions[3], gateway.sessions[4],
                          gateway.sessions[5]))
      << "the oldest give way";
}

TEST_F(AwayTest, OfOneAddressOnlySoManyAreKept) {
  options.away_per_address = 3;
  build();
  for (uint64_t i = 1; i <= 5; ++i) {
    open(ConnectionId(i));
    say("connection",
        R"({"sipLogin":")" + std::to_string(i) + R"(","sipDomain":"d","keepAlive":true})",
        ConnectionId(i));
    hub->on_close(ConnectionId(i), SocketEnd::kLost, now);
  }
  EXPECT_EQ(hub->size(), 3u);
  EXPECT_THAT(hub->sessions_of("1", "d"), IsEmpty());
}

}  // namespace
}  // namespace patchcord::wcs

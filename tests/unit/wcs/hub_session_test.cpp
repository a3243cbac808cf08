// SPDX-License-Identifier: GPL-3.0-or-later
// A session from its first message to its last: sign-in, heartbeat, limits.
#include "hub_fixture.h"

namespace patchcord::wcs {
namespace {

// ---- signing in
// -------------------------------------------------------------------------------------

TEST_F(HubTest, T2_GetUserDataGivesBackTheConnectionWithoutThePassword) {
  open();
  say("connection",
      R"({"sipLogin":"1001","sipPassword":"secret","sipDomain":"d","custom":{"a":1},"keepAlive":true})");
  const std::string text = wire.texts[kPage].at(0);
  EXPECT_THAT(text, Not(HasSubstr("secret")));
  EXPECT_THAT(heard(), ElementsAre("getUserData ESTABLISHED"));
  EXPECT_EQ(member("sipLogin"), "1001");
  EXPECT_EQ(member("login"), "1001");
  EXPECT_EQ(member("custom"), "{\"a\":1}");
  EXPECT_EQ(member("keepAlive"), "true");
  EXPECT_EQ(member("authToken").size(), 32u);
}

TEST_F(HubTest, T16_StringsAreTakenForNumbersAndFlags) {
  open();
  say("connection",
      R"({"sipLogin":"1","sipDomain":"d","sipPort":"5070","sipRegisterRequired":"false"})");
  EXPECT_EQ(gateway.sign_ins.at(0).port, 5070);
  EXPECT_EQ(gateway.sign_ins.at(0).registering, Registering::kNotRequired);
}

TEST_F(HubTest, T17_AbsentSipRegisterRequiredMeansRegister) {
  open();
  say("connection", R"({"sipLogin":"1","sipDomain":"d"})");
  EXPECT_EQ(gateway.sign_ins.at(0).registering, Registering::kRequired);
}

TEST_F(HubTest, T18_UnknownMembersAreIgnored) {
  open();
  say("connection",
      R"({"sipLogin":"1","sipDomain":"d","useProxy":true,"custom":[1],"x":{"y":null}})");
  EXPECT_THAT(heard(), ElementsAre("getUserData ESTABLISHED"));
  EXPECT_EQ(gateway.sign_ins.at(0).custom, "[1]");
}

TEST_F(HubTest, T20_RegisteredIsSaidOnce) {
  sign_in();
  hub->registered(gateway.sessions[0]);
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(HubTest, T21_NoRegisteredForASessionWithoutAnAccount) {
  open();
  say("connection", R"({"appKey":"defaultApp"})");
  EXPECT_THAT(heard(), ElementsAre("getUserData ESTABLISHED"));
  hub->registered(gateway.sessions.at(0));
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_EQ(gateway.sign_ins.at(0).registering, Registering::kNotRequired);
}

TEST_F(HubTest, T31_AnEmptyOutboundProxyIsTheDomain) {
  const struct {
    const char* data;
    const char* proxy;
    const char* name;
  } rows[] = {
      {R"({"sipLogin":"1","sipDomain":"d"})", "d", "1"},
      {R"({"sipLogin":"1","sipDomain":"d","sipOutboundProxy":"","sipAuthenticationName":""})", "d",
       "1"},
      {R"({"sipLogin":"1","sipDomain":"d","sipOutboundProxy":null,"sipProxy":"p"})", "p", "1"},
      {R"({"sipLogin":"1","sipDomain":"d","sipOutboundProxy":"o","sipAuthenticationName":"a"})",
       "o", "a"},
  };
  uint64_t id = 1;
  for (const auto& row : rows) {
    const ConnectionId connection(++id);
    open(connection);
    say("connection", row.data, connection);
    EXPECT_EQ(gateway.sign_ins.back().outbound_proxy, row.proxy) << row.data;
    EXPECT_EQ(gateway.sign_ins.back().authentication_name, row.name) << row.data;
  }
}

TEST_F(HubTest, TheFirstMessageMustBeConnection) {
  for (const char* text : {R"({"message":"call","data":[{"callId":"c"}]})", "nonsense",
                           R"({"message":"pushLogs","data":[{"logs":"x"}]})"}) {
    open();
    say(text);
    EXPECT_THAT(heard(), ElementsAre("fail FAILED")) << text;
    ASSERT_EQ(wire.closed.size(), 1u) << text;
    EXPECT_EQ(wire.closed[0].second, 4400);
    wire.closed.clear();
  }
  EXPECT_THAT(gateway.log, IsEmpty());
  EXPECT_EQ(hub->size(), 0u);
}

TEST_F(HubTest, SigningInTwiceIsRefused) {
  sign_in();
  say("connection", R"({"sipLogin":"other","sipDomain":"d"})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_THAT(gateway.log, IsEmpty());
}

TEST_F(HubTest, CredentialsOfMoreThanOneLineAreRefused) {
  open();
  say("connection", R"({"sipLogin":"1\r\nVia: x","sipDomain":"d"})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_THAT(gateway.log, IsEmpty());
}

TEST_F(HubTest, RefusedMeansFailAndClose) {
  gateway.accepts = false;
  open();
  say("connection", R"({"sipLogin":"1","sipDomain":"d"})");
  EXPECT_THAT(heard(), IsEmpty()) << "nothing before the gateway decided";
  hub->refuse(gateway.sessions.at(0), {"FAILED", {.reason = "domain_not_allowed", .info = "no"}});
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_EQ(member("reason"), "domain_not_allowed");
  EXPECT_EQ(wire.closed.at(0).second, 4401);
  EXPECT_THAT(gateway.log, ElementsAre("sign_in 1", "sign_out"));
}

TEST_F(HubTest, AFailedRegistrationIsShownBeforeTheSocketCloses) {
  open();
  say("connection", R"({"sipLogin":"1","sipDomain":"d"})");
  heard();
  hub->registration_failed(gateway.sessions.at(0),
                           {"AUTHENTICATION_FAIL", {.reason = "auth_rejected", .sip_status = 403}},
                           now);
  EXPECT_THAT(heard(), ElementsAre("fail AUTHENTICATION_FAIL"));
  EXPECT_EQ(member("apiMethod"), "RegistrationStatusEvent");
  call();
  EXPECT_THAT(heard(), ElementsAre("fail FAILED", "finish FAILED")) << "no new call meanwhile";
  pass(2999ms);
  EXPECT_THAT(wire.closed, IsEmpty());
  pass(1ms);
  EXPECT_EQ(wire.closed.at(0).second, 4401);
  EXPECT_THAT(gateway.log, ElementsAre("sign_in 1", "sign_out"));
}

TEST_F(HubTest, ALostRegistrationIsToldOnceAndSoIsItsReturn) {
  const SessionId session = sign_in();
  const Refusal lost{"REGISTER_EXPIRE", {.reason = "sip_unreachable", .sip_status = 503}};
  hub->registration_lost(session, lost, now);
  hub->registration_lost(session, lost, now);
  EXPECT_THAT(heard(), ElementsAre("fail UNREGISTERED"));
  EXPECT_EQ(member("apiMethod"), "RegistrationStatusEvent");
  call();
  EXPECT_THAT(heard(), testing::Contains("notifyTryingResponse TRYING")) << "calls out still work";
  hub->registered(session);
  hub->registered(session);
  EXPECT_THAT(heard(), ElementsAre("registered REGISTERED"));
  EXPECT_THAT(wire.closed, IsEmpty());
}

TEST_F(HubTest, ARegistrationThatNeverCameAboutIsAFailedOneEvenIfItIsTriedAgain) {
  open();
  say("connection", R"({"sipLogin":"1","sipDomain":"d"})");
  heard();
  hub->registration_lost(gateway.sessions.at(0),
                         {"REGISTER_EXPIRE", {.reason = "sip_timeout", .sip_status = 408}}, now);
  EXPECT_THAT(heard(), ElementsAre("fail REGISTER_EXPIRE"));
  pass(3s);
  EXPECT_EQ(wire.closed.at(0).second, 4401);
}

TEST_F(HubTest, WhoDoesNotSignInIsClosed) {
  open();
  pass(9999ms);
  EXPECT_THAT(wire.closed, IsEmpty());
  pass(1ms);
  EXPECT_EQ(wire.closed.at(0).second, 4408);
  EXPECT_EQ(hub->next_deadline(), kNever);
}

TEST_F(HubTest, SessionsAreFoundByUser) {
  const SessionId first = sign_in(ConnectionId(1));
  const SessionId second = sign_in(ConnectionId(2));
  const SessionId other = sign_in(ConnectionId(3), "1003");
  EXPECT_THAT(hub->sessions_of("1001", "pbx.EXAMPLE"), ElementsAre(first, second));
  EXPECT_THAT(hub->sessions_of("1003", "pbx.example"), ElementsAre(other));
  EXPECT_THAT(hub->sessions_of("1003", "else"), IsEmpty());
  hub->on_close(ConnectionId(1), SocketEnd::kMeant, now);
  EXPECT_THAT(hub->sessions_of("1001", "pbx.example"), ElementsAre(second));
}

TEST_F(HubTest, AClosedSocketSignsOutOnceAndItsSessionIsGone) {
  const SessionId session = with_call();
  hub->on_close(kPage, SocketEnd::kMeant, now);
  hub->on_close(kPage, SocketEnd::kMeant, now);
  EXPECT_THAT(gateway.log, ElementsAre("sign_out"));
  hub->ring(session, "c1");
  hub->finish(session, "c1", {});
  EXPECT_EQ(hub->incoming_call(session, {}).error().code, ErrorCode::kNotFound);
  EXPECT_THAT(heard(), IsEmpty());
}

// ---- life and limits
// --------------------------------------------------------------------------------

TEST_F(HubTest, PingsComeEveryFiveSecondsAndSilenceEndsTheSession) {
  sign_in();
  pass(25s);
  EXPECT_THAT(heard(), ElementsAre("ping", "ping", "ping", "ping", "ping"));
  say(R"({"message":"pong"})");  // T26: without data
  pass(29s);
  EXPECT_THAT(wire.closed, IsEmpty());
  pass(12s);
  EXPECT_EQ(wire.closed.at(0).second, 4408);
  EXPECT_THAT(gateway.log, ElementsAre("away", "sign_out"));
  EXPECT_EQ(hub->counters()[HubCount::kDeadPeers], 1u);
}

TEST_F(HubTest, T26_ABareCallIdAndNoDataAreUnderstood) {
  with_call();
  say(R"({"message":"pong"})");
  say(R"({"message":"hangup","data":["c1"]})");
  EXPECT_THAT(gateway.log, ElementsAre("hangup c1"));
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(HubTest, T22_ALogFloodCostsNothingAndStopsNothing) {
  sign_in();
  for (int i = 0; i < 10'000; ++i) {
    say("{ \"message\" : \"pushLogs\", this is not even JSON");  // never parsed
  }
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(wire.closed, IsEmpty());
  EXPECT_EQ(hub->counters()[HubCount::kPushLogs], 10'000u);
  EXPECT_EQ(hub->counters()[HubCount::kPushLogsDropped], 9'950u);
  call();
  EXPECT_THAT(heard(), ElementsAre("notifyTryingResponse TRYING")) << "counted apart";
}

TEST_F(HubTest, AFloodIsToldOnceThenDroppedThenClosed) {
  sign_in();
  for (int i = 0; i < 200; ++i) say("ping", "null");
  const auto answers = heard();
  EXPECT_EQ(std::ranges::count(answers, "pong"), 99) << "a burst of 100, one was the sign-in";
  EXPECT_EQ(std::ranges::count(answers, "fail FAILED"), 1);
  now += 2s;
  say("ping", "null");
  EXPECT_THAT(heard(), ElementsAre("pong")) << "calm again";
  for (int i = 0; i < 3000; ++i) say("ping", "null");
  EXPECT_EQ(wire.closed.at(0).second, 4429);
  EXPECT_THAT(gateway.log, ElementsAre("sign_out"));
}

TEST_F(HubTest, BytesHaveARateToo) {
  sign_in();
  const std::string big = "\"" + std::string(200'000, 'x') + "\"";
  for (int i = 0; i < 4; ++i) say("pong", big);
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_EQ(hub->counters()[HubCount::kFlooded], 2u);
}

TEST_F(HubTest, TextAboveTheLimitClosesTheConnection) {
  sign_in();
  say(std::string(kMaxText + 1, ' '));
  EXPECT_EQ(wire.closed.at(0).second, 1009);
}

TEST_F(HubTest, WhatAListenerCausesIsToldAfterItReturned) {
  // on_sign_in accepts from inside; on_call finishes from inside; the log shows no nesting.
  open();
  gateway.finish_at_once = true;
  say("connection", R"({"sipLogin":"1","sipDomain":"d"})");
  call();
  hub->refuse(gateway.sessions.at(0), {});
  EXPECT_THAT(gateway.log, ElementsAre("sign_in 1", "call c1", "sign_out"));
  EXPECT_THAT(heard(), ElementsAre("getUserData ESTABLISHED", "notifyTryingResponse TRYING",
                                   "finish FINISH", "fail FAILED"));
}

}  // namespace
}  // namespace patchcord::wcs

// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of a session: what the page asks and what it is told, in which order.
#include "hub_fixture.h"

namespace patchcord::wcs {
namespace {

// ---- outgoing calls
// ---------------------------------------------------------------------------------

TEST_F(HubTest, T5_TryingIsSaidBeforeAnybodyElseHearsOfTheCall) {
  sign_in();
  gateway.finish_at_once = true;
  call();
  EXPECT_THAT(heard(), ElementsAre("notifyTryingResponse TRYING", "finish FINISH"));
  EXPECT_THAT(gateway.log, ElementsAre("call c1"));
  EXPECT_EQ(gateway.calls.at(0).sdp, kOffer);
  EXPECT_EQ(gateway.calls.at(0).caller, "1001") << "the login when the page names nobody";
}

TEST_F(HubTest, T6_ExactlyOneSdpGoesToThePage) {
  const SessionId session = with_call();
  hub->remote_sdp(session, "c1", kAnswer);
  hub->remote_sdp(session, "c1", "another");
  ASSERT_EQ(wire.texts[kPage].size(), 1u);
  EXPECT_EQ(wire.texts[kPage][0],
            R"({"message":"setRemoteSDP","data":["c1","v=0 answer",true]})");  // T3
}

TEST_F(HubTest, AnOutgoingCallFromRingToTalk) {
  const SessionId session = with_call();
  hub->ring(session, "c1", 180);
  hub->ring(session, "c1", 180);
  hub->ring_media(session, "c1", 183);
  hub->ring(session, "c1", 180);
  hub->talk(session, "c1", 200);
  hub->talk(session, "c1", 200);
  EXPECT_THAT(heard(), ElementsAre("ring RING", "ring RING_MEDIA", "talk ESTABLISHED"));
  EXPECT_EQ(member("sipStatus"), "200");
  EXPECT_EQ(member("mediaProvider"), "WebRTC");
  hub->ring(session, "c1", 180);
  EXPECT_THAT(heard(), IsEmpty()) << "a call never steps back";
}

TEST_F(HubTest, T8_EarlyMediaIsAStatusOfRingAndRingComesFirst) {
  const SessionId session = with_call();
  hub->ring_media(session, "c1", 183);
  EXPECT_THAT(heard(), ElementsAre("ring RING", "ring RING_MEDIA"));
}

TEST_F(HubTest, T7_FailNeverEndsACallFinishDoes) {
  const SessionId session = with_call();
  hub->finish(session, "c1",
              {CallStatus::kFailed, {.reason = "not_found", .sip_status = 404, .q850 = 1}});
  EXPECT_THAT(heard(), ElementsAre("fail FAILED", "finish FAILED"));
  EXPECT_EQ(member("reason"), "not_found");
  EXPECT_EQ(member("sipStatus"), "404");
  EXPECT_EQ(member("q850"), "1");
}

TEST_F(HubTest, T9_BusyIsAMessageOfItsOwnFollowedByFinish) {
  const SessionId session = with_call();
  hub->finish(session, "c1", {CallStatus::kBusy, {.reason = "busy", .sip_status = 486}});
  EXPECT_THAT(heard(), ElementsAre("busy BUSY", "finish FINISH"));
  EXPECT_EQ(member("reason"), "busy");
}

TEST_F(HubTest, T9_BusyInFinishWhenTheOperatorWantsIt) {
  options.busy = BusyStyle::kInFinish;
  build();
  const SessionId session = with_call();
  hub->finish(session, "c1", {CallStatus::kBusy, {.reason = "busy"}});
  EXPECT_THAT(heard(), ElementsAre("finish BUSY"));
}

TEST_F(HubTest, T11_FinishFollowsTheHangupOfThePage) {
  with_call();
  gateway.finishes_hangups = true;
  say("hangup", R"({"callId":"c1"})");
  EXPECT_THAT(gateway.log, ElementsAre("hangup c1"));
  EXPECT_THAT(heard(), ElementsAre("finish FINISH"));
}

TEST_F(HubTest, T12_NothingComesAfterFinish) {
  const SessionId session = with_call();
  hub->finish(session, "c1", {});
  heard();
  hub->finish(session, "c1", {});
  hub->talk(session, "c1");
  hub->ring(session, "c1");
  hub->remote_sdp(session, "c1", kAnswer);
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(HubTest, T13_HangupOfAnUnknownCallIsIgnored) {
  const SessionId session = with_call();
  say("hangup", R"({"callId":"never seen"})");
  hub->finish(session, "c1", {});
  heard();
  say("hangup", R"({"callId":"c1"})");
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(gateway.log, IsEmpty());
}

TEST_F(HubTest, HangupGoesUpOnce) {
  with_call();
  say("hangup", R"({"callId":"c1"})");
  say("hangup", R"({"callId":"c1"})");
  EXPECT_THAT(gateway.log, ElementsAre("hangup c1"));
}

TEST_F(HubTest, T27_TheSameCallIdAgainFailsAndTheFirstCallGoesOn) {
  const SessionId session = with_call();
  call("c1");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED", "finish FAILED"));
  EXPECT_EQ(member("reason"), "duplicate_call");
  EXPECT_THAT(gateway.log, IsEmpty());
  hub->talk(session, "c1");
  EXPECT_THAT(heard(), ElementsAre("talk ESTABLISHED"));
}

TEST_F(HubTest, T27_ACallIdBelongsToItsSession) {
  const SessionId first = with_call();
  sign_in(ConnectionId(2), "1002");
  say("hangup", R"({"callId":"c1"})", ConnectionId(2));
  EXPECT_THAT(gateway.log, IsEmpty()) << "nobody hangs up the call of another";
  say("call", R"({"callId":"c1","sdp":"s","callee":"1"})", ConnectionId(2));
  EXPECT_THAT(gateway.log, ElementsAre("call c1"));
  hub->talk(first, "c1");
  EXPECT_THAT(heard(), ElementsAre("talk ESTABLISHED"));
  EXPECT_THAT(heard(ConnectionId(2)), ElementsAre("notifyTryingResponse TRYING"));
}

TEST_F(HubTest, BadCallsFailWithAReason) {
  sign_in();
  const struct {
    const char* data;
    const char* reason;
  } rows[] = {
      {R"({"callId":"x","callee":"1"})", "bad_sdp"},
      {R"({"callId":"x","sdp":"s"})", "bad_number"},
      {R"({"callId":"x","sdp":"s","callee":"1\r\nVia: y"})", "bad_number"},
      {R"({"callId":"x","sdp":"s","callee":"1\u2028"})", "bad_number"},
      {R"({"callId":"x","sdp":"s","callee":"1","visibleName":"a\nb"})", "request_rejected"},
      {R"({"callId":"x","sdp":"s","callee":"1","sipSDP":["b=AS:1\r\nm=x"]})", "request_rejected"},
      {R"({"callId":"x","sdp":"s","callee":"1","inviteParameters":{"X":"a\r\nVia: b"}})",
       "request_rejected"},
  };
  for (const auto& row : rows) {
    say("call", row.data);
    EXPECT_THAT(heard(), ElementsAre("fail FAILED", "finish FAILED")) << row.data;
    EXPECT_EQ(member("reason"), row.reason) << row.data;
  }
  say("call", R"({"sdp":"s","callee":"1"})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED")) << "without an id there is nothing to finish";
  EXPECT_THAT(gateway.log, IsEmpty());
}

TEST_F(HubTest, APageHasAtMostFourCalls) {
  const SessionId session = sign_in();
  for (const char* id : {"a", "b", "c", "d"}) call(id);
  heard();
  call("e");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED", "finish FAILED"));
  EXPECT_EQ(hub->incoming_call(session, {.call_id = "f"}).error().code, ErrorCode::kExhausted);
}

// ---- incoming calls
// ---------------------------------------------------------------------------------

IncomingRequest incoming() {
  return {.call_id = "in", .sdp = kOffer, .caller = "3000", .callee = "1001"};
}

TEST_F(HubTest, T4_AnIncomingCallIsSdpThenNoticeThenRing) {
  const SessionId session = sign_in();
  ASSERT_TRUE(hub->incoming_call(session, incoming()).ok());
  ASSERT_EQ(wire.texts[kPage].size(), 3u);
  EXPECT_EQ(wire.texts[kPage][0], R"({"message":"setRemoteSDP","data":["in","v=0 offer",false]})");
  EXPECT_THAT(wire.texts[kPage][1], HasSubstr(R"("visibleName":"3000")"));
  EXPECT_THAT(wire.texts[kPage][1], HasSubstr(R"("incoming":true)"));
  EXPECT_THAT(heard(), ElementsAre("setRemoteSDP", "notifyIncomingCall NEW", "ring RING"));
  hub->remote_sdp(session, "in", kAnswer);
  hub->ring(session, "in");
  EXPECT_THAT(heard(), IsEmpty()) << "T6 for an incoming call too";
}

TEST_F(HubTest, T15_OnlyTheSdpOfAnAnswerCounts) {
  const SessionId session = sign_in();
  ASSERT_TRUE(hub->incoming_call(session, incoming()).ok());
  heard();
  say("answer",
      R"({"callId":"in","sdp":"v=0 answer","hasVideo":true,"hasAudio":true,"callee":"x"})");
  EXPECT_THAT(gateway.log, ElementsAre("answer in v=0 answer"));
  hub->talk(session, "in");
  EXPECT_THAT(heard(), ElementsAre("talk ESTABLISHED"));
  EXPECT_EQ(member("hasVideo"), "false");
  EXPECT_EQ(member("caller"), "3000");
}

TEST_F(HubTest, AnAnswerOutOfPlaceChangesNothing) {
  const SessionId session = with_call();
  ASSERT_TRUE(hub->incoming_call(session, incoming()).ok());
  say("answer", R"({"callId":"in","sdp":"s"})");
  heard();
  say("answer", R"({"callId":"in","sdp":"s"})");
  say("answer", R"({"callId":"c1","sdp":"s"})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED", "fail FAILED"));
  say("answer", R"({"callId":"gone","sdp":"s"})");
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_THAT(gateway.log, ElementsAre("answer in s"));
}

TEST_F(HubTest, AnIncomingCallNeedsAFreeIdAndASignedInSession) {
  const SessionId session = with_call();
  IncomingRequest request = incoming();
  request.call_id = "c1";
  EXPECT_EQ(hub->incoming_call(session, request).error().code, ErrorCode::kState);
  gateway.accepts = false;
  open(ConnectionId(2));
  say("connection", R"({"sipLogin":"1","sipDomain":"d"})", ConnectionId(2));
  EXPECT_EQ(hub->incoming_call(gateway.sessions.back(), incoming()).error().code,
            ErrorCode::kNotFound);
}

// ---- commands in a call
// -----------------------------------------------------------------------------

TEST_F(HubTest, T16_DigitsMayBeANumberAndAreChecked) {
  with_call();
  say("sendDtmf", R"({"callId":"c1","dtmf":1})");
  say("sendDtmf", R"({"callId":"c1","dtmf":"12#*ad","type":"INFO"})");
  EXPECT_THAT(gateway.log, ElementsAre("dtmf c1 1 RFC2833", "dtmf c1 12#*AD INFO"));
  for (const char* digits : {"\"\"", "\"1 2\"", "\"x\"", "\"123456789012345678901234567890123\""}) {
    say("sendDtmf", "{\"callId\":\"c1\",\"dtmf\":" + std::string(digits) + "}");
    EXPECT_THAT(heard(), ElementsAre("fail FAILED")) << digits;
  }
  say("sendDtmf", R"({"callId":"gone","dtmf":"1"})");
  EXPECT_THAT(heard(), IsEmpty());
  EXPECT_EQ(gateway.log.size(), 2u);
}

TEST_F(HubTest, HoldAndTransferAreRefusedByNameAndTheButtonComesBack) {
  const SessionId session = with_call();
  say("hold", R"({"callId":"c1"})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED")) << "not up yet: no talk";
  hub->talk(session, "c1");
  heard();
  const std::pair<const char*, const char*> rows[] = {
      {"hold", "hold"}, {"unhold", "unhold"}, {"transfer", "TransferStatusEvent"}};
  for (const auto& [message, method] : rows) {
    say(message, R"({"callId":"c1","target":"1003"})");
    ASSERT_EQ(wire.texts[kPage].size(), 2u);
    EXPECT_THAT(wire.texts[kPage][0], HasSubstr(std::string("\"apiMethod\":\"") + method));
    EXPECT_THAT(wire.texts[kPage][0], HasSubstr(R"("reason":"not_supported")"));
    EXPECT_THAT(heard(), ElementsAre("fail FAILED", "talk ESTABLISHED")) << message;
  }
}

TEST_F(HubTest, T23_SendDataIsAlwaysAnsweredWithFailed) {
  sign_in();
  say("sendData", R"({"operationId":"op","payload":{"x":1}})");
  EXPECT_THAT(heard(), ElementsAre("DataStatusEvent FAILED"));
  EXPECT_EQ(member("operationId"), "op");
}

TEST_F(HubTest, UnknownMessagesFailByNameAndNeverClose) {
  sign_in();
  say("publishStream", R"({"name":"x"})");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_EQ(member("apiMethod"), "publishStream");
  say("nonsense");
  EXPECT_THAT(heard(), ElementsAre("fail FAILED"));
  EXPECT_THAT(wire.closed, IsEmpty());
  EXPECT_EQ(hub->counters()[HubCount::kUnknown], 1u);
  EXPECT_EQ(hub->counters()[HubCount::kMalformed], 1u);
}

TEST_F(HubTest, SmallMessagesAreAnswered) {
  sign_in();
  say("ping", "null");
  say("sessionDebug", R"({"command":"start"})");
  say("submitBugReport", R"({"text":"no sound"})");
  EXPECT_THAT(heard(), ElementsAre("pong", "notifySessionDebugEvent STARTED"));
}

}  // namespace
}  // namespace patchcord::wcs

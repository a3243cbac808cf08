// SPDX-License-Identifier: GPL-3.0-or-later
// The race conditions of RFC 5407, each by its section, on whichever side we may find ourselves. In
// the RFC's words "Moratorium" is the time between a 200 and its ACK, "Mortal" that after a BYE.
#include <gtest/gtest.h>

#include "stage.h"

namespace patchcord::sip {
namespace {

struct Rfc5407 : testing::Test, Stage {
  // A call to us whose 200 is out and whose ACK has not come.
  void answered(std::string body = kOffer) {
    ask({.body = std::move(body)});
    id = event<IncomingCall>().dialog;
    take_reply(100);
    ua.answer(id, kAnswer, now);
    ok = take_reply(200);
    far = Ask{.to_tag = address_of(ok, Header::kTo)->tag()};
  }
  void ack(uint32_t cseq = 1, std::string body = {}) {
    Ask ack = far;
    ack.method = "ACK";
    ack.cseq = cseq;
    ack.branch = "z9hG4bKack" + std::to_string(cseq);
    ack.body = std::move(body);
    ask(ack);
  }
  void ack_refusal() {
    far.method = "ACK";
    far.body.clear();
    ask(far);
  }
  void calls() {
    id = ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}}, now);
    invite = take(Method::kInvite);
  }
  DialogId id;
  Message ok;
};

TEST_F(Rfc5407, S3_1_1_TheInviteAgainAfterThe200) {
  answered();
  ask({.body = kOffer});
  nothing_sent();  // it crossed our 200, which will come again by itself
  no_event();
  advance(500ms);
  EXPECT_EQ(take_reply(200).text(), ok.text());
  ack();
  event<Acknowledged>();
}

TEST_F(Rfc5407, S3_1_2_ACancelThatCrossesThe200) {
  answered();
  ask({.method = "CANCEL"});
  take_reply(200);  // of the CANCEL; the call stands
  no_event();
  ack();
  event<Acknowledged>();
  ask(next("BYE"));  // the caller knows what to do
  take_reply(200);
  EXPECT_EQ(event<Ended>().by, EndedBy::kRemote);
  drain();
}

TEST_F(Rfc5407, S3_1_2_AsCallerA200ThatCrossesOurCancel) {
  calls();
  reply(invite, {.status = 180});
  event<Ringing>();
  ua.hangup(id, {}, now);
  const Message cancel = take(Method::kCancel);
  reply(invite, {.sdp = kAnswer});
  take(Method::kAck);
  const Message bye = take(Method::kBye);
  reply(cancel, {.status = 481});
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  reply(bye, {}, kFarEnd);
  no_event();
  EXPECT_EQ(ua.dialog_count(), 0u);
  drain();
}

TEST_F(Rfc5407, S3_1_3_AByeOfTheEarlyDialogThatCrossesThe200) {
  answered();
  ask(next("BYE"));
  take_reply(200);
  EXPECT_EQ(event<Ended>().by, EndedBy::kRemote);
  ack();  // late, and nobody's any more
  no_event();
  advance(40s);
  nothing_sent();  // the 200 is not repeated for a call that is over
  drain();
}

TEST_F(Rfc5407, S3_1_4_AReInviteThatOvertakesTheAck) {
  answered();
  ask(next("INVITE", kOtherAnswer));
  event<Acknowledged>();  // who asks again has our answer
  EXPECT_EQ(event<Reoffered>().sdp, kOtherAnswer);
  take_reply(100);
  ack();
  ua.answer_reoffer(id, kOffer, now);
  EXPECT_EQ(take_reply(200).cseq(), far.cseq);
  ack(far.cseq);
  no_event();
  advance(40s);
  nothing_sent();
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(Rfc5407, S3_1_5_AReInviteThatOvertakesTheAckWithTheAnswer) {
  answered({});  // we offered
  ask(next("INVITE", kOtherAnswer));
  take_reply(491);
  ack_refusal();
  no_event();
  ack(1, kOtherAnswer);
  EXPECT_EQ(event<Acknowledged>().sdp, kOtherAnswer);
  ask(next("INVITE", kOtherAnswer));
  take_reply(200);
}

TEST_F(Rfc5407, S3_1_6_AByeThatOvertakesTheAck) {
  answered();
  ask(next("BYE"));
  take_reply(200);
  event<Ended>();
  EXPECT_EQ(ua.dialog_count(), 0u);
  drain();
}

TEST_F(Rfc5407, S3_2_1_ByesThatCross) {
  id = called_up();
  ua.hangup(id, {}, now);
  const Message ours = take(Method::kBye);
  ask(next("BYE"));
  take_reply(200);
  reply(ours, {.status = 481}, kFarEnd);
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  no_event();
  drain();
}

TEST_F(Rfc5407, S3_2_2_AReInviteThatCrossesOurBye) {
  id = called_up();
  ua.hangup(id, {}, now);
  const Message bye = take(Method::kBye);
  ask(next("INVITE", kOtherAnswer));
  take_reply(481);
  ack_refusal();
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  reply(bye, {}, kFarEnd);
  no_event();
  drain();
}

TEST_F(Rfc5407, S3_2_2_AByeThatCrossesOurReInvite) {
  id = called_up();
  ua.reoffer(id, kOtherAnswer, now);
  const Message ours = take(Method::kInvite);
  ask(next("BYE"));
  take_reply(200);
  EXPECT_EQ(event<Ended>().by, EndedBy::kRemote);
  reply(ours, {.status = 481}, kFarEnd);  // its ACK is the transaction's
  take(Method::kAck);
  no_event();
  drain();
}

TEST_F(Rfc5407, S3_2_3_The200OfAReInviteThatCrossesTheBye) {
  id = called_up();
  ua.reoffer(id, kOtherAnswer, now);
  const Message ours = take(Method::kInvite);
  ua.hangup(id, {}, now);
  const Message bye = take(Method::kBye);
  reply(ours, {.sdp = kOffer}, kFarEnd);
  EXPECT_EQ(take(Method::kAck).cseq(), ours.cseq());  // or it would be repeated for half a minute
  event<Ended>();
  reply(bye, {}, kFarEnd);
  no_event();
  drain();
}

TEST_F(Rfc5407, S3_2_4_TheAckThatCrossesABye) {
  answered();
  ua.hangup(id, {}, now);
  nothing_sent();  // RFC 3261 15: the callee's BYE waits for the ACK
  ack();
  take(Method::kBye);
  event<Ended>();
  ack();
  no_event();
  drain();
}

TEST_F(Rfc5407, S3_3_1_ReInvitesThatCross) {
  id = called_up();
  ua.reoffer(id, kOtherAnswer, now);
  const Message ours = take(Method::kInvite);
  ask(next("INVITE", kOtherAnswer));
  take_reply(491);
  ack_refusal();
  reply(ours, {.status = 491}, kFarEnd);
  take(Method::kAck);
  advance(2s);  // the peer owns the Call-ID: 0 to 2 s for us (RFC 3261 14.1)
  const Message again = take(Method::kInvite);
  EXPECT_EQ(again.body(), kOtherAnswer);
  sent.clear();  // its repetitions
  reply(again, {.sdp = kOffer}, kFarEnd);
  take(Method::kAck);
  event<ReofferAnswered>();
}

TEST_F(Rfc5407, S3_3_1_AsOwnerOfTheCallIdWeWaitLonger) {
  id = call_up();
  ua.reoffer(id, kOtherAnswer, now);
  reply(take(Method::kInvite), {.status = 491}, kFarEnd);
  take(Method::kAck);
  advance(2090ms);
  nothing_sent();
  advance(1910ms);
  take(Method::kInvite);
}

TEST_F(Rfc5407, S3_3_2_AnUpdateThatCrossesOurReInvite) {
  id = called_up();
  ua.reoffer(id, kOtherAnswer, now);
  take(Method::kInvite);
  ask(next("UPDATE", kOtherAnswer));
  take_reply(491);
  no_event();
}

TEST_F(Rfc5407, S3_3_3_AReferForACallThatEnds) {
  id = called_up();
  ua.hangup(id, {}, now);
  take(Method::kBye);
  Ask refer = next("REFER");
  refer.headers = {{"Refer-To", "<sip:x@192.0.2.9>"}};
  ask(refer);
  take_reply(405);
}

// ---- and what is not in the RFC

TEST_F(Rfc5407, ARingingThatComesAfterThe200MeansNothing) {
  id = call_up();
  reply(invite, {.status = 180});
  reply(invite, {.status = 183, .tag = "other", .sdp = kOtherAnswer});
  nothing_sent();
  no_event();
}

TEST_F(Rfc5407, A200ThatComesAfterTheCallHasEndedIsAckedAndEnded) {
  id = call_up();
  ua.hangup(id, {}, now);
  reply(take(Method::kBye), {}, kFarEnd);
  event<Ended>();
  ASSERT_EQ(ua.dialog_count(), 0u);
  reply(invite, {.tag = "late", .sdp = kAnswer});
  EXPECT_EQ(address_of(take(Method::kAck), Header::kTo)->tag(), "late");
  const Message bye = take(Method::kBye);
  EXPECT_EQ(address_of(bye, Header::kTo)->tag(), "late");
  reply(bye, {}, kFarEnd);
  no_event();
  drain();
}

TEST_F(Rfc5407, ALostAckIsSentAgainForEachRepetition) {
  id = call_up();
  for (int i = 0; i < 3; ++i) {
    reply(invite, {.sdp = kAnswer});
    take(Method::kAck);
    advance(500ms);
  }
  no_event();
}

TEST_F(Rfc5407, WithoutAnAckTheEndSaysWhatIsMissing) {
  answered();
  advance(33s);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.missing, Missing::kAck);
  EXPECT_TRUE(sent.back().message.is(Method::kBye));
  sent.clear();
  drain();
}

TEST_F(Rfc5407, EveryRepeatedRequestIsAnsweredAsBefore) {
  id = called_up();
  for (const char* method : {"OPTIONS", "INFO", "UPDATE"}) {
    const Ask request = next(method);
    ask(request);
    const Message first = take_reply(200);
    ask(request);
    EXPECT_EQ(take_reply(200).text(), first.text());
  }
  const Ask bye = next("BYE");
  ask(bye);
  const Message first = take_reply(200);
  event<Ended>();
  ask(bye);
  EXPECT_EQ(take_reply(200).text(), first.text());
  no_event();
  drain();
}

}  // namespace
}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Calls to us as scripts: answer, refusal, CANCEL, the ACK that does not come, requests inside the
// dialog, re-INVITE and UPDATE in both directions, session timers, and who may call at all.
#include <gtest/gtest.h>

#include <algorithm>

#include "stage.h"

namespace patchcord::sip {
namespace {

struct CallIn : testing::Test, Stage {
  // The ACK of a failure of the last request of `far`: in its transaction.
  void ack_refusal() {
    Ask ack = far;
    ack.method = "ACK";
    ack.body.clear();
    ask(ack);
  }
};

TEST_F(CallIn, ACallIsToldWithWhoCallsAndAnsweredWithTheSameTag) {
  Ask call{.body = kOffer};
  call.headers = {{"X-Trunk", "7"}, {"Subject", "not passed"}};
  ask(call);
  EXPECT_EQ(take_reply(100).call_id(), "call-1@192.0.2.9");
  const IncomingCall incoming = event<IncomingCall>();
  EXPECT_EQ(incoming.from.to_string(), "sip:bob@192.0.2.9");
  EXPECT_EQ(incoming.display_name, "Bob");
  EXPECT_EQ(incoming.request_uri.user(), "1001");
  EXPECT_EQ(incoming.sdp, kOffer);
  EXPECT_EQ(incoming.source, kFarEnd);
  ASSERT_EQ(incoming.headers.size(), 1u);
  EXPECT_EQ(incoming.headers[0].name, "X-Trunk");

  ua.ring(incoming.dialog, now);
  const Message ringing = take_reply(180);
  EXPECT_EQ(address_of(ringing, Header::kContact)->uri.to_string(), "sip:1001@198.51.100.7:5060");
  ua.progress(incoming.dialog, kAnswer, now);
  EXPECT_EQ(take_reply(183).body(), kAnswer);
  ua.answer(incoming.dialog, kAnswer, now);
  const Message ok = take_reply(200);
  EXPECT_EQ(to_tag(ok), to_tag(ringing));
  EXPECT_EQ(ok.body(), kAnswer);
  EXPECT_TRUE(lists_token(ok, Header::kAllow, "BYE"));
  EXPECT_EQ(top_via(ok)->rport(), 5070);
  EXPECT_EQ(top_via(ok)->params.text("received"), "192.0.2.9");
}

TEST_F(CallIn, The200IsRepeatedUntilTheAckComes) {  // RFC 3261 13.3.1.4
  ask({.body = kOffer});
  const DialogId id = event<IncomingCall>().dialog;
  ua.answer(id, kAnswer, now);
  sent.clear();
  advance(7600ms);
  EXPECT_EQ(sent.size(), 4u);  // 0.5, 1.5, 3.5, 7.5 s
  Ask ack{
      .method = "ACK", .to_tag = std::string(to_tag(sent.front().message)), .branch = "z9hG4bKk"};
  sent.clear();
  ask(ack);
  EXPECT_EQ(event<Acknowledged>().dialog, id);
  ask(ack);
  no_event();
  advance(10s);
  nothing_sent();
}

TEST_F(CallIn, WithoutAnAckTheCallEndsWithABye) {
  ask({.body = kOffer});
  ua.answer(event<IncomingCall>().dialog, kAnswer, now);
  sent.clear();
  advance(31900ms);
  no_event();
  sent.clear();
  advance(200ms);
  EXPECT_EQ(event<Ended>().by, EndedBy::kTimeout);
  take(Method::kBye);
  drain();
}

TEST_F(CallIn, AHangUpWaitsForTheAck) {  // RFC 3261 15
  ask({.body = kOffer});
  const DialogId id = event<IncomingCall>().dialog;
  ua.answer(id, kAnswer, now);
  const std::string tag(to_tag(sent.back().message));
  sent.clear();
  ua.hangup(id, {480, "Q.850;cause=16"}, now);
  nothing_sent();
  advance(0s);
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  ask({.method = "ACK", .to_tag = tag, .branch = "z9hG4bKk"});
  no_event();
  const Message bye = take(Method::kBye);
  EXPECT_EQ(bye.header(Header::kReason), "Q.850;cause=16");
  reply(bye, {}, kFarEnd);
  EXPECT_EQ(ua.dialog_count(), 0u);
}

TEST_F(CallIn, ARefusalIsRepeatedUntilItsAck) {
  ask({.body = kOffer});
  ua.reject(event<IncomingCall>().dialog, 486, {}, now);
  take_reply(100);
  const Message busy = take_reply(486);
  EXPECT_EQ(busy.reason(), "Busy Here");
  advance(0s);
  EXPECT_EQ(event<Ended>().status, 486);
  EXPECT_EQ(ua.dialog_count(), 0u);
  advance(600ms);
  EXPECT_EQ(take_reply(486).text(), busy.text());
  ask({.method = "ACK", .to_tag = std::string(to_tag(busy))});
  advance(4s);
  nothing_sent();
  advance(2s);
  EXPECT_EQ(ua.transaction_count(), 0u);
}

TEST_F(CallIn, ARepeatedInviteGetsTheLastProvisional) {
  ask({.body = kOffer});
  ask({.body = kOffer});
  take_reply(100);
  take_reply(100);
  const DialogId id = event<IncomingCall>().dialog;
  no_event();
  ua.ring(id, now);
  take_reply(180);
  ask({.body = kOffer});
  take_reply(180);
}

TEST_F(CallIn, ACancelIsAnsweredAndTheInviteEnds487) {  // RFC 3665 3.8
  ask({.body = kOffer});
  const DialogId id = event<IncomingCall>().dialog;
  ua.ring(id, now);
  sent.clear();
  Ask cancel{.method = "CANCEL"};
  cancel.headers = {{"Reason", "SIP;cause=200;text=\"Call completed elsewhere\""}};
  ask(cancel);
  const Message ok = take_reply(200);
  EXPECT_EQ(parse_cseq(ok.header(Header::kCSeq))->method, "CANCEL");
  const Message terminated = take_reply(487);
  EXPECT_EQ(to_tag(ok), to_tag(terminated));
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.status, 487);
  EXPECT_EQ(ended.by, EndedBy::kRemote);
  EXPECT_EQ(ended.reason, "SIP;cause=200;text=\"Call completed elsewhere\"");
  ua.answer(id, kAnswer, now);  // too late, and harmless
  nothing_sent();
}

TEST_F(CallIn, ACancelAfterTheAnswerChangesNothing) {
  ask({.body = kOffer});
  ua.answer(event<IncomingCall>().dialog, kAnswer, now);
  sent.clear();
  ask({.method = "CANCEL"});
  take_reply(200);
  no_event();
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(CallIn, ACancelForNothingIs481) {
  ask({.method = "CANCEL"});
  take_reply(481);
  EXPECT_EQ(ua.transaction_count(), 0u);
}

TEST_F(CallIn, AByeBeforeTheAnswerEndsTheInviteToo) {  // RFC 3261 15.1.2
  ask({.body = kOffer});
  const DialogId id = event<IncomingCall>().dialog;
  ua.ring(id, now);
  const std::string tag(to_tag(sent.back().message));
  sent.clear();
  ask({.method = "BYE", .to_tag = tag, .cseq = 2, .branch = "z9hG4bKb"});
  take_reply(200);
  take_reply(487);
  EXPECT_EQ(event<Ended>().by, EndedBy::kRemote);
  EXPECT_EQ(ua.dialog_count(), 0u);
}

TEST_F(CallIn, AnInviteWithoutAnSdpGetsOurOfferAndTheAckAnswersIt) {
  ask({});
  const IncomingCall call = event<IncomingCall>();
  EXPECT_EQ(call.sdp, "");
  ua.answer(call.dialog, kOffer, now);
  const std::string tag(to_tag(sent.back().message));
  ask({.method = "ACK", .to_tag = tag, .branch = "z9hG4bKk", .body = kAnswer});
  EXPECT_EQ(event<Acknowledged>().sdp, kAnswer);
}

TEST_F(CallIn, NobodyAnswersSo480) {
  ask({.body = kOffer});
  event<IncomingCall>();
  sent.clear();
  advance(181s);
  take_reply(480);
  EXPECT_EQ(event<Ended>().by, EndedBy::kTimeout);
}

// ---- who may call, and what is refused without a trace of state

TEST_F(CallIn, AnUnknownSourceIsNotAnswered) {
  const Target scanner{TransportKind::kUdp, *SocketAddress::parse("203.0.113.66:5060"), {}};
  for (const char* method : {"INVITE", "OPTIONS", "REGISTER", "BYE", "FOO"}) {
    ask({.method = method}, scanner);
  }
  nothing_sent();
  no_event();
  EXPECT_EQ(ua.transaction_count(), 0u);
  EXPECT_EQ(ua.drops()[SipDrop::kUnknownSource], 5u);
}

struct Judged {
  const char* what;
  Ask ask;
  int status;
  Header names = Header::kOther;
  const char* value = "";
};
const Judged kJudged[] = {
    {"OPTIONS", {.method = "OPTIONS"}, 200, Header::kSupported, "timer, 100rel"},
    {"REGISTER",
     {.method = "REGISTER"},
     405,
     Header::kAllow,
     "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, PRACK"},
    {"unknown method", {.method = "FOO"}, 501},
    {"a dialog we do not have", {.method = "INVITE", .to_tag = "x"}, 481},
    {"BYE out of a dialog", {.method = "BYE"}, 481},
    {"scheme", {.uri = "nobodyKnows:x"}, 416},
    {"Require", {.headers = {{"Require", "100rel, foo"}}}, 420, Header::kUnsupported, "foo"},
    {"body type",
     {.content_type = "text/plain", .body = "x"},
     415,
     Header::kAccept,
     "application/sdp"},
    {"Accept", {.headers = {{"Accept", "text/html"}}}, 406},
    {"Min-SE",
     {.headers = {{"Supported", "timer"}, {"Session-Expires", "60"}}},
     422,
     Header::kMinSe,
     "90"},
};
TEST_F(CallIn, RefusalsNeedNoState) {
  for (const Judged& row : kJudged) {
    SCOPED_TRACE(row.what);
    ask(row.ask);
    const Message answer = take_reply(row.status);
    if (row.names != Header::kOther) {
      EXPECT_EQ(answer.header(row.names), row.value);
    }
    ask(row.ask);  // repeated: the same answer, to the tag
    EXPECT_EQ(take_reply(row.status).text(), answer.text());
    no_event();
    EXPECT_EQ(ua.transaction_count(), 0u);
    EXPECT_LE(answer.text().size(), text_of(row.ask).size() + 150);
  }
}

TEST_F(CallIn, TheSameInviteByTwoWaysIsMerged) {  // RFC 3261 8.2.2.2
  ask({.body = kOffer});
  event<IncomingCall>();
  sent.clear();
  ask({.branch = "z9hG4bKother", .body = kOffer});
  take_reply(482);
  no_event();
}

TEST_F(CallIn, AnswersGoToTheSourceWhateverTheViaSays) {
  std::string text = text_of({.method = "OPTIONS"});
  const std::string plain = ";rport";
  text.replace(text.find(plain), plain.size(), ";maddr=239.1.1.1");
  receive(text, kFarEnd);
  EXPECT_EQ(take().target.address.to_string(), "192.0.2.9:5070");
  const Target nat{TransportKind::kUdp, *SocketAddress::parse("192.0.2.9:61000"), {}};
  receive(text, nat);  // without rport: the port of the Via
  EXPECT_EQ(take().target.address.to_string(), "192.0.2.9:5070");
  ask({.method = "OPTIONS"}, nat);  // with rport: where it came from
  EXPECT_EQ(take().target, nat);
}

TEST_F(CallIn, TooManyDialogsAre503) {
  Stage small(UserAgentConfig{.max_dialogs = 1});
  small.ask({.body = kOffer});
  small.event<IncomingCall>();
  small.sent.clear();
  small.ask({.call_id = "other", .branch = "z9hG4bKo", .body = kOffer});
  small.take_reply(503);
  small.no_event();
}

// ---- inside the dialog

TEST_F(CallIn, InDialogRequestsGetTheirProperAnswer) {
  called_up();
  ask(next("OPTIONS"));
  EXPECT_TRUE(lists_token(take_reply(200), Header::kAllow, "INVITE"));
  ask(next("INFO"));
  take_reply(200);
  Ask odd = next("INFO", "<xml/>");
  odd.content_type = "application/media_control+xml";
  ask(odd);
  take_reply(415);
  for (const char* method : {"REFER", "NOTIFY", "MESSAGE", "SUBSCRIBE", "PUBLISH"}) {
    ask(next(method));
    EXPECT_TRUE(take_reply(405).has(Header::kAllow));
  }
  ask(next("FOO"));
  take_reply(501);
  ask(next("PRACK"));  // of nothing
  take_reply(481);
  no_event();
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(CallIn, WrongTagsAndOldSequenceNumbersAreRefused) {
  called_up();
  Ask wrong = next("BYE");
  wrong.from_tag = "someone";
  ask(wrong);
  take_reply(481);
  Ask other = next("BYE");
  other.to_tag = "x";
  ask(other);
  take_reply(481);
  Ask old = next("INFO");
  old.cseq = 1;
  ask(next("OPTIONS"));
  take_reply(200);
  ask(old);
  take_reply(500);
  no_event();
}

TEST_F(CallIn, TheRightTagsFromAnotherAddressMoveNothing) {  // safety: in-dialog spoofing
  call_up();
  far_is_callee();
  const Target stranger{TransportKind::kUdp, *SocketAddress::parse("203.0.113.66:5060"), {}};
  for (const char* method : {"BYE", "INVITE", "UPDATE", "INFO", "OPTIONS", "PRACK"}) {
    ask(next(method, kOtherAnswer), stranger);
  }
  nothing_sent();
  no_event();
  EXPECT_EQ(ua.drops()[SipDrop::kUnknownSource], 6u);
  // The proxy that answered and the address in the Contact are the peer's.
  ask(next("OPTIONS"), kProxy);
  take_reply(200);
  ask(next("BYE"), kFarEnd);
  take_reply(200);
  event<Ended>();
}

TEST_F(CallIn, ACancelFromAnotherAddressIs481) {
  ask({.body = kOffer});
  event<IncomingCall>();
  take_reply(100);
  const Target next_hop{TransportKind::kUdp, *SocketAddress::parse("192.0.2.1:5060"), {}};
  ua.register_account(account_1001(), now);  // another one that may send to us
  reply(take(Method::kRegister), {.status = 403}, next_hop);
  event<RegistrationFailed>();
  ask({.method = "CANCEL"}, next_hop);
  take_reply(481);
  no_event();
  ask({.method = "CANCEL"});
  take_reply(200);
  take_reply(487);
}

TEST_F(CallIn, DigitsByInfo) {
  called_up();
  Ask relay = next("INFO", "Signal=5\r\nDuration=250\r\n");
  relay.content_type = "application/dtmf-relay";
  ask(relay);
  take_reply(200);
  InfoDigit digit = event<InfoDigit>();
  EXPECT_EQ(digit.digit, '5');
  EXPECT_EQ(digit.duration, 250ms);
  Ask plain = next("INFO", "#");
  plain.content_type = "application/dtmf";
  ask(plain);
  take_reply(200);
  EXPECT_EQ(event<InfoDigit>().digit, '#');
  Ask bad = next("INFO", "Signal=Z\r\n");
  bad.content_type = "application/dtmf-relay";
  ask(bad);
  take_reply(415);
  no_event();
}

TEST_F(CallIn, ARefreshIsAnsweredWithoutAWord) {
  called_up();
  ask(next("INVITE", kOffer));
  EXPECT_EQ(take_reply(200).body(), kAnswer);
  no_event();
  Ask ack = far;
  ack.method = "ACK";
  ack.branch = "z9hG4bKak";
  ack.body.clear();
  ask(ack);
  ask(next("UPDATE"));
  EXPECT_EQ(take_reply(200).body(), "");
  ask(next("UPDATE", kOffer));
  EXPECT_EQ(take_reply(200).body(), kAnswer);
  no_event();
}

TEST_F(CallIn, AChangedOfferIsTheOwnersToAnswer) {
  const DialogId id = called_up();
  for (const char* method : {"INVITE", "UPDATE"}) {
    ask(next(method, kOtherAnswer));
    EXPECT_EQ(event<Reoffered>().sdp, kOtherAnswer);
    if (method == std::string("INVITE")) take_reply(100);
    // Another one while the first waits: RFC 3261 14.2.
    Ask second = next("UPDATE", kOffer);
    ask(second);
    EXPECT_TRUE(take_reply(500).has(Header::kRetryAfter));
    ua.answer_reoffer(id, kOffer, now);
    const Message ok = take_reply(200);
    EXPECT_EQ(ok.body(), kOffer);
    if (method == std::string("INVITE")) {
      ask({.method = "ACK", .to_tag = far.to_tag, .cseq = ok.cseq(), .branch = "z9hG4bKx"});
    }
    ask(next("UPDATE", kAnswer));  // changed back, for the next round
    event<Reoffered>();
    sent.clear();
    ua.answer_reoffer(id, kAnswer, now);
    take_reply(200);
    no_event();
  }
}

TEST_F(CallIn, ARefusedOfferLeavesTheCall) {
  const DialogId id = called_up();
  ask(next("INVITE", kOtherAnswer));
  event<Reoffered>();
  sent.clear();
  ua.refuse_reoffer(id, 488, now);
  take_reply(488);
  ack_refusal();
  EXPECT_EQ(ua.dialog_count(), 1u);
  ask(next("INVITE", kOtherAnswer));
  event<Reoffered>();
  sent.clear();
  advance(31s);  // the owner forgot it
  take_reply(500);
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(CallIn, OffersAreLimited) {
  called_up();
  for (int i = 0; i < 5; ++i) {
    ask(next("UPDATE", kOffer));
    take_reply(200);
  }
  ask(next("UPDATE", kOffer));
  take_reply(500);
  advance(1s);
  ask(next("UPDATE", kOffer));
  take_reply(200);
}

TEST_F(CallIn, GlareIs491BothWays) {  // RFC 3261 14.1, 14.2
  const DialogId id = called_up();
  ua.reoffer(id, kOffer, now);
  const Message ours = take(Method::kInvite);
  ask(next("INVITE", kOtherAnswer));
  take_reply(491);
  ack_refusal();
  no_event();
  reply(ours, {.status = 491}, kFarEnd);
  take(Method::kAck);
  nothing_sent();
  // While we wait the peer's offer may pass (it is not glare any more), and ours waits for its end.
  ask(next("INVITE", kOffer));
  const Message refreshed = take_reply(200);
  advance(450ms);
  nothing_sent();
  ask({.method = "ACK", .to_tag = far.to_tag, .cseq = refreshed.cseq(), .branch = "z9hG4bKx"});
  advance(2100ms);  // the peer owns the Call-ID: we wait at most 2 s
  const Message again = take(Method::kInvite);
  EXPECT_GT(again.cseq(), ours.cseq());
  sent.clear();
  reply(again, {.sdp = kOtherAnswer}, kFarEnd);
  take(Method::kAck);
  EXPECT_EQ(event<ReofferAnswered>().sdp, kOtherAnswer);
}

TEST_F(CallIn, OurReofferIsToldHowItEnded) {
  const DialogId id = called_up();
  ua.reoffer(id, kOtherAnswer, now);
  const Message first = take(Method::kInvite);
  EXPECT_EQ(first.body(), kOtherAnswer);
  EXPECT_EQ(to_tag(first), "far");
  ua.reoffer(id, kAnswer, now);  // waits for its turn
  nothing_sent();
  reply(first, {.status = 488}, kFarEnd);
  take(Method::kAck);
  EXPECT_EQ(event<ReofferRefused>().status, 488);
  const Message second = take(Method::kInvite);
  EXPECT_EQ(second.body(), kAnswer);
  reply(second, {.sdp = kOffer, .contact = "<sip:moved@192.0.2.9:5099>"}, kFarEnd);
  EXPECT_EQ(event<ReofferAnswered>().sdp, kOffer);
  take(Method::kAck);
  ua.hangup(id, {}, now);  // the remote target has moved
  EXPECT_EQ(take().target.address.port(), 5099);
}

TEST_F(CallIn, APeerThatHasNoSuchDialogEndsIt) {
  const DialogId id = called_up();
  ua.reoffer(id, kOtherAnswer, now);
  reply(take(Method::kInvite), {.status = 481}, kFarEnd);
  EXPECT_EQ(event<Ended>().status, 481);
  sent.clear();
  drain();
}

TEST_F(CallIn, ByesThatCrossEndOnce) {  // RFC 5407 3.2.1
  const DialogId id = called_up();
  ua.hangup(id, {}, now);
  take(Method::kBye);
  ask(next("BYE"));
  take_reply(200);
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  no_event();
  drain();
}

// ---- session timers, RFC 4028

TEST_F(CallIn, ThePeerRefreshesOrTheCallEnds) {
  Ask call{.body = kOffer};
  call.headers = {{"Supported", "timer"}, {"Session-Expires", "120"}};
  ask(call);
  ua.answer(event<IncomingCall>().dialog, kAnswer, now);
  const Message ok = std::move(sent.back().message);
  EXPECT_EQ(ok.header(Header::kSessionExpires), "120;refresher=uac");
  EXPECT_TRUE(lists_token(ok, Header::kRequire, "timer"));
  sent.clear();
  far = Ask{.to_tag = std::string(to_tag(ok))};
  Ask ack = far;
  ack.method = "ACK";
  ack.branch = "z9hG4bKk";
  ask(ack);
  event<Acknowledged>();
  advance(80s);
  Ask refresh = next("UPDATE");
  refresh.headers = {{"Supported", "timer"}, {"Session-Expires", "120;refresher=uac"}};
  ask(refresh);
  take_reply(200);
  advance(80s);
  no_event();
  advance(10s);  // 90 s after the refresh: min(32, 120/3) s before it would expire
  EXPECT_EQ(event<Ended>().by, EndedBy::kTimeout);
  take(Method::kBye);
}

TEST_F(CallIn, WeRefreshWhereThePeerCannot) {
  Ask call{.body = kOffer};
  call.headers = {{"Session-Expires", "100"}};  // put there by a proxy: the peer knows no timers
  ask(call);
  ua.answer(event<IncomingCall>().dialog, kAnswer, now);
  const Message ok = std::move(sent.back().message);
  EXPECT_EQ(ok.header(Header::kSessionExpires), "100;refresher=uas");
  sent.clear();
  ask({.method = "ACK", .to_tag = std::string(to_tag(ok)), .branch = "z9hG4bKk"});
  event<Acknowledged>();
  advance(50s);
  const Message refresh = take(Method::kInvite);  // it did not allow UPDATE
  EXPECT_EQ(refresh.body(), kAnswer);
  EXPECT_EQ(refresh.header(Header::kSessionExpires), "100;refresher=uac");
  reply(refresh, {.sdp = kOffer, .headers = {{"Session-Expires", "100;refresher=uac"}}}, kFarEnd);
  take(Method::kAck);
  no_event();
  advance(40s);
  EXPECT_EQ(ua.dialog_count(), 1u);
}

struct Refreshing : CallIn {
  Refreshing() {
    Ask call{.body = kOffer};
    call.headers = {{"Session-Expires", "100"}};
    ask(call);
    ua.answer(event<IncomingCall>().dialog, kAnswer, now);
    const Message ok = std::move(sent.back().message);
    sent.clear();
    ask({.method = "ACK", .to_tag = std::string(to_tag(ok)), .branch = "z9hG4bKk"});
    event<Acknowledged>();
    advance(50s);
    refresh = take(Method::kInvite);
  }
  Message refresh;
};

TEST_F(Refreshing, AnIntervalThatIsTooSmallForThePeerIsRaised) {  // RFC 4028 7.4
  reply(refresh, {.status = 422, .headers = {{"Min-SE", "300"}}}, kFarEnd);
  take(Method::kAck);
  const Message again = take(Method::kInvite);
  EXPECT_EQ(again.header(Header::kSessionExpires), "300;refresher=uac");
  EXPECT_EQ(again.header(Header::kMinSe), "300");
  reply(again, {.status = 422, .headers = {{"Min-SE", "300"}}}, kFarEnd);  // it has that already
  take(Method::kAck);
  nothing_sent();
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(Refreshing, A481IsTheEndOfThePeer) {
  reply(refresh, {.status = 481}, kFarEnd);
  take(Method::kAck);
  take(Method::kBye);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.missing, Missing::kRefresh);
  EXPECT_EQ(ended.status, 481);
  drain();
}

TEST_F(Refreshing, SilenceIsTheEndToo) {
  advance(33s);
  EXPECT_EQ(event<Ended>().missing, Missing::kRefresh);
  EXPECT_TRUE(std::any_of(sent.begin(), sent.end(),
                          [](const Sent& out) { return out.message.is(Method::kBye); }));
  sent.clear();
  drain();
}

}  // namespace
}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// What happens between an INVITE and its answer: early dialogs of a forked call, reliable
// provisional responses (RFC 3262) and UPDATE (RFC 3311, 6337), as caller and as callee.
#include <gtest/gtest.h>

#include "stage.h"

namespace patchcord::sip {
namespace {

std::vector<ExtraHeader> reliable(uint32_t rseq) {
  return {{"Require", "100rel"}, {"RSeq", std::to_string(rseq)}};
}

struct EarlyCaller : testing::Test, Stage {
  EarlyCaller() {
    id = ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}}, now);
    invite = take(Method::kInvite);
  }
  Message reliable_183(uint32_t rseq = 42) {
    reply(invite, {.status = 183, .sdp = kAnswer, .headers = reliable(rseq)});
    Message prack = take(Method::kPrack);
    event<EarlyMedia>();
    return prack;
  }
  DialogId id;
};

TEST_F(EarlyCaller, AReliableResponseIsAcknowledgedInItsDialog) {
  const Message prack = reliable_183();
  EXPECT_EQ(prack.header(Header::kRAck), "42 " + std::to_string(invite.cseq()) + " INVITE");
  EXPECT_EQ(prack.cseq(), invite.cseq() + 1);
  EXPECT_EQ(prack.request_uri(), "sip:callee@192.0.2.9:5070");
  EXPECT_EQ(address_of(prack, Header::kTo)->tag(), "far");
  EXPECT_EQ(prack.call_id(), invite.call_id());
  reply(prack, {});
  // The numbers of the dialog go on from there.
  reply(invite, {});
  EXPECT_EQ(take(Method::kAck).cseq(), invite.cseq());
  EXPECT_EQ(event<Answered>().sdp, kAnswer);
  ua.hangup(id, {}, now);
  EXPECT_EQ(take(Method::kBye).cseq(), prack.cseq() + 1);
  drain();
}

TEST_F(EarlyCaller, ARepeatedOneIsNotAcknowledgedAgain) {
  reliable_183();
  reply(invite, {.status = 183, .sdp = kAnswer, .headers = reliable(42)});
  nothing_sent();
  no_event();
}

TEST_F(EarlyCaller, OneThatOvertookAnotherWaitsForItsTurn) {
  reliable_183(42);
  reply(invite, {.status = 180, .headers = reliable(44)});
  nothing_sent();
  no_event();
  reply(invite, {.status = 181, .headers = reliable(43)});
  EXPECT_TRUE(take(Method::kPrack).header(Header::kRAck).starts_with("43 "));
  EXPECT_EQ(event<Ringing>().status, 181);
  reply(invite, {.status = 180, .headers = reliable(44)});  // repeated by its sender
  EXPECT_TRUE(take(Method::kPrack).header(Header::kRAck).starts_with("44 "));
  EXPECT_EQ(event<Ringing>().status, 180);
}

TEST_F(EarlyCaller, APrackIsRepeatedUntilItsAnswerAndTheCallGoesOnWithoutOne) {
  const Message prack = reliable_183();
  advance(500ms);
  EXPECT_EQ(take(Method::kPrack).text(), prack.text());
  advance(33s);
  sent.clear();
  no_event();
  EXPECT_EQ(ua.dialog_count(), 1u);
  ua.hangup(id, {}, now);
  drain();
}

TEST_F(EarlyCaller, AChallengedPrackIsSigned) {
  const char* challenge = "Digest realm=\"192.0.2.1\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"";
  reply(invite, {.status = 407, .headers = {{"Proxy-Authenticate", challenge}}});
  take(Method::kAck);
  invite = take(Method::kInvite);
  const Message prack = reliable_183();
  EXPECT_TRUE(prack.has(Header::kProxyAuthorization));
  const char* fresh = "Digest realm=\"192.0.2.1\", nonce=\"n2\", algorithm=MD5, qop=\"auth\"";
  reply(prack, {.status = 407, .headers = {{"Proxy-Authenticate", fresh}}});
  const Message again = take(Method::kPrack);
  EXPECT_EQ(again.cseq(), prack.cseq() + 1);
  EXPECT_EQ(again.header(Header::kRAck), prack.header(Header::kRAck));
  EXPECT_EQ(parse_authorization(again.header(Header::kProxyAuthorization))->nonce, "n2");
}

TEST_F(EarlyCaller, AfterAReliableAnswerAnotherOneMeansNothing) {  // RFC 3261 13.2.1
  reliable_183();
  reply(invite, {.status = 183, .sdp = kOtherAnswer});
  no_event();
  reply(invite, {.sdp = kOtherAnswer});
  EXPECT_EQ(event<Answered>().sdp, kAnswer);
}

TEST_F(EarlyCaller, EachForkHasItsOwnNumbers) {
  reply(invite, {.status = 183, .tag = "a", .headers = reliable(7)});
  EXPECT_EQ(address_of(take(Method::kPrack), Header::kTo)->tag(), "a");
  reply(invite, {.status = 183, .tag = "b", .headers = reliable(7)});
  EXPECT_EQ(address_of(take(Method::kPrack), Header::kTo)->tag(), "b");
}

TEST_F(EarlyCaller, TheForkThatEndedGivesTheSoundBack) {  // RFC 6228
  reply(invite, {.status = 183, .tag = "a", .sdp = kAnswer});
  reply(invite, {.status = 183, .tag = "b", .sdp = kOtherAnswer});
  event<EarlyMedia>();
  EXPECT_EQ(event<EarlyMedia>().sdp, kOtherAnswer);
  reply(invite, {.status = 199, .tag = "b", .headers = {{"Reason", "SIP;cause=486"}}});
  EXPECT_EQ(event<EarlyMedia>().sdp, kAnswer);
  reply(invite, {.status = 199, .tag = "a"});
  reply(invite, {.status = 199, .tag = "never-heard-of"});
  no_event();
}

TEST_F(EarlyCaller, A200WithoutAnAnswerIsNotThatOfAnotherFork) {
  reply(invite, {.status = 183, .tag = "a", .sdp = kAnswer});
  event<EarlyMedia>();
  reply(invite, {.tag = "b"});
  const Answered answered = event<Answered>();
  EXPECT_EQ(answered.sdp, "");
  EXPECT_FALSE(answered.is_settled);
}

TEST_F(EarlyCaller, NoEndOfNewSessionsIsFollowed) {
  for (int i = 0; i < 100; ++i) {
    reply(invite, {.status = 183, .sdp = std::string(kAnswer) + "a=x:" + std::to_string(i)});
  }
  EXPECT_EQ(events.size(), 32u);
  for (int i = 0; i < 100; ++i) {
    reply(invite, {.status = 183, .tag = std::to_string(i), .headers = reliable(1)});
  }
  EXPECT_EQ(sent.size(), 15u);  // sixteen forks in all
}

// ---- UPDATE of the callee

struct EarlyUpdate : EarlyCaller {
  void update(const std::string& tag, std::string body, int status) {
    Ask ask{.method = "UPDATE",
            .uri = "sip:1001@198.51.100.7",
            .call_id = std::string(invite.call_id()),
            .from_tag = tag,
            .to_tag = std::string(from_tag(invite)),
            .cseq = ++cseq,
            .branch = "z9hG4bKu" + std::to_string(cseq),
            .body = std::move(body)};
    Stage::ask(ask);
    if (status != 0) last = take_reply(status);
  }
  uint32_t cseq = 0;
  Message last;
};

TEST_F(EarlyUpdate, ItChangesWhatWasAgreedReliably) {  // RFC 6337 3.2
  reliable_183();
  update("far", kOtherAnswer, 0);
  EXPECT_EQ(event<Reoffered>().sdp, kOtherAnswer);
  ua.answer_reoffer(id, kOffer, now);
  EXPECT_EQ(take_reply(200).body(), kOffer);
  reply(invite, {});
  const Answered answered = event<Answered>();
  EXPECT_TRUE(answered.is_settled);
  EXPECT_EQ(answered.sdp, "");
  take(Method::kAck);
  // What stands is known: the same again is a refresh.
  update("far", kOtherAnswer, 200);
  no_event();
  ua.hangup(id, {}, now);
  drain();
}

TEST_F(EarlyUpdate, ItIsGlareWhileOurOfferHasNoReliableAnswer) {  // RFC 3311 5.2
  reply(invite, {.status = 183, .sdp = kAnswer});
  event<EarlyMedia>();
  update("far", kOtherAnswer, 491);
  no_event();
}

TEST_F(EarlyUpdate, OfNoForkIs481AndSoIsABye) {
  reliable_183();
  update("someone", kOtherAnswer, 481);
  ask({.method = "BYE",
       .call_id = std::string(invite.call_id()),
       .from_tag = "far",
       .to_tag = std::string(from_tag(invite)),
       .cseq = 50,
       .branch = "z9hG4bKbye"});
  take_reply(481);  // RFC 3261 15: a callee ends no early dialog so
  no_event();
}

TEST_F(EarlyUpdate, OneThatOnlyNamesANewContactIsAnswered) {
  reliable_183();
  update("far", {}, 200);
  EXPECT_EQ(last.body(), "");
  no_event();
}

TEST_F(EarlyUpdate, ARefusedOneLeavesTheCall) {
  reliable_183();
  update("far", kOtherAnswer, 0);
  event<Reoffered>();
  ua.refuse_reoffer(id, 488, now);
  take_reply(488);
  reply(invite, {});
  EXPECT_EQ(event<Answered>().sdp, kAnswer);
}

TEST_F(EarlyUpdate, OneThatIsNotAnsweredYetLosesItsDialogWhenAnotherForkAnswers) {
  reliable_183();
  update("far", kOtherAnswer, 0);
  event<Reoffered>();
  reply(invite, {.tag = "b", .sdp = kAnswer});
  take(Method::kAck);
  take_reply(481);
  event<Answered>();
  ua.answer_reoffer(id, kOffer, now);  // too late
  nothing_sent();
  ua.hangup(id, {}, now);
  drain();
}

TEST_F(EarlyUpdate, OneThatIsNotAnsweredEndsWithTheCall) {
  reliable_183();
  update("far", kOtherAnswer, 0);
  event<Reoffered>();
  reply(invite, {.status = 486});
  take(Method::kAck);
  take_reply(487);
  EXPECT_EQ(event<Ended>().status, 486);
  drain();
}

// ---- as callee

struct EarlyCallee : testing::Test, Stage {
  explicit EarlyCallee(std::vector<ExtraHeader> headers = {{"Require", "100rel"}}) {
    ask({.body = kOffer, .headers = std::move(headers)});
    id = event<IncomingCall>().dialog;
    take_reply(100);
  }
  Message rings() {
    ua.ring(id, now);
    Message ringing = take_reply(180);
    adopt(ringing);
    return ringing;
  }
  Message early() {
    ua.progress(id, kAnswer, now);
    Message progress = take_reply(183);
    adopt(progress);
    return progress;
  }
  void adopt(const Message& response) { far.to_tag = address_of(response, Header::kTo)->tag(); }
  void prack(const Message& response, int status, std::string body = {}) {
    far.headers = {{"RAck", std::string(response.header(Header::kRSeq)) + " 1 INVITE"}};
    ask(next("PRACK", std::move(body)));
    if (status != 0) take_reply(status);
    far.headers.clear();
  }
  DialogId id;
};

TEST_F(EarlyCallee, ItsResponsesAreRepeatedUntilThePrack) {  // RFC 3262 3
  const Message ringing = rings();
  EXPECT_TRUE(lists_token(ringing, Header::kRequire, "100rel"));
  EXPECT_GT(*parse_number(ringing.header(Header::kRSeq)), 0u);
  for (const auto pause : {500ms, 1000ms, 2000ms, 4000ms, 8000ms}) {
    advance(pause - 1ms);
    nothing_sent();
    advance(1ms);
    EXPECT_EQ(take_reply(180).text(), ringing.text());
  }
  prack(ringing, 200);
  advance(60s);
  nothing_sent();
}

TEST_F(EarlyCallee, TheNextOneWaitsForThePrackOfTheFirst) {
  const Message ringing = rings();
  ua.progress(id, kAnswer, now);
  nothing_sent();
  far.headers = {{"RAck", std::string(ringing.header(Header::kRSeq)) + " 1 INVITE"}};
  ask(next("PRACK"));
  const Message progress = take_reply(183);
  take_reply(200);
  EXPECT_EQ(*parse_number(progress.header(Header::kRSeq)),
            *parse_number(ringing.header(Header::kRSeq)) + 1);
  EXPECT_EQ(progress.body(), kAnswer);
}

TEST_F(EarlyCallee, A200WaitsForThePrackOfItsAnswerAndDoesNotRepeatThat) {
  const Message progress = early();
  ua.answer(id, kAnswer, now);
  nothing_sent();
  prack(progress, 200);
  const Message ok = take_reply(200);
  EXPECT_EQ(ok.method(), Method::kInvite);
  EXPECT_EQ(ok.body(), "");
  ask(next("ACK"));  // CSeq is not the INVITE's: nobody's
  Ask ack = far;
  ack.method = "ACK";
  ack.cseq = 1;
  ask(ack);
  event<Acknowledged>();
  ua.hangup(id, {}, now);
  take(Method::kBye);
  drain();
}

TEST_F(EarlyCallee, AfterA180ThatWaitsForItsPrackThe200GoesAtOnce) {
  rings();
  ua.answer(id, kAnswer, now);
  EXPECT_EQ(take_reply(200).body(), kAnswer);
  advance(400ms);
  nothing_sent();
}

TEST_F(EarlyCallee, AWrongRackIs481) {
  const Message ringing = rings();
  for (const char* rack : {"1 1 INVITE", "", "x"}) {
    far.headers = {{"RAck", rack}};
    if (*rack == '\0') far.headers.clear();
    ask(next("PRACK"));
    take_reply(481);
  }
  prack(ringing, 200);
  prack(ringing, 481);  // once more, in another transaction
}

TEST_F(EarlyCallee, WithoutAPrackTheCallIsRefused) {
  rings();
  advance(33s);
  const Message last = std::move(sent.back().message);
  EXPECT_EQ(last.status(), 504);
  sent.clear();
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.missing, Missing::kPrack);
  EXPECT_EQ(ended.by, EndedBy::kTimeout);
  drain();
}

TEST_F(EarlyCallee, ACancelStopsTheRepetitions) {
  rings();
  Ask cancel{.method = "CANCEL"};
  ask(cancel);
  take_reply(200);
  take_reply(487);
  event<Ended>();
  ask({.method = "ACK"});
  advance(40s);
  nothing_sent();
  drain();
}

TEST_F(EarlyCallee, AnOfferInThePrackIsAnsweredInIts200) {  // RFC 3262 5
  const Message progress = early();
  prack(progress, 0, kOtherAnswer);
  EXPECT_EQ(event<Reoffered>().sdp, kOtherAnswer);
  ua.answer_reoffer(id, kOffer, now);
  const Message ok = take_reply(200);
  EXPECT_EQ(ok.method(), Method::kPrack);
  EXPECT_EQ(ok.body(), kOffer);
}

TEST_F(EarlyCallee, AnUpdateOfTheCallerIsTakenOnceTheFirstOfferIsAnswered) {
  const Message progress = early();
  ask(next("UPDATE", kOtherAnswer));
  EXPECT_TRUE(take_reply(500).has(Header::kRetryAfter));  // RFC 3311 5.2
  prack(progress, 200);
  ask(next("UPDATE", kOtherAnswer));
  EXPECT_EQ(event<Reoffered>().sdp, kOtherAnswer);
  ua.answer_reoffer(id, kOffer, now);
  EXPECT_EQ(take_reply(200).body(), kOffer);
  ua.answer(id, kAnswer, now);
  EXPECT_EQ(take_reply(200).body(), "");
}

TEST_F(EarlyCallee, AReInviteBeforeTheAnswerIs500) {  // RFC 3261 14.2
  rings();
  ask(next("INVITE", kOtherAnswer));
  EXPECT_TRUE(take_reply(500).has(Header::kRetryAfter));
}

struct EarlyCalleeUnasked : EarlyCallee {
  EarlyCalleeUnasked() : EarlyCallee({{"Supported", "100rel"}}) {}
};

TEST_F(EarlyCalleeUnasked, AreNotReliable) {
  const Message progress = early();
  EXPECT_FALSE(progress.has(Header::kRSeq));
  advance(5s);
  nothing_sent();
  ask(next("UPDATE", kOtherAnswer));
  take_reply(500);  // our answer may be lost: the 200 is what counts
  ua.answer(id, kAnswer, now);
  EXPECT_EQ(take_reply(200).body(), kAnswer);
}

TEST(EarlyCalleeAskedToOffer, LeavesTheOfferToThe200) {
  Stage stage;
  stage.ask({.headers = {{"Require", "100rel"}}});
  const DialogId id = stage.event<IncomingCall>().dialog;
  stage.take_reply(100);
  stage.ua.ring(id, stage.now);
  stage.nothing_sent();
  stage.ua.answer(id, kOffer, stage.now);
  EXPECT_EQ(stage.take_reply(200).body(), kOffer);
}

}  // namespace
}  // namespace patchcord::sip

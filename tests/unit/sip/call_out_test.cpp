// SPDX-License-Identifier: GPL-3.0-or-later
// Calls of ours as scripts: the flows of RFC 3665, challenges, forks, CANCEL and its races.
#include <gtest/gtest.h>

#include "stage.h"

namespace patchcord::sip {
namespace {

struct CallOut : testing::Test, Stage {
  DialogId call(Account account = account_1001()) {
    id = ua.invite({std::move(account), *Uri::parse("sip:1002@elsewhere.example"), kOffer, {}, {}},
                   now);
    return id;
  }
  DialogId id;
};

TEST_F(CallOut, TheInviteIsWhatRfc3261AsksFor) {
  call();
  const Sent out = take();
  const Message& sent_invite = out.message;
  // The callee's domain does not choose the next hop.
  EXPECT_EQ(out.target, kProxy);
  EXPECT_EQ(sent_invite.request_uri(), "sip:1002@elsewhere.example");
  EXPECT_EQ(top_via(sent_invite)->host, "198.51.100.7");
  EXPECT_TRUE(top_via(sent_invite)->has_rfc3261_branch());
  EXPECT_TRUE(top_via(sent_invite)->params.has("rport"));
  EXPECT_EQ(sent_invite.header(Header::kMaxForwards), "70");
  EXPECT_EQ(address_of(sent_invite, Header::kFrom)->display_name, "Anna \"A\"");
  EXPECT_FALSE(from_tag(sent_invite).empty());
  EXPECT_TRUE(to_tag(sent_invite).empty());
  EXPECT_EQ(address_of(sent_invite, Header::kContact)->uri.to_string(),
            "sip:1001@198.51.100.7:5060");
  EXPECT_TRUE(lists_token(sent_invite, Header::kAllow, "UPDATE"));
  EXPECT_TRUE(lists_token(sent_invite, Header::kSupported, "100rel"));
  EXPECT_EQ(sent_invite.body(), kOffer);
  EXPECT_EQ(ua.call_id(id), sent_invite.call_id());
}

TEST_F(CallOut, Rfc3665Session31) {  // INVITE 180 200 ACK, BYE from the callee
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 100, .tag = ""});
  EXPECT_EQ(event<Trying>().dialog, id);
  reply(out, {.status = 180});
  EXPECT_EQ(event<Ringing>().status, 180);
  reply(out, {.status = 180});
  no_event();  // told once
  reply(out, {.sdp = kAnswer});
  EXPECT_EQ(event<Answered>().sdp, kAnswer);
  const Sent ack = take();
  EXPECT_TRUE(ack.message.is(Method::kAck));
  EXPECT_EQ(ack.message.request_uri(), "sip:callee@192.0.2.9:5070");
  EXPECT_EQ(ack.target, kFarEnd);  // no Record-Route: straight to the Contact
  EXPECT_EQ(ack.message.cseq(), out.cseq());
  EXPECT_NE(top_via(ack.message)->branch(), top_via(out)->branch());

  invite = out;
  far_is_callee();
  far.headers = {{"Reason", "Q.850;cause=16;text=\"Terminated\""}};
  ask(next("BYE"));
  take_reply(200);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.by, EndedBy::kRemote);
  EXPECT_EQ(ended.status, 200);
  EXPECT_EQ(ended.reason, "Q.850;cause=16;text=\"Terminated\"");
  drain();
}

TEST_F(CallOut, ARecordRouteIsFollowedInReverse) {
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.sdp = kAnswer,
              .headers = {{"Record-Route", "<sip:192.0.2.3;lr>"},
                          {"Record-Route", "<sip:192.0.2.1;lr>"}}});
  const Sent ack = take();
  EXPECT_EQ(ack.target, kProxy);
  EXPECT_EQ(ack.message.request_uri(), "sip:callee@192.0.2.9:5070");
  const auto routes = addresses_of(ack.message, Header::kRoute);
  ASSERT_EQ(routes->size(), 2u);
  EXPECT_EQ((*routes)[0].uri.to_string(), "sip:192.0.2.1;lr");
  EXPECT_EQ((*routes)[1].uri.to_string(), "sip:192.0.2.3;lr");
}

TEST_F(CallOut, AStrictRouterBecomesTheRequestUri) {  // RFC 3261 12.2.1.1
  call();
  reply(take(Method::kInvite), {.sdp = kAnswer, .headers = {{"Record-Route", "<sip:192.0.2.1>"}}});
  const Message ack = take(Method::kAck);
  EXPECT_EQ(ack.request_uri(), "sip:192.0.2.1");
  EXPECT_EQ(address_of(ack, Header::kRoute)->uri.to_string(), "sip:callee@192.0.2.9:5070");
}

TEST_F(CallOut, AnOutboundProxyIsTheNextHopAndTheRoute) {
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@far.example");
  account.outbound_proxy = Uri::parse("sip:192.0.2.1");
  call(account);
  const Sent out = take();
  EXPECT_EQ(out.target, kProxy);
  EXPECT_EQ(address_of(out.message, Header::kRoute)->uri.to_string(), "sip:192.0.2.1;lr");
}

TEST_F(CallOut, ANextHopThatIsNotAllowedIsNotAsked) {
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@169.254.169.254");
  call(account);
  nothing_sent();
  EXPECT_EQ(wake, MonoTime());  // the owner is asked to come back at once
  advance(0s);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.dialog, id);
  EXPECT_EQ(ended.status, 403);
  EXPECT_TRUE(asked.empty());
}

// The far end may speak as soon as it has the ACK: whoever opens the call must know before.
TEST_F(CallOut, TheAnswerIsToldBeforeTheAckLeaves) {
  call_up();
  EXPECT_EQ(sent_when_told, 0u);
}

TEST_F(CallOut, EachRepeated200GetsTheSameAck) {
  call_up();
  reply(invite, {.sdp = kAnswer});
  const Message again = take(Method::kAck);
  reply(invite, {.sdp = kAnswer});
  EXPECT_EQ(take(Method::kAck).text(), again.text());
  no_event();
}

TEST_F(CallOut, EarlySdpIsTheAnswerWhenThe200HasNone) {
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 183, .sdp = kAnswer});
  EXPECT_EQ(event<EarlyMedia>().sdp, kAnswer);
  reply(out, {});
  EXPECT_EQ(event<Answered>().sdp, kAnswer);
}

TEST_F(CallOut, OfTwoForksTheNewestIsHeardAndTheOneThatAnswersCounts) {
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 183, .tag = "a", .sdp = kAnswer});
  EXPECT_EQ(event<EarlyMedia>().sdp, kAnswer);
  reply(out, {.status = 183, .tag = "b", .sdp = kOtherAnswer});
  EXPECT_EQ(event<EarlyMedia>().sdp, kOtherAnswer);
  reply(out, {.status = 183, .tag = "a", .sdp = kAnswer});
  no_event();  // nothing new of that one
  reply(out, {.tag = "b", .sdp = kOtherAnswer});
  EXPECT_EQ(event<Answered>().sdp, kOtherAnswer);
  EXPECT_EQ(address_of(take(Method::kAck), Header::kTo)->tag(), "b");

  // The other fork answers too: ACK, then BYE, and not a word to the owner.
  reply(out, {.tag = "a", .sdp = kAnswer});
  EXPECT_EQ(address_of(take(Method::kAck), Header::kTo)->tag(), "a");
  const Message bye = take(Method::kBye);
  EXPECT_EQ(address_of(bye, Header::kTo)->tag(), "a");
  EXPECT_EQ(bye.cseq(), out.cseq() + 1);
  reply(bye, {});
  no_event();
  reply(out, {.tag = "a", .sdp = kAnswer});
  EXPECT_EQ(address_of(take(Method::kAck), Header::kTo)->tag(), "a");
  nothing_sent();
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(CallOut, TwentyProvisionalsAndTenAnswersAreOneCall) {
  call();
  const Message out = take(Method::kInvite);
  for (int i = 0; i < 20; ++i) reply(out, {.status = 180 + i % 4, .tag = std::to_string(i)});
  for (int i = 0; i < 10; ++i) reply(out, {.tag = std::to_string(i), .sdp = kAnswer});
  int acks = 0, byes = 0, answers = 0;
  while (!sent.empty()) {
    const Message message = std::move(take().message);
    acks += message.is(Method::kAck);
    byes += message.is(Method::kBye);
  }
  for (const Event& e : events) answers += std::holds_alternative<Answered>(e);
  EXPECT_EQ(acks, 10);
  EXPECT_EQ(byes, 9);
  EXPECT_EQ(answers, 1);
  drain();
}

TEST_F(CallOut, AFailureIsAckedInTheTransactionAndTold) {
  for (const int status : {302, 404, 486, 488, 503, 600, 603}) {
    call();
    const Message out = take(Method::kInvite);
    reply(out, {.status = status, .headers = {{"Warning", "399 a \"why\""}}});
    const Sent ack = take();
    EXPECT_TRUE(ack.message.is(Method::kAck));
    EXPECT_EQ(ack.target, kProxy);
    EXPECT_EQ(top_via(ack.message)->branch(), top_via(out)->branch());
    EXPECT_EQ(ack.message.request_uri(), out.request_uri());
    const Ended ended = event<Ended>();
    EXPECT_EQ(ended.status, status);
    EXPECT_EQ(ended.by, EndedBy::kRemote);
    EXPECT_EQ(ended.warning, "399 a \"why\"");
    EXPECT_EQ(ua.dialog_count(), 0u);
    reply(out, {.status = status});
    EXPECT_EQ(take(Method::kAck).text(), ack.message.text());
  }
  drain();
}

TEST_F(CallOut, SilenceEndsWith408After8Seconds) {
  call();
  advance(7900ms);
  EXPECT_EQ(sent.size(), 5u);  // at 0, 0.5, 1.5, 3.5, 7.5 s
  no_event();
  advance(200ms);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.status, 408);
  EXPECT_EQ(ended.by, EndedBy::kTimeout);
  EXPECT_EQ(ended.unanswered, Unanswered::kTimeout);
  drain();
}

TEST_F(CallOut, AServerThatWakesAfterTheSilenceWasToldIsCancelled) {
  call();
  advance(9s);
  event<Ended>();
  const Message out = take(Method::kInvite);
  sent.clear();
  reply(out, {.status = 180});
  take(Method::kCancel);
  reply(out, {.status = 200, .sdp = kAnswer});
  take(Method::kAck);
  take(Method::kBye);
  no_event();
}

TEST(CallOutWithoutLimit, SilenceEndsWith408After32Seconds) {
  Stage stage({.answer_limit = 0s});
  stage.ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}}, stage.now);
  stage.advance(31900ms);
  EXPECT_EQ(stage.sent.size(), 7u);  // at 0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5 s
  stage.no_event();
  stage.advance(200ms);
  EXPECT_EQ(stage.event<Ended>().status, 408);
  EXPECT_EQ(stage.ua.transaction_count(), 0u);
}

TEST_F(CallOut, RingingForEverIsCancelled) {
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 180});
  event<Ringing>();
  advance(179s);
  no_event();
  advance(2s);
  EXPECT_EQ(event<Ended>().status, 408);
  take(Method::kCancel);
  sent.clear();
  drain();
}

// ---- challenges

const char* const kChallenge =
    "Digest realm=\"192.0.2.1\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"";

TEST_F(CallOut, AChallengeIsAnsweredOnceInTheSameCall) {  // RFC 3665 3.3
  call();
  const Message first = take(Method::kInvite);
  reply(first, {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  const Message second = take(Method::kInvite);
  EXPECT_EQ(second.call_id(), first.call_id());
  EXPECT_EQ(from_tag(second), from_tag(first));
  EXPECT_EQ(second.cseq(), first.cseq() + 1);
  EXPECT_NE(top_via(second)->branch(), top_via(first)->branch());
  const auto credentials = parse_authorization(second.header(Header::kProxyAuthorization));
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->username, "1001");
  EXPECT_TRUE(verify(*credentials, {"INVITE", second.request_uri(), second.body()},
                     digest_ha1(DigestAlgorithm::kMd5, "1001", "192.0.2.1", "pw1001")));
  no_event();
  reply(second, {.sdp = kAnswer});
  event<Answered>();
  // The ACK carries credentials too (22.1), and so does a BYE.
  EXPECT_TRUE(take(Method::kAck).has(Header::kProxyAuthorization));
  ua.hangup(id, {}, now);
  const Message bye = take(Method::kBye);
  EXPECT_TRUE(bye.has(Header::kProxyAuthorization));
  advance(0s);
  event<Ended>();
  no_event();
}

TEST_F(CallOut, AWrongPasswordEndsAfterOneTry) {
  call();
  reply(take(Method::kInvite), {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  reply(take(Method::kInvite), {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  nothing_sent();
  EXPECT_EQ(event<Ended>().status, 407);
}

TEST_F(CallOut, AStaleNonceIsAnsweredAgainButNotForEver) {
  call();
  const std::string stale = std::string(kChallenge) + ", stale=true";
  int invites = 0;
  for (int i = 0; i < 6 && !sent.empty(); ++i) {
    const Message out = take(Method::kInvite);
    ++invites;
    reply(out, {.status = 407, .headers = {{"Proxy-Authenticate", stale}}});
    take(Method::kAck);
  }
  EXPECT_EQ(invites, 3);
  EXPECT_EQ(event<Ended>().status, 407);
}

TEST_F(CallOut, NoCredentialsForAnotherRealm) {
  Account account = account_1001();
  account.realm = "mine";
  call(account);
  reply(take(Method::kInvite), {.status = 401, .headers = {{"WWW-Authenticate", kChallenge}}});
  take(Method::kAck);
  nothing_sent();
  EXPECT_EQ(event<Ended>().status, 401);
}

TEST_F(CallOut, AByeIsNotSignedForAFarEndThatInventsARealm) {
  call_up();
  ua.hangup(DialogId(1), {}, now);
  reply(take(Method::kBye), {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  nothing_sent();
  EXPECT_EQ(ua.dialog_count(), 0u);
}

TEST_F(CallOut, AByeIsChallengedInTheRealmOfTheCall) {
  call();
  reply(take(Method::kInvite), {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  reply(take(Method::kInvite), {.sdp = kAnswer});
  take(Method::kAck);
  ua.hangup(id, {}, now);
  const Message bye = take(Method::kBye);
  const char* fresh = "Digest realm=\"192.0.2.1\", nonce=\"n2\", algorithm=MD5, qop=\"auth\"";
  reply(bye, {.status = 407, .headers = {{"Proxy-Authenticate", fresh}}});
  const Message again = take(Method::kBye);
  EXPECT_EQ(again.cseq(), bye.cseq() + 1);
  EXPECT_EQ(parse_authorization(again.header(Header::kProxyAuthorization))->nonce, "n2");
  reply(again, {});
  EXPECT_EQ(ua.dialog_count(), 0u);
}

// ---- redirection, RFC 3261 8.1.3.4

TEST_F(CallOut, ARedirectionIsFollowedByTheAccountsOwnNextHop) {  // RFC 3665 3.6
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 302,
              .headers = {{"Contact", "<sip:second@192.0.2.1>;q=0.3"},
                          {"Contact", "<sip:first@example.com;method=BYE?Route=x>;q=0.8"}},
              .contact = ""});
  take(Method::kAck);
  const Sent moved = take();
  EXPECT_EQ(moved.message.request_uri(), "sip:first@example.com");
  EXPECT_EQ(moved.target, kProxy);  // nobody was asked where example.com is
  EXPECT_TRUE(asked.empty());
  EXPECT_EQ(moved.message.call_id(), out.call_id());
  EXPECT_EQ(moved.message.header(Header::kTo), out.header(Header::kTo));
  EXPECT_EQ(moved.message.cseq(), out.cseq() + 1);
  no_event();
  reply(moved.message, {.status = 486});
  take(Method::kAck);
  const Message last = take(Method::kInvite);
  EXPECT_EQ(last.request_uri(), "sip:second@192.0.2.1");
  reply(last, {.status = 404});
  take(Method::kAck);
  EXPECT_EQ(event<Ended>().status, 404);
  drain();
}

TEST_F(CallOut, ARedirectionToWhereWeMayNotSendIsTold) {
  for (const char* contact : {"<sip:x@169.254.169.254>", "<tel:+979123>",
                              "<sip:x@elsewhere.example>", "<sip:1002@elsewhere.example>", ""}) {
    call();
    const Message out = take(Method::kInvite);
    reply(out, {.status = 302, .contact = contact});
    take(Method::kAck);
    nothing_sent();
    EXPECT_EQ(event<Ended>().status, 302) << contact;
  }
}

TEST_F(CallOut, A305NamesTheNextHopAndGetsNoPassword) {
  call();
  const Message first = take(Method::kInvite);
  reply(first, {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  reply(take(Method::kInvite), {.status = 305, .contact = "<sip:192.0.2.1:5070>"});
  take(Method::kAck);
  const Sent moved = take();
  EXPECT_EQ(moved.target.address.to_string(), "192.0.2.1:5070");
  EXPECT_EQ(moved.message.request_uri(), first.request_uri());
  EXPECT_FALSE(moved.message.has(Header::kProxyAuthorization));
  reply(moved.message, {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}},
        moved.target);
  take(Method::kAck);
  EXPECT_EQ(event<Ended>().status, 407);
}

TEST_F(CallOut, RedirectionsGoRoundFiveTimesAndToEachPlaceOnce) {
  call();
  int invites = 0;
  for (int i = 0; !sent.empty(); ++i) {
    const Message out = take(Method::kInvite);
    ++invites;
    const std::string next = "<sip:" + std::to_string(i) + "@192.0.2.1>";
    reply(out, {.status = 302, .headers = {{"Contact", next}}, .contact = "<sip:0@192.0.2.1>"});
    take(Method::kAck);
  }
  EXPECT_EQ(invites, 6);
  EXPECT_EQ(event<Ended>().status, 302);
}

TEST_F(CallOut, A6xxOfAContactStopsTheSearch) {
  call();
  reply(take(Method::kInvite), {.status = 300,
                                .headers = {{"Contact", "<sip:b@192.0.2.1>"}},
                                .contact = "<sip:a@192.0.2.1>"});
  take(Method::kAck);
  reply(take(Method::kInvite), {.status = 603});
  take(Method::kAck);
  nothing_sent();
  EXPECT_EQ(event<Ended>().status, 603);
}

TEST_F(CallOut, ARedirectionThatCrossesTheCancelIsNotFollowed) {
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 180});
  event<Ringing>();
  ua.hangup(id, {}, now);
  take(Method::kCancel);
  reply(out, {.status = 302, .contact = "<sip:x@192.0.2.1>"});
  take(Method::kAck);
  nothing_sent();
}

TEST_F(CallOut, ARefusalSaysWhenToComeAgain) {
  call();
  reply(take(Method::kInvite), {.status = 503, .headers = {{"Retry-After", "17 (full)"}}});
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.status, 503);
  EXPECT_EQ(ended.retry_after, 17s);
}

// ---- CANCEL

TEST_F(CallOut, ACancelWaitsForAProvisionalResponse) {  // RFC 3261 9.1
  call();
  const Message out = take(Method::kInvite);
  ua.hangup(id, {480, "SIP;cause=487"}, now);
  nothing_sent();
  advance(0s);
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  reply(out, {.status = 100, .tag = ""});
  const Message cancel = take(Method::kCancel);
  EXPECT_EQ(top_via(cancel)->to_string(), top_via(out)->to_string());
  EXPECT_EQ(cancel.request_uri(), out.request_uri());
  EXPECT_EQ(cancel.cseq(), out.cseq());
  EXPECT_EQ(cancel.header(Header::kTo), out.header(Header::kTo));
  EXPECT_EQ(cancel.header(Header::kReason), "SIP;cause=487");
  reply(cancel, {});
  reply(out, {.status = 487});
  take(Method::kAck);
  no_event();
  EXPECT_EQ(ua.dialog_count(), 0u);
  drain();
}

TEST_F(CallOut, AChallengeThatCrossesTheCancelIsNotAnswered) {
  call();
  const Message out = take(Method::kInvite);
  ua.hangup(id, {}, now);
  advance(0s);
  EXPECT_EQ(event<Ended>().by, EndedBy::kLocal);
  reply(out, {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  nothing_sent();  // a second INVITE would never be cancelled
  no_event();
  EXPECT_EQ(ua.dialog_count(), 0u);
  drain();
}

TEST_F(CallOut, ACancelledCallThatNobodyAnswersStillEnds) {
  call();
  const Message out = take(Method::kInvite);
  reply(out, {.status = 180});
  ua.hangup(id, {}, now);
  take(Method::kCancel);
  advance(33s);
  EXPECT_EQ(ua.dialog_count(), 0u);
  EXPECT_EQ(ua.transaction_count(), 0u);
}

TEST_F(CallOut, A200ThatCrossesTheCancelIsAckedAndEnded) {  // RFC 5407 3.1.2
  for (const bool has_cancel_gone : {true, false}) {
    call();
    const Message out = take(Method::kInvite);
    if (has_cancel_gone) reply(out, {.status = 180});
    ua.hangup(id, {}, now);
    if (has_cancel_gone) take(Method::kCancel);
    reply(out, {.sdp = kAnswer});
    take(Method::kAck);
    const Message bye = take(Method::kBye);
    events.clear();
    reply(out, {.sdp = kAnswer});  // repeated: its ACK was lost
    take(Method::kAck);
    reply(bye, {});
    EXPECT_EQ(ua.dialog_count(), 0u);
    no_event();
    sent.clear();
  }
  drain();
}

TEST_F(CallOut, AHangUpWhileTheNameResolvesSendsNothing) {
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@example.com");
  call(account);
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].second.host, "example.com");
  ua.hangup(id, {}, now);
  advance(0s);
  event<Ended>();
  ua.on_resolved(asked[0].first, Targets{kProxy}, now);
  nothing_sent();
  EXPECT_EQ(ua.dialog_count(), 0u);
}

// ---- fail-over, RFC 3263 4.3

TEST_F(CallOut, TheNextTargetIsTriedWhenOneIsSilentOrOverloaded) {
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@example.com");
  call(account);
  const Target second{TransportKind::kUdp, *SocketAddress::parse("192.0.2.2:5060"), {}};
  const Target third{TransportKind::kUdp, *SocketAddress::parse("192.0.2.3:5060"), {}};
  ua.on_resolved(asked[0].first, Targets{kProxy, second, third}, now);
  const Sent first = take();
  EXPECT_EQ(first.target, kProxy);
  advance(4s);
  while (sent.size() > 1) sent.pop_front();
  const Sent next = take();
  EXPECT_EQ(next.target, second);
  EXPECT_EQ(next.message.call_id(), first.message.call_id());
  EXPECT_NE(top_via(next.message)->branch(), top_via(first.message)->branch());
  reply(next.message, {.status = 503}, second);
  take(Method::kAck);
  const Sent last = take();
  EXPECT_EQ(last.target, third);
  no_event();
  reply(last.message, {.status = 503}, third);
  EXPECT_EQ(event<Ended>().status, 503);
}

struct FailOver : CallOut {
  // A call to a name with three targets.
  Sent call_name() {
    Account account = account_1001();
    account.aor = *Uri::parse("sip:1001@example.com");
    asked.clear();
    call(account);
    ua.on_resolved(asked[0].first, Targets{kProxy, kSecond}, now);
    return take();
  }
  // Up to the INVITE that goes on after four seconds of silence.
  std::pair<Message, Message> given_up() {
    const Message first = call_name().message;
    advance(4s);
    while (sent.size() > 1) sent.pop_front();
    const Sent next = take();
    EXPECT_EQ(next.target, kSecond);
    return {first, next.message};
  }
  const Target kSecond{TransportKind::kUdp, *SocketAddress::parse("192.0.2.2:5060"), {}};
};

TEST_F(FailOver, AnRstOrAnIcmpMovesOnAtOnce) {
  EXPECT_EQ(call_name().target, kProxy);
  ua.on_transport_error(kProxy, {TransportFault::Kind::kRefused, "Connection refused"}, now);
  EXPECT_EQ(take().target, kSecond);
  ua.on_transport_error(kSecond, {TransportFault::Kind::kRefused, "Connection refused"}, now);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.unanswered, Unanswered::kUnreachable);
  EXPECT_EQ(ended.detail, "Connection refused");
}

TEST_F(FailOver, AFailedTargetIsPassedOverForAMinute) {
  call_name();
  ua.on_transport_error(kProxy, {}, now);
  reply(take().message, {.status = 486}, kSecond);
  event<Ended>();
  take(Method::kAck);
  const Sent second = call_name();
  EXPECT_EQ(second.target, kSecond);
  reply(second.message, {.status = 486}, kSecond);
  event<Ended>();
  take(Method::kAck);
  advance(61s);
  EXPECT_EQ(call_name().target, kProxy);
}

TEST_F(FailOver, RetryAfterIsObeyed) {
  reply(call_name().message, {.status = 503, .headers = {{"Retry-After", "300"}}});
  take(Method::kAck);
  reply(take().message, {.status = 486}, kSecond);
  event<Ended>();
  take(Method::kAck);
  advance(200s);
  EXPECT_EQ(call_name().target, kSecond);
}

TEST_F(FailOver, AProvisionalAnswerFromAGivenUpTargetIsCancelledOnce) {
  const auto [first, next] = given_up();
  reply(first, {.status = 180});
  const Sent cancel = take();
  EXPECT_TRUE(cancel.message.is(Method::kCancel));
  EXPECT_EQ(cancel.target, kProxy);
  reply(first, {.status = 180});
  nothing_sent();
  reply(next, {.status = 200, .tag = "b", .sdp = kAnswer}, kSecond);
  take(Method::kAck);
  event<Answered>();
  reply(first, {.status = 487});  // of the CANCEL
  take(Method::kAck);
  no_event();
  ua.hangup(id, {}, now);
  drain();
}

TEST_F(FailOver, OfTwoThatAnswerTheFirstCountsWhicheverWasAskedFirst) {
  const auto [first, next] = given_up();
  reply(next, {.status = 180, .tag = "b"}, kSecond);
  event<Ringing>();
  reply(first, {.status = 200, .tag = "a", .sdp = kAnswer});
  EXPECT_EQ(take().target, kSecond);  // the CANCEL
  take(Method::kAck);
  event<Answered>();
  reply(next, {.status = 200, .tag = "b", .sdp = kAnswer}, kSecond);  // it crossed
  take(Method::kAck);
  take(Method::kBye);
  no_event();
  ua.hangup(id, {}, now);
  drain();
}

// ---- the size of a datagram, RFC 3261 18.1.1

TEST_F(CallOut, ALargeInviteGoesByTcpAndFallsBackToADatagram) {
  OutgoingCall large{account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}};
  large.sdp += "a=" + std::string(1300, 'x') + "\r\n";
  const Target stream{TransportKind::kTcp, kProxy.address, {}};
  ua.invite(large, now);
  const Sent first = take();
  EXPECT_EQ(first.target, stream);
  EXPECT_EQ(top_via(first.message)->transport, "TCP");
  ua.on_transport_error(stream, {.text = "Connection refused"}, now);
  const Sent second = take();
  EXPECT_EQ(second.target, kProxy);
  EXPECT_EQ(top_via(second.message)->transport, "UDP");
  ua.invite(large, now);
  EXPECT_EQ(take().target, kProxy);  // remembered
}

TEST_F(CallOut, ASipsAddressNeverGoesInClear) {
  ua.invite({account_1001(), *Uri::parse("sips:1002@192.0.2.1"), kOffer, {}, {}}, now);
  advance(0s);
  nothing_sent();
  EXPECT_EQ(event<Ended>().status, 503);
  Account secure = account_1001();
  secure.aor = *Uri::parse("sips:1001@192.0.2.1");
  ua.invite({secure, *Uri::parse("sips:1002@192.0.2.1"), kOffer, {}, {}}, now);
  const Sent out = take();
  EXPECT_EQ(out.target.transport, TransportKind::kTls);
  EXPECT_EQ(out.target.name, "192.0.2.1");
  EXPECT_EQ(address_of(out.message, Header::kContact)->uri.scheme(), Uri::Scheme::kSips);
}

TEST_F(CallOut, AnIcmpErrorEndsNoCallThatIsUp) {
  id = call_up();
  ua.send_info(id, "application/dtmf-relay", "Signal=1", now);
  const Target there = take().target;
  ua.on_transport_error(there, {TransportFault::Kind::kRefused, "Connection refused"}, now);
  no_event();
  EXPECT_EQ(ua.dialog_count(), 1u);
}

TEST_F(CallOut, ANameThatDoesNotResolveIsTold) {
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@example.com");
  call(account);
  ua.on_resolved(asked[0].first, Targets{}, now);
  const Ended ended = event<Ended>();
  EXPECT_EQ(ended.status, 503);
  EXPECT_EQ(ended.by, EndedBy::kNetwork);
  EXPECT_EQ(ended.unanswered, Unanswered::kNoSuchName);
  asked.clear();
  call(account);
  ua.on_resolved(asked[0].first, Error{ErrorCode::kTimeout, "silence"}, now);
  EXPECT_EQ(event<Ended>().unanswered, Unanswered::kNoNameServer);
}

TEST_F(CallOut, FromAndToHaveNoPortAndNoTransport) {  // RFC 3261 19.1.1
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@192.0.2.1:5060;transport=udp");
  call(account);
  const Message out = take(Method::kInvite);
  EXPECT_EQ(address_of(out, Header::kFrom)->uri.to_string(), "sip:1001@192.0.2.1");
}

TEST_F(CallOut, A200WithoutAContactIsFollowedToTheNextHopNotTheCalleesDomain) {
  call();
  reply(take(Method::kInvite), {.sdp = kAnswer, .contact = ""});
  const Sent ack = take();
  EXPECT_TRUE(ack.message.is(Method::kAck));
  EXPECT_EQ(ack.target, kProxy);
  EXPECT_TRUE(asked.empty());
}

TEST_F(CallOut, AReasonThatIsNoneIsLeftOut) {
  call_up();
  ua.hangup(DialogId(1), {480, "Q.850;cause=16\r\nVia: x"}, now);
  EXPECT_FALSE(take(Method::kBye).has(Header::kReason));
}

TEST_F(CallOut, AMulticastContactIsNotSentTo) {
  call();
  reply(take(Method::kInvite), {.sdp = kAnswer, .contact = "<sip:x@224.0.0.1>"});
  nothing_sent();
  event<Answered>();
  ua.hangup(id, {}, now);
  advance(1s);
  nothing_sent();
  EXPECT_EQ(ua.dialog_count(), 0u);
}

TEST_F(CallOut, HeadersOfTheOwnerCannotBreakOut) {
  const ExtraHeader bad[] = {{"X-A", "1\r\nVia: x"},
                             {"X-A", std::string("1\0", 2)},
                             {"Via", "x"},
                             {"v", "x"},
                             {"X A", "1"},
                             {"X-A\t", "1"},
                             {"Content-Length", "0"},
                             {"Route", "<sip:1.2.3.4>"},
                             {"", "x"}};
  for (const ExtraHeader& header : bad) {
    ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {header}, {}}, now);
    advance(0s);
    nothing_sent();
    EXPECT_EQ(event<Ended>().status, 400) << header.name;
  }
  ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {{"X-Id", "1 2"}}, {}},
            now);
  EXPECT_EQ(take(Method::kInvite).header("X-Id"), "1 2");
}

}  // namespace
}  // namespace patchcord::sip

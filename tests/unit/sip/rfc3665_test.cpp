// SPDX-License-Identifier: GPL-3.0-or-later
// The flows of RFC 3665 section 3 that a user agent takes part in, each by its section, as the one
// that calls or is called. Those of section 2 are in registration_test.cpp.
#include <gtest/gtest.h>

#include "stage.h"

namespace patchcord::sip {
namespace {

const char* const kChallenge =
    "Digest realm=\"192.0.2.1\", nonce=\"n1\", algorithm=MD5, qop=\"auth\"";
const char* const kOtherChallenge =
    "Digest realm=\"192.0.2.1\", nonce=\"n2\", algorithm=MD5, qop=\"auth\"";

struct Rfc3665 : testing::Test, Stage {
  Message calls() {
    id = ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}}, now);
    return invite = take(Method::kInvite);
  }
  void is_called() {
    ask({.body = kOffer});
    id = event<IncomingCall>().dialog;
    take_reply(100);
  }
  void ends_with(int status) {
    EXPECT_EQ(event<Ended>().status, status);
    no_event();
    EXPECT_EQ(ua.dialog_count(), 0u);
    drain();
  }
  DialogId id;
};

TEST_F(Rfc3665, S3_1_AsCallee) {
  is_called();
  ua.ring(id, now);
  take_reply(180);
  ua.answer(id, kAnswer, now);
  const Message ok = take_reply(200);
  far = Ask{.method = "ACK", .to_tag = address_of(ok, Header::kTo)->tag(), .branch = "z9hG4bKack"};
  ask(far);
  event<Acknowledged>();
  ua.hangup(id, {}, now);
  const Message bye = take(Method::kBye);
  reply(bye, {}, kFarEnd);
  ends_with(200);
}

TEST_F(Rfc3665, S3_2_TheRouteOfTwoProxiesIsKeptToTheEnd) {
  calls();
  reply(invite, {.status = 100, .tag = ""});
  event<Trying>();
  const std::vector<ExtraHeader> routes{{"Record-Route", "<sip:192.0.2.2;lr>"},
                                        {"Record-Route", "<sip:192.0.2.1;lr>"}};
  reply(invite, {.status = 180, .headers = routes});
  event<Ringing>();
  reply(invite, {.sdp = kAnswer, .headers = routes});
  event<Answered>();
  EXPECT_EQ(take().target, kProxy);
  ua.hangup(id, {}, now);
  const Sent bye = take();
  EXPECT_EQ(bye.target, kProxy);
  EXPECT_EQ(addresses_of(bye.message, Header::kRoute)->size(), 2u);
  reply(bye.message, {});
  ends_with(200);
}

TEST_F(Rfc3665, S3_3_TwoProxiesAskForTheSamePassword) {
  calls();
  reply(invite, {.status = 407, .headers = {{"Proxy-Authenticate", kChallenge}}});
  take(Method::kAck);
  const Message second = take(Method::kInvite);
  reply(second, {.status = 401, .headers = {{"WWW-Authenticate", kOtherChallenge}}});
  take(Method::kAck);
  const Message third = take(Method::kInvite);
  EXPECT_TRUE(third.has(Header::kProxyAuthorization));
  EXPECT_TRUE(third.has(Header::kAuthorization));
  EXPECT_EQ(third.cseq(), invite.cseq() + 2);
  reply(third, {.sdp = kAnswer});
  event<Answered>();
  take(Method::kAck);
  ua.hangup(id, {}, now);
  reply(take(Method::kBye), {});
  ends_with(200);
}

TEST_F(Rfc3665, S3_4_AProxyThatFailsIsFollowedByTheNext) {
  Account account = account_1001();
  account.aor = *Uri::parse("sip:1001@example.com");
  id = ua.invite({account, *Uri::parse("sip:1002@example.com"), kOffer, {}, {}}, now);
  const Target second{TransportKind::kUdp, *SocketAddress::parse("192.0.2.2:5060"), {}};
  ua.on_resolved(asked[0].first, Targets{kProxy, second}, now);
  reply(take(Method::kInvite), {.status = 503});
  take(Method::kAck);
  const Sent again = take();
  EXPECT_EQ(again.target, second);
  reply(again.message, {.sdp = kAnswer}, second);
  event<Answered>();
  take(Method::kAck);
  ua.hangup(id, {}, now);
  drain();
}

TEST_F(Rfc3665, S3_6_ARedirectServerAndAnOfferInThe200) {
  calls();
  reply(invite, {.status = 302, .contact = "<sip:bob@example.com>"});
  take(Method::kAck);
  const Message moved = take(Method::kInvite);
  EXPECT_EQ(moved.request_uri(), "sip:bob@example.com");
  reply(moved, {.sdp = kAnswer});
  event<Answered>();
  take(Method::kAck);
  ua.hangup(id, {}, now);
  drain();
}

TEST_F(Rfc3665, S3_6_AsCalleeTheAnswerIsInTheAck) {
  ask({});
  id = event<IncomingCall>().dialog;
  take_reply(100);
  ua.answer(id, kOffer, now);
  const Message ok = take_reply(200);
  EXPECT_EQ(ok.body(), kOffer);
  ask({.method = "ACK",
       .to_tag = address_of(ok, Header::kTo)->tag(),
       .branch = "z9hG4bKack",
       .body = kAnswer});
  EXPECT_EQ(event<Acknowledged>().sdp, kAnswer);
}

TEST_F(Rfc3665, S3_7_AReInviteFromANewAddress) {
  id = called_up();
  Ask moved = next("INVITE", kOtherAnswer);
  std::string text = text_of(moved);
  const std::string contact = "<sip:bob@192.0.2.9:5070>";
  text.replace(text.find("Contact: " + contact), 9 + contact.size(),
               "Contact: <sip:bob@192.0.2.99:5099>");
  receive(text, kFarEnd);
  event<Reoffered>();
  take_reply(100);
  ua.answer_reoffer(id, kAnswer, now);
  const Message ok = take_reply(200);
  ask({.method = "ACK", .to_tag = far.to_tag, .cseq = ok.cseq(), .branch = "z9hG4bKx"});
  ua.hangup(id, {}, now);
  EXPECT_EQ(take().target.address.to_string(), "192.0.2.99:5099");
}

TEST_F(Rfc3665, S3_8_NoAnswer) {
  calls();
  reply(invite, {.status = 180});
  event<Ringing>();
  ua.hangup(id, {}, now);
  reply(take(Method::kCancel), {});
  reply(invite, {.status = 487});
  take(Method::kAck);
  ends_with(487);
}

TEST_F(Rfc3665, S3_8_AsCallee) {
  is_called();
  ua.ring(id, now);
  const Message ringing = take_reply(180);
  ask({.method = "CANCEL"});
  EXPECT_EQ(to_tag(take_reply(200)), to_tag(ringing));
  EXPECT_EQ(to_tag(take_reply(487)), to_tag(ringing));
  ask({.method = "ACK"});
  ends_with(487);
}

TEST_F(Rfc3665, S3_9_Busy) {
  calls();
  reply(invite, {.status = 486});
  take(Method::kAck);
  ends_with(486);
}

TEST_F(Rfc3665, S3_9_AsCallee) {
  is_called();
  ua.reject(id, 486, {}, now);
  take_reply(486);
  ask({.method = "ACK"});
  ends_with(486);
}

TEST_F(Rfc3665, S3_10_NoResponse) {
  calls();
  reply(invite, {.status = 100, .tag = ""});
  event<Trying>();
  advance(10s);
  nothing_sent();  // the proxy has it
  reply(invite, {.status = 408});
  take(Method::kAck);
  ends_with(408);
}

TEST_F(Rfc3665, S3_11_TemporarilyUnavailable) {
  calls();
  reply(invite, {.status = 480});
  take(Method::kAck);
  ends_with(480);
}

}  // namespace
}  // namespace patchcord::sip

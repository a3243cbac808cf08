// SPDX-License-Identifier: GPL-3.0-or-later
// Registrations as scripts: the flow of RFC 3665 2.1, refresh and its spread, 423, failures and
// their pauses, keep-alives, the end; and a thousand of them at once.
#include <gtest/gtest.h>

#include <set>

#include "stage.h"

namespace patchcord::sip {
namespace {

const ExtraHeader kChallenge{
    "WWW-Authenticate",
    "Digest realm=\"192.0.2.1\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\""};

struct RegistrationTest : testing::Test, Stage {
  Message begin(Account account = account_1001()) {
    id = ua.register_account(std::move(account), now);
    return take(Method::kRegister);
  }
  Reply granted(int seconds) {
    return {.headers = {{"Expires", std::to_string(seconds)}},
            .contact = "<sip:1001@198.51.100.7:5060>;expires=" + std::to_string(seconds)};
  }
  RegistrationId id;
};

TEST_F(RegistrationTest, Rfc3665Flow21) {
  const Message first = begin();
  EXPECT_EQ(first.request_uri(), "sip:192.0.2.1");
  EXPECT_EQ(address_of(first, Header::kTo)->uri.to_string(), "sip:1001@192.0.2.1");
  EXPECT_EQ(first.header(Header::kContact), "<sip:1001@198.51.100.7:5060>;expires=600");
  EXPECT_FALSE(first.has(Header::kAuthorization));
  reply(first, {.status = 401, .headers = {kChallenge}});
  const Message second = take(Method::kRegister);
  EXPECT_EQ(second.call_id(), first.call_id());
  EXPECT_EQ(second.cseq(), first.cseq() + 1);
  const auto credentials = parse_authorization(second.header(Header::kAuthorization));
  ASSERT_TRUE(credentials);
  EXPECT_TRUE(verify(*credentials, {"REGISTER", second.request_uri(), {}},
                     digest_ha1(DigestAlgorithm::kSha256, "1001", "192.0.2.1", "pw1001")));
  no_event();
  reply(second, granted(600));
  const Registered registered = event<Registered>();
  EXPECT_EQ(registered.registration, id);
  EXPECT_EQ(registered.expires, 600s);
}

TEST_F(RegistrationTest, ItIsRefreshedBetween70And90PercentAndNotToldAgain) {
  reply(begin(), granted(100));
  event<Registered>();
  advance(69s);
  nothing_sent();
  for (int i = 0; i < 22 && sent.empty(); ++i) advance(1s);
  const Message refresh = take(Method::kRegister);
  reply(refresh, granted(100));
  no_event();
}

TEST_F(RegistrationTest, TheGrantedIntervalIsOurContactsThenExpiresThenOurs) {
  struct Row {
    Reply reply;
    std::chrono::seconds expires;
  };
  const Row rows[] = {
      {{.headers = {{"Expires", "50"}}, .contact = "<sip:1001@198.51.100.7:5060>;expires=70"}, 70s},
      {{.headers = {{"Expires", "50"}}, .contact = "<sip:other@192.0.2.5>;expires=70"}, 50s},
      {{.headers = {{"Expires", "50"}}, .contact = ""}, 50s},
      {{.contact = "<sip:1001@198.51.100.7>"}, 600s},
      {{.contact = "<sip:1001@198.51.100.7>;expires=99999999999999"}, 86400s},
  };
  for (const Row& row : rows) {
    reply(begin(), row.reply);
    EXPECT_EQ(event<Registered>().expires, row.expires);
  }
}

TEST_F(RegistrationTest, TooBriefAnIntervalIsRaised) {  // 423
  const Message first = begin();
  reply(first, {.status = 423, .headers = {{"Min-Expires", "1800"}}});
  const Message second = take(Method::kRegister);
  EXPECT_EQ(second.header(Header::kExpires), "1800");
  reply(second, granted(1800));
  EXPECT_EQ(event<Registered>().expires, 1800s);
}

TEST_F(RegistrationTest, AnEndless423IsAFailure) {
  Message request = begin();
  int tries = 1;
  for (; tries < 20 && events.empty(); ++tries) {
    reply(request, {.status = 423, .headers = {{"Min-Expires", std::to_string(600 + tries)}}});
    if (!sent.empty()) request = take(Method::kRegister);
  }
  EXPECT_EQ(event<RegistrationFailed>().status, 423);
  EXPECT_LE(tries, 5);
}

TEST_F(RegistrationTest, AWrongPasswordOrAForbiddenUserIsFinal) {
  for (const int status : {401, 403, 404}) {
    reply(begin(), {.status = 401, .headers = {kChallenge}});
    const Message second = take(Method::kRegister);
    reply(second, {.status = status, .headers = {kChallenge}});
    const auto failed = event<RegistrationFailed>();
    EXPECT_EQ(failed.status, status);
    EXPECT_EQ(failed.next, RegistrationFailed::Next::kGivesUp);
    EXPECT_EQ(ua.registration_count(), 0u);
    advance(1h);
    nothing_sent();
  }
}

TEST_F(RegistrationTest, AFailureIsTriedAgainWithGrowingPausesAndToldAgainOnceBack) {
  Message request = begin();
  Duration longest{};
  for (int i = 0; i < 10; ++i) {
    reply(request, {.status = 500});
    EXPECT_EQ(event<RegistrationFailed>().next, RegistrationFailed::Next::kRetries);
    const MonoTime failed_at = now;
    const Duration most = std::min<Duration>(4s * (1 << i), 5min);
    while (sent.empty() && now - failed_at <= most) advance(100ms);
    ASSERT_FALSE(sent.empty());
    EXPECT_GE(now - failed_at, most / 2);
    longest = std::max(longest, now - failed_at);
    request = take(Method::kRegister);
  }
  EXPECT_GT(longest, 2min);
  reply(request, granted(600));
  event<Registered>();
}

TEST_F(RegistrationTest, RetryAfterIsObeyedWithinReason) {
  reply(begin(), {.status = 503, .headers = {{"Retry-After", "120"}}});
  event<RegistrationFailed>();
  advance(119s);
  nothing_sent();
  advance(2s);
  reply(take(Method::kRegister), {.status = 503, .headers = {{"Retry-After", "999999999"}}});
  event<RegistrationFailed>();
  advance(3601s);
  take(Method::kRegister);
}

TEST_F(RegistrationTest, SilenceOfTheServerIsTold) {
  begin();
  advance(33s);
  EXPECT_EQ(event<RegistrationFailed>().status, 408);
}

TEST_F(RegistrationTest, KeepAlivesGoOutWhileRegistered) {
  const Message first = begin();
  advance(30s);
  EXPECT_EQ(keep_alives, 0);
  reply(first, granted(600));
  advance(101s);
  EXPECT_EQ(keep_alives, 4);
}

TEST_F(RegistrationTest, UnregisteringAsksForZeroAndIsToldWhateverTheAnswer) {
  for (const bool is_answered : {true, false}) {
    reply(begin(), granted(600));
    event<Registered>();
    ua.unregister(id, now);
    const Message last = take(Method::kRegister);
    EXPECT_EQ(last.header(Header::kExpires), "0");
    EXPECT_EQ(last.header(Header::kContact), "<sip:1001@198.51.100.7:5060>;expires=0");
    if (is_answered) {
      reply(last, {.contact = ""});
    } else {
      advance(33s);
      sent.clear();
    }
    EXPECT_EQ(event<Unregistered>().registration, id);
    EXPECT_EQ(ua.registration_count(), 0u);
  }
  drain();
}

TEST_F(RegistrationTest, ABrokenFlowIsRegisteredAnew) {
  const Target flow{TransportKind::kTcp, kProxy.address, SocketId(5)};
  reply(begin(), granted(600), flow);
  event<Registered>();
  ua.on_transport_error({TransportKind::kTcp, kProxy.address, SocketId(4)}, {}, now);
  nothing_sent();
  ua.on_transport_error(flow, {}, now);
  advance(1s);
  nothing_sent();  // it had not lasted: no hurry
  advance(3s);
  reply(take(Method::kRegister), granted(600), flow);
  advance(60s);
  sent.clear();
  ua.on_transport_error(flow, {}, now);
  advance(1s);
  reply(take(Method::kRegister), granted(600));
  no_event();
}

TEST_F(RegistrationTest, ASilentServerIsToldOfSoonAndAskedOn) {
  begin();
  advance(4900ms);
  no_event();
  advance(200ms);
  const auto failed = event<RegistrationFailed>();
  EXPECT_EQ(failed.unanswered, Unanswered::kTimeout);
  EXPECT_TRUE(failed.is_being_asked);
  EXPECT_EQ(failed.next, RegistrationFailed::Next::kRetries);
  advance(10s);
  no_event();
  const Message late = sent.back().message;
  sent.clear();
  reply(late, granted(600));
  event<Registered>();
}

TEST_F(RegistrationTest, AServerThatRefusesIsToldOfAtOnce) {
  begin();
  ua.on_transport_error(kProxy, {TransportFault::Kind::kRefused, "Connection refused"}, now);
  const auto failed = event<RegistrationFailed>();
  EXPECT_EQ(failed.unanswered, Unanswered::kUnreachable);
  EXPECT_FALSE(failed.is_being_asked);
}

TEST_F(RegistrationTest, ARegisteredServerMayCallUs) {
  Ask call{.body = kOffer};
  ask(call, kProxy);
  no_event();  // nobody we know
  reply(begin(), granted(600));
  event<Registered>();
  ask(call, kProxy);
  event<IncomingCall>();
}

TEST_F(RegistrationTest, TheRealmOfTheRegistrarIsTheOnlyOneItsCallsAnswer) {
  const Message first = begin();
  reply(first, {.status = 401, .headers = {kChallenge}});
  reply(take(Method::kRegister), granted(600));
  event<Registered>();
  ua.invite({account_1001(), *Uri::parse("sip:1002@192.0.2.1"), kOffer, {}, {}}, now);
  reply(take(Method::kInvite),
        {.status = 401, .headers = {{"WWW-Authenticate", "Digest realm=\"thief\", nonce=\"n\""}}});
  take(Method::kAck);
  nothing_sent();
  EXPECT_EQ(event<Ended>().status, 401);
}

TEST_F(RegistrationTest, AThousandRefreshAtATimeOfTheirOwn) {
  for (int i = 0; i < 1000; ++i) reply(begin(), granted(1000));
  events.clear();
  std::set<int64_t> seconds;
  const MonoTime from = now;
  for (int i = 0; i < 950; ++i) {
    advance(1s);
    while (!sent.empty()) {
      seconds.insert(to_ms(now - from) / 10000);
      reply(take(Method::kRegister), granted(1000));
    }
  }
  EXPECT_GE(seconds.size(), 20u);  // 200 s wide, in steps of 1 % of the interval
  EXPECT_EQ(ua.registration_count(), 1000u);
  EXPECT_TRUE(events.empty());
  drain();
}

}  // namespace
}  // namespace patchcord::sip

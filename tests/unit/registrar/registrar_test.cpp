// SPDX-License-Identifier: GPL-3.0-or-later
// The registrar message by message, as a phone sees it: no socket, no clock.
#include "registrar/registrar.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log.h"

namespace patchcord::registrar {
namespace {

using sip::DomainAnswer;
using sip::Header;
using sip::Message;
using sip::Target;
using sip::TransportKind;
using std::chrono::minutes;
using std::chrono::seconds;

const Target kPhone{TransportKind::kUdp, *SocketAddress::parse("192.0.2.20:5062"), {}};
const Target kOther{TransportKind::kUdp, *SocketAddress::parse("192.0.2.66:5060"), {}};

struct Ask {
  std::string method = "REGISTER";
  std::string uri = "sip:home";
  std::string user = "bob";
  std::string host = "home";
  std::string contact = "<sip:bob@192.0.2.20:5062>";
  std::string expires{};
  std::string call_id = "reg-1";
  uint32_t cseq = 1;
  std::string credentials{};
  std::string more =
      "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, REFER, NOTIFY\r\n"
      "User-Agent: a phone as phones are, with a name and a version\r\n";
};

Message message(const Ask& ask) {
  std::string text = fmt::format(
      "{} {} SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.20:5062;branch=z9hG4bK{};rport\r\n"
      "Max-Forwards: 70\r\nFrom: <sip:{}@{}>;tag=a\r\nTo: <sip:{}@{}>\r\nCall-ID: {}\r\n"
      "CSeq: {} {}\r\n",
      ask.method, ask.uri, ask.cseq, ask.user, ask.host, ask.user, ask.host, ask.call_id, ask.cseq,
      ask.method);
  if (!ask.contact.empty()) text += "Contact: " + ask.contact + "\r\n";
  if (!ask.expires.empty()) text += "Expires: " + ask.expires + "\r\n";
  if (!ask.credentials.empty()) {
    text += (ask.method == "INVITE" ? "Proxy-Authorization: " : "Authorization: ") +
            ask.credentials + "\r\n";
  }
  auto parsed = sip::parse_message(text + ask.more + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(parsed.verdict, sip::Verdict::kGood) << text << parsed.reason;
  return std::move(parsed.message);
}

class Outside final : public sip::Outside {
 public:
  void send(const Target&, ByteSpan) override {}
  void resolve(sip::ResolveTicket, const sip::ResolveQuery&) override {}
  SocketAddress local_address(const Target&) override {
    return *SocketAddress::parse("192.0.2.1:5060");
  }
  void wake_at(MonoTime) override {}
};

struct RegistrarTest : testing::Test {
  void SetUp() override {
    log::set_sink([this](log::Level, std::string_view line) { lines.emplace_back(line); });
  }
  void TearDown() override { log::set_sink({}); }

  // The status of the answer; 0: silence, 1: admitted.
  int send(const Ask& ask, const Target& from = kPhone) {
    const Message request = message(ask);
    const sip::Admission admission = registrar.receive(request, from, now);
    if (const auto* given = std::get_if<DomainAnswer>(&admission)) {
      answer = given->response;
      return answer.status();
    }
    return std::holds_alternative<sip::Admit>(admission) ? 1 : 0;
  }

  // Asks, is challenged, and answers the challenge number `which`.
  int sign_and_send(Ask ask, const std::string& password = "bob", const Target& from = kPhone,
                    size_t which = 0) {
    const int first = send(ask, from);
    if (first != 401 && first != 407) return first;
    ask.credentials = credentials_for(ask, password, which);
    ++ask.cseq;
    return send(ask, from);
  }
  std::string credentials_for(const Ask& ask, const std::string& password, size_t which = 0,
                              uint32_t nc = 1) {
    std::vector<sip::Challenge> challenges;
    const Header header =
        answer.status() == 407 ? Header::kProxyAuthenticate : Header::kWwwAuthenticate;
    for (const auto value : answer.all(header)) challenges.push_back(*sip::parse_challenge(value));
    return sip::answer(challenges.at(which), {ask.user, password, {}}, {ask.method, ask.uri, {}},
                       nc, "cnonce")
        .to_string();
  }
  std::vector<std::string> contacts() const {
    std::vector<std::string> all;
    for (const auto value : answer.all(Header::kContact)) all.emplace_back(value);
    return all;
  }

  Users users{{"ann", "ann"}, {"bob", "bob"}, {"locked", ""}};
  Outside outside;
  SeededRandom random{1};
  Registrar registrar{{.domain = "home"}, users, outside, random};
  MonoTime now = MonoTime() + minutes(1);
  Message answer;
  std::vector<std::string> lines;
};

TEST_F(RegistrarTest, ChallengesWithTheStrongerHashFirst) {
  ASSERT_EQ(send({}), 401);
  std::vector<std::string> algorithms;
  for (const auto value : answer.all(Header::kWwwAuthenticate)) {
    algorithms.emplace_back(sip::algorithm_name(sip::parse_challenge(value)->algorithm));
    EXPECT_EQ(sip::parse_challenge(value)->realm, "home");
  }
  EXPECT_EQ(algorithms, (std::vector<std::string>{"SHA-256", "MD5"}));
}

TEST_F(RegistrarTest, TakesAPhoneByEitherHash) {
  EXPECT_EQ(sign_and_send({}), 200);
  EXPECT_EQ(contacts(), std::vector<std::string>{"<sip:bob@192.0.2.20:5062>;expires=600"});
  EXPECT_EQ(sign_and_send({.call_id = "reg-2"}, "bob", kPhone, 1), 200);
  const auto phones = registrar.phones_of("bob", now);
  ASSERT_EQ(phones.size(), 1u);
  EXPECT_EQ(phones[0].flow, kPhone);
}

TEST_F(RegistrarTest, ChallengesWithWhatIsConfigured) {
  Registrar old({.domain = "home", .algorithms = {sip::DigestAlgorithm::kMd5}}, users, outside,
                random);
  Ask ask;
  answer = std::get<DomainAnswer>(old.receive(message(ask), kPhone, now)).response;
  EXPECT_EQ(answer.all(Header::kWwwAuthenticate).count(), 1u);
  sip::Challenge stronger = *sip::parse_challenge(answer.header(Header::kWwwAuthenticate));
  stronger.algorithm = sip::DigestAlgorithm::kSha256;
  ask.credentials =
      sip::answer(stronger, {"bob", "bob", {}}, {"REGISTER", ask.uri, {}}, 1, "c").to_string();
  answer = std::get<DomainAnswer>(old.receive(message(ask), kPhone, now)).response;
  EXPECT_EQ(answer.status(), 401) << "what was not asked for";
}

TEST_F(RegistrarTest, ItsOwnAddressWillDoForTheDomain) {
  const Ask by_address{.uri = "sip:192.0.2.1", .host = "192.0.2.1"};
  EXPECT_TRUE(registrar.claims(message(by_address), kPhone, now));
  EXPECT_EQ(sign_and_send(by_address), 200);
  EXPECT_FALSE(registrar.claims(message({.uri = "sip:elsewhere"}), kPhone, now));
}

TEST_F(RegistrarTest, AUserThatDoesNotExistIsAnsweredLikeAWrongPassword) {
  const int wrong = sign_and_send({}, "guess");
  const size_t size = answer.text().size();
  EXPECT_EQ(wrong, 401);
  EXPECT_EQ(sign_and_send({.user = "eve"}, "guess"), wrong);
  EXPECT_EQ(answer.text().size(), size);
  EXPECT_EQ(sign_and_send({.user = "locked"}, ""), wrong) << "an empty password is no password";
}

TEST_F(RegistrarTest, FiveWrongPasswordsLockASourceOutOfOneAccount) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_and_send({}, "guess"), 401) << i;
  EXPECT_EQ(sign_and_send({}, "bob"), 403) << "even with the right one";
  EXPECT_EQ(sign_and_send({.user = "ann"}, "ann"), 200) << "another account is let be";
  EXPECT_EQ(sign_and_send({}, "bob", kOther), 200) << "and so is the user from elsewhere";
  EXPECT_THAT(
      lines,
      testing::Contains(testing::HasSubstr("WARN registrar.locked source=192.0.2.20 account=bob")));
  now += Lockout::kTime + seconds(1);
  EXPECT_EQ(sign_and_send({.call_id = "later"}, "bob"), 200);
}

TEST_F(RegistrarTest, AReplayIsStale) {
  Ask ask;
  ASSERT_EQ(send(ask), 401);
  ask.credentials = credentials_for(ask, "bob");
  ask.cseq = 2;
  ASSERT_EQ(send(ask), 200);
  ask.cseq = 3;
  EXPECT_EQ(send(ask), 401);
  EXPECT_TRUE(sip::parse_challenge(answer.header(Header::kWwwAuthenticate))->stale);
}

TEST_F(RegistrarTest, ANonceThatIsOldIsStaleAndOneOfAnotherAddressIsNone) {
  Ask ask;
  ASSERT_EQ(send(ask), 401);
  ask.credentials = credentials_for(ask, "bob");
  EXPECT_EQ(send(ask, kOther), 401);
  EXPECT_FALSE(sip::parse_challenge(answer.header(Header::kWwwAuthenticate))->stale);
  now += sip::DigestNonces::kLifetime + seconds(1);
  EXPECT_EQ(send(ask), 401);
  EXPECT_TRUE(sip::parse_challenge(answer.header(Header::kWwwAuthenticate))->stale);
}

TEST_F(RegistrarTest, CredentialsAreForOneTarget) {
  Ask ask;
  ASSERT_EQ(send(ask), 401);
  Ask other = ask;
  other.uri = "sip:home:5061";
  ask.credentials = credentials_for(other, "bob");
  EXPECT_EQ(send(ask), 401);
}

TEST_F(RegistrarTest, NobodyRegistersForAnother) {
  Ask ask{.user = "bob"};
  ASSERT_EQ(send(ask), 401);
  ask.credentials = credentials_for(ask, "bob");
  ask.user = "ann";
  EXPECT_EQ(send(ask), 403);
}

TEST_F(RegistrarTest, ExpiresOfTheContactGoesBeforeThatOfTheHeader) {
  EXPECT_EQ(sign_and_send({.contact = "<sip:bob@192.0.2.20>;expires=120", .expires = "300"}), 200);
  EXPECT_EQ(contacts(), std::vector<std::string>{"<sip:bob@192.0.2.20>;expires=120"});
  now += seconds(119);
  EXPECT_EQ(registrar.phones_of("bob", now).size(), 1u);
  now += seconds(1);
  EXPECT_TRUE(registrar.phones_of("bob", now).empty());
}

TEST_F(RegistrarTest, TooBriefIsRefusedAndTooLongIsShortened) {
  EXPECT_EQ(sign_and_send({.expires = "59"}), 423);
  EXPECT_EQ(answer.header(Header::kMinExpires), "60");
  EXPECT_EQ(sign_and_send({.expires = "4294967295", .call_id = "reg-2"}), 200);
  EXPECT_EQ(contacts(), std::vector<std::string>{"<sip:bob@192.0.2.20:5062>;expires=3600"});
}

TEST_F(RegistrarTest, LeavesByZeroAndByStar) {
  ASSERT_EQ(sign_and_send({}), 200);
  EXPECT_EQ(sign_and_send({.expires = "0", .cseq = 10}), 200);
  EXPECT_TRUE(contacts().empty());
  ASSERT_EQ(sign_and_send({.cseq = 20}), 200);
  ASSERT_EQ(sign_and_send({.contact = "<sip:bob@192.0.2.21>;q=0.5", .call_id = "reg-2"}), 200);
  EXPECT_EQ(contacts().size(), 2u);
  EXPECT_EQ(sign_and_send({.contact = "*", .expires = "60", .cseq = 30}), 400);
  EXPECT_EQ(sign_and_send({.contact = "*, <sip:bob@192.0.2.9>", .expires = "0", .cseq = 40}), 400);
  EXPECT_EQ(contacts().size(), 0u);
  EXPECT_EQ(registrar.phones_of("bob", now).size(), 2u);
  EXPECT_EQ(sign_and_send({.contact = "*", .expires = "0", .cseq = 50}), 200);
  EXPECT_TRUE(registrar.phones_of("bob", now).empty());
}

TEST_F(RegistrarTest, AFetchTellsWhatIsThere) {
  ASSERT_EQ(sign_and_send({.contact = "<sip:bob@192.0.2.20>;q=0.7"}), 200);
  EXPECT_EQ(sign_and_send({.contact = "", .call_id = "fetch"}), 200);
  EXPECT_EQ(contacts(), std::vector<std::string>{"<sip:bob@192.0.2.20>;q=0.7;expires=600"});
}

TEST_F(RegistrarTest, AnOlderRegisterDoesNotUndoANewerOne) {
  ASSERT_EQ(sign_and_send({.cseq = 10}), 200);
  EXPECT_EQ(sign_and_send({.expires = "0", .cseq = 4}), 500);
  EXPECT_EQ(registrar.phones_of("bob", now).size(), 1u);
}

TEST_F(RegistrarTest, AUserHasTenPlacesAtMost) {
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(sign_and_send({.contact = fmt::format("<sip:bob@192.0.2.{}>", 100 + i),
                             .call_id = fmt::format("reg-{}", i)}),
              200);
  }
  EXPECT_EQ(sign_and_send({.contact = "<sip:bob@192.0.2.200>", .call_id = "one-more"}), 403);
  EXPECT_EQ(registrar.phones_of("bob", now).size(), 10u);
}

TEST_F(RegistrarTest, AnInstanceThatMovesIsOnePhone) {
  const std::string instance = ";+sip.instance=\"<urn:uuid:0000-1>\"";
  ASSERT_EQ(sign_and_send({.contact = "<sip:bob@192.0.2.20>" + instance}), 200);
  ASSERT_EQ(sign_and_send({.contact = "<sip:bob@192.0.2.30>" + instance, .call_id = "moved"}), 200);
  EXPECT_EQ(registrar.phones_of("bob", now).size(), 1u);
}

TEST_F(RegistrarTest, AClosedConnectionTakesItsPhoneAlong) {
  const Target tcp{TransportKind::kTcp, kPhone.address, sip::SocketId(7)};
  ASSERT_EQ(sign_and_send({}, "bob", tcp), 200);
  registrar.on_flow_lost(kPhone);
  EXPECT_EQ(registrar.phones_of("bob", now).size(), 1u);
  registrar.on_flow_lost(tcp);
  EXPECT_TRUE(registrar.phones_of("bob", now).empty());
}

TEST_F(RegistrarTest, ACallIsOfWhoProvesIt) {
  const Ask call{.method = "INVITE", .uri = "sip:ann@home"};
  ASSERT_TRUE(registrar.claims(message(call), kPhone, now));
  EXPECT_EQ(sign_and_send(call), 1);
  EXPECT_EQ(sign_and_send(call, "guess"), 407);
  Ask forged{.method = "INVITE", .uri = "sip:600@home"};
  ASSERT_EQ(send(forged), 407);
  forged.credentials = credentials_for(forged, "bob");
  forged.user = "ann";
  EXPECT_EQ(send(forged), 403);
}

TEST_F(RegistrarTest, AFlowIsBelievedOnlyIfConfigured) {
  const Ask call{.method = "INVITE", .uri = "sip:ann@home"};
  ASSERT_EQ(sign_and_send({}), 200);
  EXPECT_EQ(send(call), 407);
  Registrar trusting({.domain = "home", .trust = FlowTrust::kCalls}, users, outside, random);
  Ask ask;
  auto first = trusting.receive(message(ask), kPhone, now);
  answer = std::get<DomainAnswer>(first).response;
  ask.credentials = credentials_for(ask, "bob");
  (void)trusting.receive(message(ask), kPhone, now);
  ASSERT_EQ(trusting.phones_of("bob", now).size(), 1u);
  EXPECT_TRUE(std::holds_alternative<sip::Admit>(trusting.receive(message(call), kPhone, now)));
  EXPECT_FALSE(std::holds_alternative<sip::Admit>(trusting.receive(message(call), kOther, now)));
}

TEST_F(RegistrarTest, StrangersAreAnsweredLittleAndSeldom) {
  const Ask bare{.contact = "", .more = ""};
  int answered = 0;
  size_t in = 0, out = 0;
  for (int i = 0; i < 1000; ++i) {
    in += message(bare).text().size();
    if (send(bare) == 0) continue;
    ++answered;
    out += answer.text().size();
    EXPECT_LE(answer.text().size() * 4, message(bare).text().size() * 5);
  }
  EXPECT_LE(answered, static_cast<int>(Throttle::kBurst));
  EXPECT_LT(out, in);
}

TEST_F(RegistrarTest, NoMoreIsKeptOfStrangersThanTheLimits) {
  Throttle throttle;
  Lockout lockout;
  for (uint32_t i = 0; i < 20000; ++i) {
    const auto source = IpAddress::v4(10, static_cast<uint8_t>(i >> 16),
                                      static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i));
    throttle.allows(source, now);
    if (i < 9000) lockout.failed(source, "bob", now + seconds(i));
  }
  EXPECT_LE(throttle.size(), Throttle::kMaxSources);
  EXPECT_LE(lockout.size(), Lockout::kMaxKept);
}

}  // namespace
}  // namespace patchcord::registrar

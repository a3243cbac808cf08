// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include "rtc/ice_controlling.h"
#include "rtc/ice_lite.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const IceCredentials kOurs{"gateway1", "gatewaypasswordgatewayp1"};
const IceCredentials kTheirs{"browser1", "browserpasswordbrowserp1"};
const SocketAddress kGateway = *SocketAddress::parse("192.0.2.1:10000");
const SocketAddress kHome = *SocketAddress::parse("192.0.2.2:20000");
const SocketAddress kMobile = *SocketAddress::parse("198.51.100.3:30000");
const MonoTime kStart = MonoTime(std::chrono::hours(1));

enum class Nominate { kNo, kYes };

struct Check {
  IceCredentials to = kOurs;
  Nominate nominate = Nominate::kNo;
  std::string username = "gateway1:browser1";

  std::vector<uint8_t> bytes() const {
    std::array<uint8_t, 300> buffer;
    StunBuilder builder(buffer, StunType::kBindingRequest, {7, 7, 7});
    builder.username(username).priority(1).controlling(42);
    if (nominate == Nominate::kYes) builder.use_candidate();
    const ByteSpan sealed = builder.seal(to.pwd);
    return {sealed.begin(), sealed.end()};
  }
};

struct Lite {
  IceLite agent{kOurs};
  RecordingSink sink;

  void receive(const std::vector<uint8_t>& bytes, const SocketAddress& from,
               MonoTime now = kStart) {
    agent.receive(bytes, from, now, sink);
  }
};

TEST(IceLite, AnswersACheckWithWhereItCameFrom) {
  Lite lite;
  const auto check = Check().bytes();
  lite.receive(check, kHome);
  ASSERT_EQ(lite.sink.sent.size(), 1u);
  const auto& answer = lite.sink.sent[0];
  EXPECT_EQ(answer.to, kHome);
  EXPECT_LE(answer.bytes.size(), check.size() + 60);
  const auto message = parse_stun(answer.bytes);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->is(StunType::kBindingSuccess));
  EXPECT_EQ(message->mapped, kHome);
  EXPECT_EQ(message->transaction, (StunTransaction{7, 7, 7}));
  EXPECT_TRUE(message->has_fingerprint);
  EXPECT_TRUE(has_integrity(answer.bytes, *message, kOurs.pwd));
  EXPECT_EQ(lite.agent.state(), IceState::kConnected);
  EXPECT_EQ(lite.agent.selected(), kHome);
}

TEST(IceLite, SaysNothingToTheUnproved) {
  std::array<uint8_t, 300> buffer;
  const auto build = [&](StunType type) { return StunBuilder(buffer, type, {}); };
  const auto copy = [](ByteSpan b) { return std::vector<uint8_t>(b.begin(), b.end()); };
  struct {
    std::vector<uint8_t> bytes;
    IceDrop drop;
  } const rows[] = {
      {{}, IceDrop::kMalformed},
      {{0, 1, 0, 0}, IceDrop::kMalformed},
      {Check{.to = {"", "wrong"}}.bytes(), IceDrop::kUnauthorized},
      {Check{.username = "stranger:browser1"}.bytes(), IceDrop::kUnauthorized},
      {Check{.username = "gateway1"}.bytes(), IceDrop::kUnauthorized},
      {Check{.username = ""}.bytes(), IceDrop::kUnauthorized},
      {copy(build(StunType::kBindingRequest).username("gateway1:b").seal("")),
       IceDrop::kUnauthorized},
      {copy(build(StunType::kBindingRequest).seal(kOurs.pwd)), IceDrop::kUnauthorized},
      {copy(build(StunType::kBindingSuccess).seal(kOurs.pwd)), IceDrop::kUnexpected},
      {copy(build(StunType::kBindingError).error(400, "").seal("")), IceDrop::kUnexpected},
      {copy(build(static_cast<StunType>(0x0003)).username("gateway1:b").seal(kOurs.pwd)),
       IceDrop::kUnexpected},  // TURN Allocate
  };
  for (const auto& row : rows) {
    Lite lite;
    lite.receive(row.bytes, kHome);
    EXPECT_TRUE(lite.sink.sent.empty()) << to_hex(row.bytes);
    EXPECT_EQ(lite.agent.drops()[row.drop], 1u) << to_hex(row.bytes);
    EXPECT_EQ(lite.agent.state(), IceState::kWaiting);
    EXPECT_FALSE(lite.agent.is_proved(kHome, kStart));
    EXPECT_FALSE(lite.agent.selected().is_set());
  }
}

TEST(IceLite, NamesTheAttributesItDoesNotKnow) {
  std::array<uint8_t, 300> buffer;
  StunBuilder builder(buffer, StunType::kBindingRequest, {});
  // An attribute 0x7f01 made of an ERROR-CODE by renaming it.
  builder.error(400, "").username("gateway1:browser1");
  store_be16(&buffer[kStunHeaderSize], 0x7f01);
  const ByteSpan request = builder.seal(kOurs.pwd);
  Lite lite;
  lite.receive({request.begin(), request.end()}, kHome);
  ASSERT_EQ(lite.sink.sent.size(), 1u);
  const auto answer = parse_stun(lite.sink.sent[0].bytes);
  EXPECT_TRUE(answer->is(StunType::kBindingError));
  EXPECT_EQ(answer->error_code, 420);
  EXPECT_LE(lite.sink.sent[0].bytes.size(), request.size() + 60);
  EXPECT_NE(to_hex(lite.sink.sent[0].bytes).find("000a00027f01"), std::string::npos);
  EXPECT_EQ(lite.agent.state(), IceState::kWaiting) << "such a check proves nothing";
}

TEST(IceLite, RefusesToBeTheControllingSide) {
  std::array<uint8_t, 300> buffer;
  StunBuilder builder(buffer, StunType::kBindingRequest, {});
  const ByteSpan request =
      builder.username("gateway1:browser1").controlled(1).use_candidate().seal(kOurs.pwd);
  Lite lite;
  lite.receive({request.begin(), request.end()}, kHome);
  ASSERT_EQ(lite.sink.sent.size(), 1u);
  EXPECT_EQ(parse_stun(lite.sink.sent[0].bytes)->error_code, 487);
  EXPECT_EQ(lite.agent.state(), IceState::kWaiting);
}

TEST(IceLite, FollowsTheNomination) {
  const auto plain = Check().bytes();
  const auto nominating = Check{.nominate = Nominate::kYes}.bytes();
  struct Step {
    const std::vector<uint8_t>& check;
    SocketAddress from;
    SocketAddress selected;  // after it
  } const steps[] = {
      {plain, kHome, kHome},           // nothing nominated: the last one proved
      {plain, kMobile, kMobile},       //
      {nominating, kHome, kHome},      // regular nomination in a later check
      {plain, kMobile, kHome},         // another pair is kept alive, no more
      {nominating, kMobile, kMobile},  // the browser changed its network
      {plain, kMobile, kMobile},
  };
  Lite lite;
  for (const Step& step : steps) {
    lite.receive(step.check, step.from);
    EXPECT_EQ(lite.agent.selected(), step.selected);
  }
  EXPECT_TRUE(lite.agent.is_proved(kHome, kStart));
  EXPECT_TRUE(lite.agent.is_proved(kMobile, kStart));
  EXPECT_FALSE(lite.agent.is_proved(kGateway, kStart));
  EXPECT_FALSE(lite.agent.is_proved(SocketAddress(), kStart));
}

TEST(IceLite, FailsWithoutACheckInTime) {
  Lite lite;
  EXPECT_EQ(lite.agent.next_deadline(), kNever) << "the user may let it ring for long";
  lite.agent.set_remote(kTheirs, {}, kStart);
  EXPECT_EQ(lite.agent.next_deadline(), kStart + seconds(20));
  lite.agent.on_time(kStart + milliseconds(19'999), lite.sink);
  EXPECT_EQ(lite.agent.state(), IceState::kWaiting);
  lite.agent.on_time(kStart + seconds(20), lite.sink);
  EXPECT_EQ(lite.agent.state(), IceState::kFailed);
  EXPECT_EQ(lite.agent.next_deadline(), kNever);
}

TEST(IceLite, LosesConsentThirtySecondsAfterTheLastValidCheck) {
  Lite lite;
  lite.agent.set_remote(kTheirs, {}, kStart);
  const auto check = Check{.nominate = Nominate::kYes}.bytes();
  lite.receive(check, kHome, kStart);
  lite.receive(check, kHome, kStart + seconds(25));
  // Neither a wrong password nor a check from elsewhere is consent of the selected address.
  lite.receive(Check().bytes(), kMobile, kStart + seconds(30));
  lite.receive(Check{.to = {"", "wrong"}}.bytes(), kHome, kStart + seconds(50));
  EXPECT_EQ(lite.agent.next_deadline(), kStart + seconds(55));
  lite.agent.on_time(kStart + milliseconds(54'999), lite.sink);
  EXPECT_EQ(lite.agent.state(), IceState::kConnected);
  lite.agent.on_time(kStart + seconds(55), lite.sink);
  EXPECT_EQ(lite.agent.state(), IceState::kConsentLost);
  EXPECT_FALSE(lite.agent.is_proved(kHome, kStart + seconds(55)));
}

TEST(IceLite, LeavesANominatedAddressThatFellSilent) {
  // A browser with two interfaces that nominates both and then keeps the first alive.
  Lite lite;
  const auto nominating = Check{.nominate = Nominate::kYes}.bytes();
  lite.receive(nominating, kHome, kStart);
  lite.receive(nominating, kMobile, kStart);
  EXPECT_EQ(lite.agent.selected(), kMobile);
  for (int i = 1; i <= 20; ++i) {
    lite.receive(Check().bytes(), kHome, kStart + i * seconds(5));
    lite.agent.on_time(kStart + i * seconds(5), lite.sink);
  }
  EXPECT_EQ(lite.agent.selected(), kHome);
  EXPECT_EQ(lite.agent.state(), IceState::kConnected);
}

TEST(IceLite, RemembersAHandfulOfAddresses) {
  Lite lite;
  const auto check = Check{.nominate = Nominate::kYes}.bytes();
  for (uint16_t i = 1; i <= 1000; ++i) {
    const SocketAddress from(IpAddress::v4(203, 0, 113, 1), i);
    lite.receive(check, from, kStart + milliseconds(i));
    EXPECT_TRUE(lite.agent.is_proved(from, kStart + milliseconds(i)));
  }
  const SocketAddress first(IpAddress::v4(203, 0, 113, 1), 1);
  EXPECT_FALSE(lite.agent.is_proved(first, kStart + seconds(1)));
}

TEST(IceLite, OverTcpAndOverUdpOneAddressIsTwo) {
  Lite lite;
  const TransportAddress tcp(kHome, TransportProtocol::kTcp);
  lite.agent.receive(Check().bytes(), tcp, kStart, lite.sink);
  EXPECT_EQ(lite.sink.sent.at(0).to, tcp);
  EXPECT_EQ(lite.agent.selected(), tcp);
  EXPECT_TRUE(lite.agent.is_proved(tcp, kStart));
  EXPECT_FALSE(lite.agent.is_proved(kHome, kStart));
}

TEST(IceLite, AnAddressWhoseWayBrokeGivesPlaceToAnotherProvedOne) {
  Lite lite;
  const TransportAddress tcp(kHome, TransportProtocol::kTcp);
  lite.receive(Check().bytes(), kMobile);
  lite.agent.receive(Check{.nominate = Nominate::kYes}.bytes(), tcp, kStart + seconds(1),
                     lite.sink);
  ASSERT_EQ(lite.agent.selected(), tcp);
  lite.agent.forget(tcp, kStart + seconds(2));
  EXPECT_FALSE(lite.agent.is_proved(tcp, kStart + seconds(2)));
  EXPECT_EQ(lite.agent.selected(), kMobile);
  EXPECT_EQ(lite.agent.next_deadline(), kStart + kIceConsentLimit);
}

TEST(IceLite, WhenTheOnlyWayBrokeConsentRunsOnUntilAnotherIsProved) {
  Lite lite;
  const TransportAddress tcp(kHome, TransportProtocol::kTcp);
  const auto nominating = Check{.nominate = Nominate::kYes}.bytes();
  lite.agent.receive(nominating, tcp, kStart, lite.sink);
  lite.agent.forget(tcp, kStart + seconds(2));
  EXPECT_FALSE(lite.agent.selected().is_set());
  EXPECT_EQ(lite.agent.state(), IceState::kConnected);
  EXPECT_EQ(lite.agent.next_deadline(), kStart + kIceConsentLimit);

  const TransportAddress again(kMobile, TransportProtocol::kTcp);
  lite.agent.receive(Check().bytes(), again, kStart + seconds(5), lite.sink);
  EXPECT_EQ(lite.agent.selected(), again);
  lite.agent.forget(again, kStart + seconds(6));
  lite.agent.on_time(kStart + seconds(5) + kIceConsentLimit, lite.sink);
  EXPECT_EQ(lite.agent.state(), IceState::kConsentLost);
}

TEST(IceLite, AnswersOldAndNewCredentialsDuringARestart) {
  const IceCredentials renewed{"gateway2", "gatewaypasswordgatewayp2"};
  Lite lite;
  lite.receive(Check{.nominate = Nominate::kYes}.bytes(), kHome);
  lite.agent.restart(renewed);
  lite.receive(Check().bytes(), kHome);
  EXPECT_EQ(lite.sink.sent.size(), 2u) << "consent goes on under the old ones";
  EXPECT_EQ(lite.agent.selected(), kHome);

  const Check fresh{.to = renewed, .username = "gateway2:browser2"};
  lite.receive(fresh.bytes(), kMobile);
  EXPECT_EQ(lite.sink.sent.size(), 3u);
  EXPECT_EQ(lite.agent.selected(), kMobile) << "the nomination of before is void";
  lite.receive(Check().bytes(), kHome);
  EXPECT_EQ(lite.sink.sent.size(), 3u) << "the old ones are over";
}

TEST(IceLite, SurvivesRandomDatagrams) {
  Lite lite;
  SeededRandom random(3);
  std::vector<uint8_t> bytes;
  for (int i = 0; i < 20000; ++i) {
    bytes = Check().bytes();
    for (uint32_t n = 1 + random.below(4); n > 0; --n) {
      bytes[random.below(static_cast<uint32_t>(bytes.size() - 8))] ^=
          static_cast<uint8_t>(1u << random.below(8));
    }
    bytes.resize(bytes.size() - 4 * random.below(3));
    lite.receive(bytes, kHome);
  }
  // A bit may have been flipped back; all else must have been refused.
  EXPECT_LT(lite.sink.sent.size(), 20u);
}

TEST(IceCredentials, AreLongEnough) {
  SeededRandom random(1);
  const auto one = IceCredentials::generate(random), two = IceCredentials::generate(random);
  EXPECT_GE(one.ufrag.size(), 4u);
  EXPECT_GE(one.pwd.size(), 22u);
  EXPECT_NE(one, two);
}

struct Pair {
  explicit Pair(const Conditions& conditions = {}) : network(5, conditions) {
    place(lite, kGateway, to_browser);
    place(browser, kHome, to_gateway);
  }
  void place(IceAgent& agent, const SocketAddress& own, NetworkSink& sink) {
    network.place(own, {.receive =
                            [&](MutableByteSpan bytes, const SocketAddress& from) {
                              agent.receive(bytes, from, network.now(), sink);
                            },
                        .on_time = [&] { agent.on_time(network.now(), sink); },
                        .next_deadline = [&] { return agent.next_deadline(); }});
  }
  void start() {
    lite.set_remote(kTheirs, {}, network.now());
    browser.set_remote(kOurs, kGateway, network.now());
  }
  bool is_connected() const {
    return lite.state() == IceState::kConnected && browser.state() == IceState::kConnected;
  }

  SeededRandom random{9};
  VirtualNetwork network;
  NetworkSink to_browser{network, kGateway};
  NetworkSink to_gateway{network, kHome};
  IceLite lite{kOurs};
  IceControlling browser{kTheirs, random};
};

TEST(IceControlling, ConnectsToTheLiteSideAndKeepsItsConsent) {
  for (const double loss : {0.0, 0.3}) {
    Pair pair({.loss = loss, .delay = milliseconds(30)});
    pair.start();
    ASSERT_TRUE(pair.network.run(seconds(5), [&] { return pair.is_connected(); }));
    EXPECT_EQ(pair.lite.selected(), kHome);
    EXPECT_EQ(pair.browser.selected(), kGateway);
    EXPECT_FALSE(pair.network.run(seconds(300), [&] { return !pair.is_connected(); }));
  }
}

TEST(IceControlling, BothSidesEndWhenTheNetworkDoes) {
  Pair pair;
  pair.start();
  ASSERT_TRUE(pair.network.run(seconds(5), [&] { return pair.is_connected(); }));
  pair.network.set_conditions({.loss = 1});
  const MonoTime cut = pair.network.now();
  EXPECT_TRUE(pair.network.run(seconds(60), [&] {
    return pair.lite.state() == IceState::kConsentLost &&
           pair.browser.state() == IceState::kConsentLost;
  }));
  EXPECT_GE(pair.network.now() - cut, seconds(27));
  EXPECT_LE(pair.network.now() - cut, seconds(30));
}

TEST(IceControlling, FailsWithoutAnswer) {
  Pair pair({.loss = 1});
  pair.start();
  pair.network.run(seconds(21));
  EXPECT_EQ(pair.browser.state(), IceState::kFailed);
  EXPECT_EQ(pair.lite.state(), IceState::kFailed);
}

TEST(IceControlling, BelievesOnlySignedAnswersToItsOwnChecks) {
  SeededRandom random(1);
  IceControlling browser(kTheirs, random);
  RecordingSink sink;
  browser.set_remote(kOurs, kGateway, kStart);
  browser.on_time(kStart, sink);
  const auto check = parse_stun(sink.sent.at(0).bytes);
  EXPECT_TRUE(check->use_candidate);
  EXPECT_EQ(check->local_ufrag(), kOurs.ufrag);

  const auto answer = [&](const StunTransaction& transaction, const std::string& pwd,
                          const SocketAddress& from) {
    std::array<uint8_t, 200> buffer;
    StunBuilder builder(buffer, StunType::kBindingSuccess, transaction);
    browser.receive(builder.xor_mapped(kHome).seal(pwd), from, kStart, sink);
    return browser.state();
  };
  EXPECT_EQ(answer({1, 2, 3}, kOurs.pwd, kGateway), IceState::kWaiting);
  EXPECT_EQ(answer({}, kOurs.pwd, kGateway), IceState::kWaiting) << "an unused place of the ring";
  EXPECT_EQ(answer(check->transaction, "wrong", kGateway), IceState::kWaiting);
  EXPECT_EQ(answer(check->transaction, kOurs.pwd, kMobile), IceState::kWaiting);
  EXPECT_EQ(answer(check->transaction, kOurs.pwd, kGateway), IceState::kConnected);
}

}  // namespace
}  // namespace patchcord::rtc

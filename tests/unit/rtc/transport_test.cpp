// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/transport.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "rtc/demux.h"
#include "rtc/stun.h"
#include "virtual_network.h"

namespace patchcord::rtc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Bytes = std::vector<uint8_t>;

const SocketAddress kGateway = *SocketAddress::parse("192.0.2.1:10000");
const SocketAddress kHome = *SocketAddress::parse("192.0.2.2:20000");
const SocketAddress kMobile = *SocketAddress::parse("198.51.100.3:30000");
const SocketAddress kAttacker = *SocketAddress::parse("203.0.113.66:6666");

struct Identity {
  Certificate certificate = Certificate::generate(WallTime(std::chrono::hours(24 * 20000))).value();
  DtlsContext context = DtlsContext::create(certificate).value();
};
const Identity& gateway_identity() {
  static const Identity kIdentity;
  return kIdentity;
}
const Identity& browser_identity() {
  static const Identity kIdentity;
  return kIdentity;
}

// A transport at an address, with a diary.
struct Peer {
  Peer(VirtualNetwork& network_, const SocketAddress& own, const Identity& identity, IceRole role,
       Random& random)
      : network(network_),
        sink(network_, own),
        local(IceCredentials::generate(random)),
        transport(identity.context, role, local, random) {
    move_to(own);
  }

  void move_to(const SocketAddress& own) {
    address = own;
    sink = NetworkSink(network, own);
    network.place(own, {.receive = [this](MutableByteSpan bytes,
                                          const SocketAddress& from) { receive(bytes, from); },
                        .on_time =
                            [this] {
                              transport.on_time(network.now(), sink);
                              note();
                            },
                        .next_deadline = [this] { return transport.next_deadline(); }});
  }

  void receive(MutableByteSpan bytes, const SocketAddress& from) {
    const Received got = transport.receive(bytes, from, network.now(), sink);
    if (got.kind == Received::Kind::kRtp) rtp.emplace_back(got.packet.begin(), got.packet.end());
    if (got.kind == Received::Kind::kRtcp) rtcp.emplace_back(got.packet.begin(), got.packet.end());
    note();
  }

  void note() {
    while (const auto event = transport.poll_event()) events.push_back(*event);
  }
  bool saw(TransportEvent event) const {
    return std::find(events.begin(), events.end(), event) != events.end();
  }

  bool send(Bytes packet, bool is_rtcp = false) {
    const size_t size = packet.size();
    packet.resize(size + kSrtpMaxTrailer);
    const auto sealed =
        is_rtcp ? transport.protect_rtcp(packet, size) : transport.protect_rtp(packet, size);
    if (!sealed) return false;
    network.send(address, transport.remote().address, *sealed);
    return true;
  }

  VirtualNetwork& network;
  SocketAddress address;
  NetworkSink sink{network, {}};
  IceCredentials local;
  Transport transport;
  std::vector<TransportEvent> events;
  std::vector<Bytes> rtp, rtcp;
};

struct Call {
  explicit Call(uint64_t seed = 1, const Conditions& conditions = {})
      : random(seed), network(seed, conditions) {}

  RemoteParameters of_browser() const {
    return {.ice = browser.local,
            .fingerprints = {browser_identity().certificate.fingerprint()},
            .our_role = DtlsRole::kServer,
            .candidate = {}};
  }
  RemoteParameters of_gateway() const {
    return {.ice = gateway.local,
            .fingerprints = {gateway_identity().certificate.fingerprint()},
            .our_role = DtlsRole::kClient,
            .candidate = kGateway};
  }
  void tell_gateway(const RemoteParameters& remote) {
    gateway.transport.set_remote(remote, network.now(), gateway.sink);
    gateway.note();
  }
  void tell_browser(const RemoteParameters& remote) {
    browser.transport.set_remote(remote, network.now(), browser.sink);
    browser.note();
  }
  bool is_connected() const {
    return gateway.transport.is_connected() && browser.transport.is_connected();
  }
  bool connect(Duration limit = seconds(10)) {
    tell_gateway(of_browser());
    tell_browser(of_gateway());
    return network.run(limit, [&] { return is_connected(); });
  }

  SeededRandom random;
  VirtualNetwork network;
  Peer gateway{network, kGateway, gateway_identity(), IceRole::kLite, random};
  Peer browser{network, kHome, browser_identity(), IceRole::kControlling, random};
};

Bytes rtp(uint16_t sequence) {
  Bytes out = from_hex("8008 0000 00000000 00000007 d5d5d5d5 d5d5d5d5");
  store_be16(&out[2], sequence);
  return out;
}
Bytes rtcp() {
  return from_hex("81c90007 00000007 00000001 00000000 00000000 00000000 00000000 00000000");
}

TEST(Demux, SortsEveryFirstByte) {
  for (int first = 0; first < 256; ++first) {
    const Bytes media{static_cast<uint8_t>(first), 111};
    const Bytes control{static_cast<uint8_t>(first), 200};
    Protocol expected = Protocol::kNone;
    if (first <= 3) expected = Protocol::kStun;
    if (first >= 20 && first <= 63) expected = Protocol::kDtls;
    if (first >= 128 && first <= 191) expected = Protocol::kRtp;
    EXPECT_EQ(protocol_of(media), expected) << first;
    if (expected == Protocol::kRtp) expected = Protocol::kRtcp;
    EXPECT_EQ(protocol_of(control), expected) << first;
  }
  EXPECT_EQ(protocol_of({}), Protocol::kNone);
  EXPECT_EQ(protocol_of(Bytes{0x80}), Protocol::kNone);
  EXPECT_EQ(protocol_of(Bytes{0x80, 0x80 | 96}), Protocol::kRtp) << "with the marker";
  EXPECT_EQ(protocol_of(Bytes{0x80, 223}), Protocol::kRtcp);
  EXPECT_EQ(protocol_of(Bytes{0x80, 191}), Protocol::kRtp);
}

TEST(Transport, ConnectsAndCarriesMediaBothWays) {
  Call call;
  const MonoTime before = call.network.now();
  ASSERT_TRUE(call.connect());
  EXPECT_EQ(call.network.now() - before, milliseconds(60)) << "a check, then two round trips";
  const std::vector<TransportEvent> expected{TransportEvent::kIceConnected,
                                             TransportEvent::kConnected};
  EXPECT_EQ(call.gateway.events, expected);
  EXPECT_EQ(call.browser.events, expected);
  EXPECT_EQ(call.gateway.transport.remote(), kHome);

  for (uint16_t i = 0; i < 10; ++i) {
    EXPECT_TRUE(call.gateway.send(rtp(i)));
    EXPECT_TRUE(call.browser.send(rtp(static_cast<uint16_t>(100 + i))));
  }
  EXPECT_TRUE(call.gateway.send(rtcp(), true));
  EXPECT_TRUE(call.browser.send(rtcp(), true));
  call.network.run(milliseconds(20));
  ASSERT_EQ(call.browser.rtp.size(), 10u);
  ASSERT_EQ(call.gateway.rtp.size(), 10u);
  EXPECT_EQ(call.browser.rtp[3], rtp(3));
  EXPECT_EQ(call.gateway.rtp[3], rtp(103));
  EXPECT_EQ(call.browser.rtcp, std::vector<Bytes>{rtcp()});
  EXPECT_EQ(call.gateway.rtcp, std::vector<Bytes>{rtcp()});
}

TEST(Transport, ConnectsAsTheDtlsClientToo) {
  Call call;
  RemoteParameters browser = call.of_browser(), gateway = call.of_gateway();
  browser.our_role = DtlsRole::kClient;
  gateway.our_role = DtlsRole::kServer;
  call.tell_gateway(browser);
  call.tell_browser(gateway);
  EXPECT_TRUE(call.network.run(seconds(5), [&] { return call.is_connected(); }));
}

TEST(Transport, ConnectsOnABadNetwork) {
  for (const double loss : {0.05, 0.1, 0.2, 0.3}) {
    for (uint64_t seed = 1; seed <= 25; ++seed) {
      Call call(
          seed,
          {.loss = loss, .duplicate = 0.1, .delay = milliseconds(20), .jitter = milliseconds(60)});
      EXPECT_TRUE(call.connect()) << "loss " << loss << " seed " << seed << ": "
                                  << call.gateway.transport.failure() << " / "
                                  << call.browser.transport.failure();
    }
  }
}

TEST(Transport, IsNotConnectedBeforeTheFingerprintIsKnown) {
  Call call;
  call.tell_browser(call.of_gateway());  // its answer to us is still on the way
  call.network.run(seconds(2));
  EXPECT_FALSE(call.gateway.transport.is_connected());
  EXPECT_TRUE(call.gateway.saw(TransportEvent::kIceConnected));
  EXPECT_FALSE(call.gateway.send(rtp(1)));
  EXPECT_TRUE(call.browser.send(rtp(1)));
  call.network.run(milliseconds(50));
  EXPECT_TRUE(call.gateway.rtp.empty());
  EXPECT_EQ(call.gateway.transport.drops()[TransportDrop::kTooEarly], 1u);

  call.tell_gateway(call.of_browser());
  EXPECT_TRUE(call.gateway.transport.is_connected()) << "at once: the handshake is done";
}

TEST(Transport, RefusesAnotherCertificate) {
  struct {
    std::vector<std::string> fingerprints;
    bool connects;
  } const rows[] = {
      {{browser_identity().certificate.fingerprint()}, true},
      {{gateway_identity().certificate.fingerprint()}, false},
      {{}, false},
      {{"sha-1 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33"}, false},
      {{"rubbish"}, false},
      {{gateway_identity().certificate.fingerprint(), browser_identity().certificate.fingerprint()},
       true},
      {{"sha-1 00:11", browser_identity().certificate.fingerprint()}, true},
  };
  for (const auto& row : rows) {
    for (const bool late : {false, true}) {
      Call call;
      RemoteParameters remote = call.of_browser();
      remote.fingerprints = row.fingerprints;
      call.tell_browser(call.of_gateway());
      if (late) call.network.run(seconds(1));
      call.tell_gateway(remote);
      call.network.run(seconds(1));
      EXPECT_EQ(call.gateway.transport.is_connected(), row.connects);
      EXPECT_EQ(call.gateway.saw(TransportEvent::kFingerprintFailed), !row.connects);
      EXPECT_EQ(call.gateway.transport.failure().empty(), row.connects);
      EXPECT_EQ(call.gateway.send(rtp(1)), row.connects);
    }
  }
}

TEST(Transport, RefusesTwoClients) {
  Call call;
  call.tell_browser(call.of_gateway());
  call.network.run(seconds(1));
  RemoteParameters remote = call.of_browser();
  remote.our_role = DtlsRole::kClient;
  call.tell_gateway(remote);
  EXPECT_TRUE(call.gateway.saw(TransportEvent::kDtlsFailed));
}

// The ClientHello race: whoever is first must not own the handshake.
TEST(Transport, IgnoresClientHellosFromUnprovedAddresses) {
  RecordingSink hello;
  Dtls attacker(browser_identity().context, DtlsRole::kClient);
  attacker.start(MonoTime(), {hello, kGateway});
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Call call(seed);
    size_t answers = 0;
    call.network.place(kAttacker,
                       {.receive = [&](MutableByteSpan, const SocketAddress&) { ++answers; },
                        .on_time = [] {},
                        .next_deadline = [] { return kNever; }});
    const auto spray = [&] { call.network.send(kAttacker, kGateway, hello.sent[0].bytes); };
    spray();  // before any check
    call.network.run(milliseconds(30));
    call.tell_gateway(call.of_browser());
    call.tell_browser(call.of_gateway());
    EXPECT_TRUE(call.network.run(seconds(5), [&] {
      if (!call.is_connected()) spray();
      return call.is_connected();
    }));
    spray();  // after completion
    call.network.run(milliseconds(30));
    EXPECT_TRUE(call.is_connected());
    EXPECT_EQ(answers, 0u);
    EXPECT_GE(call.gateway.transport.drops()[TransportDrop::kUnprovedAddress], 3u);
  }
}

TEST(Transport, TakesNoMediaFromUnprovedAddresses) {
  Call call;
  ASSERT_TRUE(call.connect());
  Bytes packet = rtp(1);
  packet.resize(packet.size() + kSrtpMaxTrailer);
  const auto sealed = *call.browser.transport.protect_rtp(packet, rtp(1).size());
  call.network.send(kAttacker, kGateway, sealed);
  call.network.run(milliseconds(20));
  EXPECT_TRUE(call.gateway.rtp.empty());
  EXPECT_EQ(call.gateway.transport.drops()[TransportDrop::kUnprovedAddress], 1u);
  EXPECT_EQ(call.gateway.transport.remote(), kHome);
  call.network.send(kHome, kGateway, sealed);
  call.network.run(milliseconds(20));
  EXPECT_EQ(call.gateway.rtp.size(), 1u) << "nor did it burn the packet for its owner";
}

TEST(Transport, SurvivesGarbageInTheCall) {
  Call call;
  ASSERT_TRUE(call.connect());
  SeededRandom random(4);
  for (uint16_t i = 0; i < 2000; ++i) {
    Bytes junk(1 + random.below(300));
    random.fill(junk);
    call.network.send(random.below(2) ? kHome : kAttacker, kGateway, junk);
    if (i % 10 == 0) call.browser.send(rtp(i));
    call.network.run(milliseconds(1));
  }
  call.network.run(milliseconds(20));
  EXPECT_TRUE(call.is_connected());
  EXPECT_EQ(call.gateway.rtp.size(), 200u);
  EXPECT_GT(call.gateway.transport.received_drops().total(), 0u);
}

TEST(Transport, FollowsABrowserToAnotherNetwork) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.browser.move_to(kMobile);
  call.browser.transport.restart_ice(call.browser.local, call.of_gateway(), call.network.now());
  EXPECT_TRUE(
      call.network.run(seconds(3), [&] { return call.gateway.transport.remote() == kMobile; }));
  EXPECT_TRUE(call.gateway.send(rtp(1)));
  EXPECT_TRUE(call.browser.send(rtp(2)));
  call.network.run(milliseconds(20));
  EXPECT_EQ(call.browser.rtp.size(), 1u);
  EXPECT_EQ(call.gateway.rtp.size(), 1u);
}

TEST(Transport, RestartsIceUnderNewCredentials) {
  Call call;
  ASSERT_TRUE(call.connect());
  const auto ours = IceCredentials::generate(call.random);
  const auto theirs = IceCredentials::generate(call.random);
  RemoteParameters browser = call.of_browser(), gateway = call.of_gateway();
  browser.ice = theirs;
  gateway.ice = ours;
  call.gateway.transport.restart_ice(ours, browser, call.network.now());
  call.browser.move_to(kMobile);
  call.browser.transport.restart_ice(theirs, gateway, call.network.now());
  EXPECT_TRUE(
      call.network.run(seconds(3), [&] { return call.gateway.transport.remote() == kMobile; }));
  EXPECT_TRUE(call.is_connected()) << "DTLS knows nothing of it";
}

TEST(Transport, LosesConsentAndStopsSending) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.network.set_conditions({.loss = 1});
  call.network.run(seconds(26));
  EXPECT_TRUE(call.gateway.send(rtp(1)));
  call.network.run(seconds(5));
  EXPECT_TRUE(call.gateway.saw(TransportEvent::kConsentLost));
  EXPECT_TRUE(call.browser.saw(TransportEvent::kConsentLost));
  EXPECT_FALSE(call.gateway.send(rtp(2)));
  EXPECT_EQ(call.gateway.transport.next_deadline(), kNever);
}

TEST(Transport, SurvivesACutOfTwentySeconds) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.network.set_conditions({.loss = 1});
  call.network.run(seconds(20));
  call.network.set_conditions({});
  call.network.run(seconds(60));
  EXPECT_TRUE(call.is_connected());
}

TEST(Transport, TellsThatThePeerClosed) {
  for (const bool by_gateway : {false, true}) {
    Call call;
    ASSERT_TRUE(call.connect());
    Peer& first = by_gateway ? call.gateway : call.browser;
    Peer& second = by_gateway ? call.browser : call.gateway;
    first.transport.close(first.sink);
    EXPECT_FALSE(first.send(rtp(1)));
    EXPECT_TRUE(
        call.network.run(seconds(1), [&] { return second.saw(TransportEvent::kClosedByPeer); }));
    EXPECT_FALSE(second.send(rtp(1)));
  }
}

TEST(Transport, FailsWithoutAnyCheck) {
  Call call(1, {.loss = 1});
  call.connect(seconds(21));
  EXPECT_EQ(call.gateway.events, std::vector{TransportEvent::kIceFailed});
  EXPECT_EQ(call.browser.events, std::vector{TransportEvent::kIceFailed});
}

TEST(Transport, FailsIfTheHandshakeNeverComes) {
  Call call;
  RemoteParameters remote = call.of_gateway();
  remote.our_role = DtlsRole::kServer;  // both wait
  call.tell_gateway(call.of_browser());
  call.tell_browser(remote);
  call.network.run(seconds(11));
  EXPECT_TRUE(call.gateway.saw(TransportEvent::kDtlsFailed));
  EXPECT_NE(call.gateway.transport.failure(), "");
}

TEST(Transport, NothingIsAnsweredAfterClose) {
  Call call;
  ASSERT_TRUE(call.connect());
  call.gateway.transport.close(call.gateway.sink);
  const size_t sent = call.network.sent();
  call.network.run(seconds(3));
  EXPECT_LE(call.network.sent(), sent + 2) << "the browser's last check at most";
  EXPECT_EQ(call.gateway.transport.next_deadline(), kNever);
}

// safety.md row F-08: nothing that cannot sign gets an answer.
TEST(Transport, AnswersNoneOfAMillionRandomDatagrams) {
  SeededRandom random(6);
  RecordingSink sink;
  Transport transport(gateway_identity().context, IceRole::kLite, IceCredentials::generate(random),
                      random);
  Bytes junk;
  for (int i = 0; i < 1'000'000; ++i) {
    junk.resize(random.below(40));
    random.fill(junk);
    if (!junk.empty()) junk[0] = static_cast<uint8_t>(i);
    if (i % 4 == 0 && junk.size() >= 20) {  // a header that is almost STUN
      junk[0] = 0;
      junk[1] = 1;
      store_be16(&junk[2], static_cast<uint16_t>(junk.size() - 20));
      store_be32(&junk[4], 0x2112a442);
    }
    EXPECT_EQ(transport.receive(junk, kAttacker, MonoTime(), sink).kind, Received::Kind::kNothing);
  }
  EXPECT_TRUE(sink.sent.empty());
  EXPECT_FALSE(transport.poll_event());
  EXPECT_GT(transport.drops()[TransportDrop::kUnknownProtocol], 0u);
  EXPECT_GT(transport.drops()[TransportDrop::kUnprovedAddress], 0u);
  EXPECT_GT(transport.drops()[TransportDrop::kTooEarly], 0u);
  EXPECT_GT(transport.ice_drops()[IceDrop::kMalformed], 0u);
  EXPECT_GT(transport.ice_drops()[IceDrop::kUnauthorized], 0u);
}

}  // namespace
}  // namespace patchcord::rtc

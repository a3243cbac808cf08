// SPDX-License-Identifier: GPL-3.0-or-later
// Transport over the loopback: two of them talk by UDP and TCP; a plain socket sends what no good
// peer would.
#include "sip/transport.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <vector>

#include "test_loop.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);

struct Ear final : TransportListener {
  void on_received(ByteSpan bytes, const Target& from) override {
    heard.emplace_back(as_text(bytes));
    froms.push_back(from);
  }
  void on_transport_error(const Target& target, const TransportFault& fault) override {
    errors.push_back(target);
    faults.push_back(fault);
  }
  std::vector<std::string> heard;
  std::vector<Target> froms;
  std::vector<Target> errors;
  std::vector<TransportFault> faults;
};

struct Side {
  explicit Side(TestLoop& loop) : transport(loop.io, loop, ear) {}
  Target at(TransportKind kind) const { return {kind, transport.bound(kind), {}}; }
  Ear ear;
  Transport transport;
};

struct TransportTest : testing::Test {
  void SetUp() override {
    for (Side* side : {&a, &b}) {
      for (const auto kind : {TransportKind::kUdp, TransportKind::kTcp}) {
        ASSERT_TRUE(side->transport.listen({kind, {kLoopback, 0}, {}}).ok());
      }
    }
  }
  TestLoop loop;
  Side a{loop};
  Side b{loop};
};

std::string message(int n, std::string body = "") {
  return "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nCSeq: " + std::to_string(n) +
         " OPTIONS\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(TransportTest, DatagramsGoBothWays) {
  a.transport.send(b.at(TransportKind::kUdp), as_bytes("ping"));
  ASSERT_TRUE(loop.run_until([&] { return !b.ear.heard.empty(); }));
  EXPECT_EQ(b.ear.heard[0], "ping");
  EXPECT_EQ(b.ear.froms[0], a.at(TransportKind::kUdp));
  b.transport.send(b.ear.froms[0], as_bytes("pong"));
  ASSERT_TRUE(loop.run_until([&] { return !a.ear.heard.empty(); }));
  EXPECT_EQ(a.ear.heard[0], "pong");
}

TEST_F(TransportTest, ABurstIsReadWhole) {
  for (int i = 0; i < 300; ++i) {
    a.transport.send(b.at(TransportKind::kUdp), as_bytes(std::to_string(i)));
  }
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 300; }));
  EXPECT_EQ(b.ear.heard[299], "299");
}

TEST_F(TransportTest, ATcpConnectionIsDialledOnceAndAnsweredOverIt) {
  for (int i = 0; i < 3; ++i) {
    a.transport.send(b.at(TransportKind::kTcp), as_bytes(message(i, std::string(5000, 'x'))));
  }
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 3; }));
  EXPECT_EQ(b.ear.heard[2], message(2, std::string(5000, 'x')));
  EXPECT_EQ(b.transport.connection_count(), 1u);
  EXPECT_NE(b.ear.froms[0].connection, SocketId());
  b.transport.send(b.ear.froms[0], as_bytes(message(9)));
  ASSERT_TRUE(loop.run_until([&] { return !a.ear.heard.empty(); }));
  EXPECT_EQ(a.ear.heard[0], message(9));
  EXPECT_EQ(a.transport.connection_count(), 1u);
}

TEST_F(TransportTest, ARefusedConnectionIsAnErrorOfThatTarget) {
  asio::ip::tcp::acceptor closed(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
  const Target target{TransportKind::kTcp, {kLoopback, closed.local_endpoint().port()}, {}};
  closed.close();
  a.transport.send(target, as_bytes(message(1)));
  EXPECT_TRUE(a.ear.errors.empty());  // never from inside send()
  ASSERT_TRUE(loop.run_until([&] { return a.ear.errors.size() == 1; }));
  EXPECT_EQ(a.ear.errors[0], target);
  EXPECT_EQ(a.ear.faults[0].kind, TransportFault::Kind::kUnreachable);
  EXPECT_EQ(a.transport.connection_count(), 0u);
}

TEST_F(TransportTest, AnEndedConnectionIsToldAndNotUsedAgain) {
  asio::ip::tcp::socket peer(loop.io);
  peer.connect(
      {asio::ip::make_address("127.0.0.1"), b.transport.bound(TransportKind::kTcp).port()});
  asio::write(peer, asio::buffer(message(1)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 1; }));
  const Target from = b.ear.froms[0];
  peer.close();
  ASSERT_TRUE(loop.run_until([&] { return !b.ear.errors.empty(); }));
  EXPECT_EQ(b.ear.errors[0], from);
  b.transport.send(from, as_bytes("late"));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.errors.size() == 2; }));
}

TEST_F(TransportTest, AFramingFaultIsHandedOverOnceAndEndsTheConnection) {
  asio::ip::tcp::socket peer(loop.io);
  peer.connect(
      {asio::ip::make_address("127.0.0.1"), b.transport.bound(TransportKind::kTcp).port()});
  const std::string bad =
      "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nContent-Length: -1\r\n\r\n" + message(2);
  asio::write(peer, asio::buffer(bad));
  ASSERT_TRUE(
      loop.run_until([&] { return b.transport.counters()[TransportEvent::kFramingFault] == 1; }));
  ASSERT_TRUE(loop.run_until([&] { return b.transport.connection_count() == 0; }));
  EXPECT_LE(b.ear.heard.size(), 1u);  // and never what follows it
}

TEST_F(TransportTest, AnIcmpErrorIsToldOfItsTargetAndStopsNothing) {
  asio::ip::udp::socket closed(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
  const Target nobody{TransportKind::kUdp, {kLoopback, closed.local_endpoint().port()}, {}};
  closed.close();
  a.transport.send(nobody, as_bytes("x"));
  ASSERT_TRUE(loop.run_until([&] { return !a.ear.errors.empty(); }));
  EXPECT_EQ(a.ear.errors[0], nobody);
  EXPECT_EQ(a.ear.faults[0].kind, TransportFault::Kind::kRefused);
  a.transport.send(nobody, as_bytes("x"));
  a.transport.send(b.at(TransportKind::kUdp), as_bytes("not lost with it"));
  ASSERT_TRUE(loop.run_until([&] { return !b.ear.heard.empty(); }));
  EXPECT_EQ(b.ear.heard[0], "not lost with it");
}

TEST_F(TransportTest, AFlowWhosePongsStopIsDeadOneThatNeverPongedIsNot) {
  Ear ear;
  Transport hasty(loop.io, loop, ear, {.pong = 100ms});
  asio::ip::tcp::acceptor far(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
  const Target target{TransportKind::kTcp, {kLoopback, far.local_endpoint().port()}, {}};
  hasty.send(target, as_bytes(message(1)));
  asio::ip::tcp::socket peer = far.accept();
  hasty.send(target, as_bytes("\r\n\r\n"));
  loop.run_until([] { return false; }, 1200ms);
  EXPECT_TRUE(ear.errors.empty());
  asio::write(peer, asio::buffer(std::string("\r\n")));
  loop.run_until([] { return false; }, 100ms);
  hasty.send(target, as_bytes("\r\n\r\n"));
  ASSERT_TRUE(loop.run_until([&] { return !ear.errors.empty(); }, 20s));
  EXPECT_EQ(hasty.counters()[TransportEvent::kFlowDead], 1u);
}

TEST_F(TransportTest, APeerThatDoesNotReadIsGivenUp) {
  asio::ip::tcp::acceptor far(loop.io, {asio::ip::make_address("127.0.0.1"), 0});
  const Target target{TransportKind::kTcp, {kLoopback, far.local_endpoint().port()}, {}};
  a.transport.send(target, as_bytes(message(1)));
  const asio::ip::tcp::socket peer = far.accept();
  const std::string large = message(2, std::string(60000, 'x'));
  for (int i = 0; i < 200 && a.ear.errors.empty(); ++i) {
    a.transport.send(target, as_bytes(large));
    loop.run_until([] { return false; }, 1ms);
  }
  EXPECT_FALSE(a.ear.errors.empty());
  EXPECT_GE(a.transport.counters()[TransportEvent::kSendDropped], 1u);
}

TEST_F(TransportTest, OverIpv6) {
  Side six(loop);
  const IpAddress loopback = *IpAddress::parse("::1");
  for (const auto kind : {TransportKind::kUdp, TransportKind::kTcp}) {
    ASSERT_TRUE(six.transport.listen({kind, {loopback, 0}, {}}).ok());
  }
  Side other(loop);
  ASSERT_TRUE(other.transport.listen({TransportKind::kUdp, {loopback, 0}, {}}).ok());
  for (const auto kind : {TransportKind::kUdp, TransportKind::kTcp}) {
    other.transport.send(six.at(kind), as_bytes(message(1)));
    ASSERT_TRUE(loop.run_until([&] { return six.ear.heard.size() == 1; }));
    EXPECT_EQ(six.ear.froms[0].address.ip(), loopback);
    six.ear.heard.clear();
    six.ear.froms.clear();
  }
}

TEST_F(TransportTest, AKeepAliveIsAnsweredWithAPong) {
  asio::ip::tcp::socket peer(loop.io);
  peer.connect(
      {asio::ip::make_address("127.0.0.1"), b.transport.bound(TransportKind::kTcp).port()});
  asio::write(peer, asio::buffer(std::string("\r\n\r\n")));
  std::string got(2, ' ');
  bool read = false;
  asio::async_read(peer, asio::buffer(got), [&](auto, size_t) { read = true; });
  ASSERT_TRUE(loop.run_until([&] { return read; }));
  EXPECT_EQ(got, "\r\n");
  EXPECT_TRUE(b.ear.heard.empty());
}

TEST_F(TransportTest, OneSourceDoesNotTakeAllConnections) {
  std::vector<asio::ip::tcp::socket> peers;
  for (int i = 0; i < 110; ++i) {
    peers.emplace_back(loop.io);
    peers.back().connect(
        {asio::ip::make_address("127.0.0.1"), b.transport.bound(TransportKind::kTcp).port()});
  }
  ASSERT_TRUE(loop.run_until(
      [&] { return b.transport.counters()[TransportEvent::kTooManyConnections] == 10; }));
  EXPECT_EQ(b.transport.connection_count(), 100u);
}

TEST_F(TransportTest, LocalAddressIsBoundAdvertisedOrByTheRoute) {
  const Target peer{TransportKind::kUdp, {kLoopback, 5060}, {}};
  EXPECT_EQ(a.transport.local_address(peer), a.transport.bound(TransportKind::kUdp));
  Side all(loop);
  ASSERT_TRUE(all.transport.listen({TransportKind::kUdp, {IpAddress::v4(0, 0, 0, 0), 0}, {}}).ok());
  EXPECT_EQ(all.transport.local_address(peer).ip(), kLoopback);
  Side nat(loop);
  const IpAddress outside = IpAddress::v4(203, 0, 113, 5);
  ASSERT_TRUE(nat.transport.listen({TransportKind::kUdp, {kLoopback, 0}, outside}).ok());
  EXPECT_EQ(nat.transport.local_address(peer),
            SocketAddress(outside, nat.transport.bound(TransportKind::kUdp).port()));
}

TEST_F(TransportTest, WhatCannotBeListenedOnIsAnError) {
  Side other(loop);
  const auto taken =
      other.transport.listen({TransportKind::kUdp, a.transport.bound(TransportKind::kUdp), {}});
  EXPECT_EQ(taken.error().code, ErrorCode::kNetwork);
  const auto tls = other.transport.listen({TransportKind::kTls, {kLoopback, 0}, {}});
  EXPECT_EQ(tls.error().code, ErrorCode::kState);  // without a certificate
  const Target nowhere{TransportKind::kUdp, b.transport.bound(TransportKind::kUdp), {}};
  other.transport.send(nowhere, as_bytes("x"));  // it has no socket
  ASSERT_TRUE(loop.run_until([&] { return other.ear.errors.size() == 1; }));
}

}  // namespace
}  // namespace patchcord::sip

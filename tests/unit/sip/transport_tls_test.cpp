// SPDX-License-Identifier: GPL-3.0-or-later
// SIP over TLS: the session without a socket, whose certificate is taken and whose is not (RFC
// 5922), and the transport on the loopback against good and bad peers.
#include "sip/transport_tls.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <vector>

#include "sip/transport.h"
#include "test_loop.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Kind = TransportFault::Kind;
using State = TlsSession::State;

const std::filesystem::path kFolder = PATCHCORD_SOURCE_DIR "/tests/corpora/tls";
const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);

TlsConfig config_of(const std::string& certificate) {
  return {.certificate = kFolder / (certificate + ".crt"),
          .key = kFolder / "test.key",
          .is_shown_to_servers = true,
          .authorities = {{"*", kFolder / "ca.crt"}}};
}

// What a caller who looks for `name` says of that server.
TransportFault meet(const std::string& certificate, const std::string& name,
                    const TlsConfig& caller = config_of("sip")) {
  auto server_context = TlsContexts::make(config_of(certificate));
  auto caller_context = TlsContexts::make(caller);
  EXPECT_TRUE(server_context.ok() && caller_context.ok());
  TlsSession server = server_context->accept();
  TlsSession client = caller_context->dial(name);
  client.send("hello");
  for (int i = 0; i < 10; ++i) {
    server.receive(client.take_wire());
    client.receive(server.take_wire());
  }
  if (client.state() == State::kOpen) {
    EXPECT_EQ(server.take_plain(), "hello");
    return {Kind::kClosed, "open"};
  }
  EXPECT_EQ(server.take_plain(), "") << "not a byte before the name is proven";
  return client.fault();
}

TEST(Tls, TheNameIsThatOfTheRequestNotOfTheCertificatesOwner) {
  EXPECT_EQ(meet("sip", "sip.test").text, "open");
  EXPECT_EQ(meet("sip", "SIP.Test").text, "open");
  EXPECT_EQ(meet("sip", "127.0.0.1").text, "open");
  EXPECT_EQ(meet("sip", "::1").text, "open");
  const TransportFault wrong = meet("sip", "other.test");
  EXPECT_EQ(wrong.kind, Kind::kUntrusted);
  EXPECT_EQ(wrong.text, "the certificate is of sip.test, 127.0.0.1, ::1, not of other.test");
  EXPECT_EQ(meet("sip", "a.sip.test").kind, Kind::kUntrusted);
  EXPECT_EQ(meet("sip", "127.0.0.2").kind, Kind::kUntrusted);
}

TEST(Tls, ASipUriIsTheIdentityAndThenADnsNameIsNot) {
  EXPECT_EQ(meet("uri", "uri.test").text, "open");
  EXPECT_EQ(meet("uri", "dns-beside-uri.test").kind, Kind::kUntrusted);
}

TEST(Tls, AWildcardIsNoName) {
  EXPECT_EQ(meet("wildcard", "sip.test").kind, Kind::kUntrusted);
  EXPECT_EQ(meet("wildcard", "*.test").kind, Kind::kUntrusted);
}

TEST(Tls, WhatIsWrongIsSaidInWords) {
  EXPECT_EQ(meet("expired", "sip.test").text, "the certificate has expired");
  EXPECT_EQ(meet("self", "sip.test").text, "the certificate is self-signed");
  TlsConfig system = config_of("sip");
  system.authorities.clear();
  const TransportFault unknown = meet("sip", "sip.test", system);
  EXPECT_EQ(unknown.kind, Kind::kUntrusted);
  EXPECT_EQ(unknown.text, "the certificate is of an unknown authority");
}

TEST(Tls, ADomainHasAnAuthorityOfItsOwn) {
  TlsConfig own = config_of("sip");
  own.authorities = {{"sip.test", kFolder / "ca.crt"}};
  EXPECT_EQ(meet("sip", "sip.test", own).text, "open");
  EXPECT_EQ(meet("sip", "127.0.0.1", own).kind, Kind::kUntrusted);
  own.authorities = {{"sip.test", kFolder / "self.crt"}};  // the certificate itself is enough
  EXPECT_EQ(meet("self", "sip.test", own).text, "open");
}

TEST(Tls, AFileThatCannotBeUsedIsNamed) {
  TlsConfig config = config_of("sip");
  config.key = kFolder / "ca.crt";
  EXPECT_NE(TlsContexts::make(config).error().text.find("ca.crt"), std::string::npos);
  EXPECT_EQ(TlsContexts::make(config_of("missing")).error().code, ErrorCode::kNotFound);
}

TEST(Tls, WhatIsNotTlsEndsTheSession) {
  auto context = TlsContexts::make(config_of("sip"));
  TlsSession server = context->accept();
  server.receive("OPTIONS sip:x SIP/2.0\r\n\r\n");
  EXPECT_EQ(server.state(), State::kEnded);
  EXPECT_EQ(server.fault().kind, Kind::kHandshake);
}

// ---- on the loopback

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
  explicit Side(TestLoop& loop)
      : transport(loop.io, loop, ear, {.connect = 2s, .first_message = 2s}) {
    EXPECT_TRUE(transport.use_tls(config_of("sip")).ok());
    EXPECT_TRUE(transport.listen({TransportKind::kTls, {kLoopback, 0}, {}}).ok());
  }
  Target as(const std::string& name) const {
    return {TransportKind::kTls, transport.bound(TransportKind::kTls), {}, name};
  }
  Ear ear;
  Transport transport;
};

std::string message(int n) {
  return "OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nCSeq: " + std::to_string(n) +
         " OPTIONS\r\nContent-Length: 0\r\n\r\n";
}

struct TlsTransport : testing::Test {
  asio::ip::tcp::socket plain_peer(const Side& side) {
    asio::ip::tcp::socket peer(loop.io);
    peer.connect(
        {asio::ip::make_address("127.0.0.1"), side.transport.bound(TransportKind::kTls).port()});
    return peer;
  }
  TestLoop loop;
  Side a{loop};
  Side b{loop};
};

TEST_F(TlsTransport, OneConnectionForATargetAndANameInBothDirections) {
  for (int i = 0; i < 3; ++i) a.transport.send(b.as("sip.test"), as_bytes(message(i)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 3; }));
  EXPECT_EQ(b.ear.heard[2], message(2));
  EXPECT_EQ(a.transport.connection_count(), 1u);
  b.transport.send(b.ear.froms[0], as_bytes(message(9)));
  ASSERT_TRUE(loop.run_until([&] { return !a.ear.heard.empty(); }));
  EXPECT_EQ(a.ear.froms[0].name, "sip.test");
  EXPECT_EQ(b.transport.connection_count(), 1u);
}

TEST_F(TlsTransport, ANextHopKnownByAddressIsWhoProvedToBeThere) {
  a.transport.send(b.as("sip.test"), as_bytes(message(1)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 1; }));
  a.transport.send(b.as("127.0.0.1"), as_bytes(message(2)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 2; }));
  EXPECT_EQ(a.transport.connection_count(), 1u);
}

TEST_F(TlsTransport, AnUntrustedPeerGetsNothingAndIsTold) {
  a.transport.send(b.as("other.test"), as_bytes(message(1)));
  ASSERT_TRUE(loop.run_until([&] { return !a.ear.errors.empty(); }));
  EXPECT_EQ(a.ear.errors[0], b.as("other.test"));
  EXPECT_EQ(a.ear.faults[0].kind, Kind::kUntrusted);
  EXPECT_EQ(a.transport.counters()[TransportEvent::kUntrusted], 1u);
  ASSERT_TRUE(loop.run_until([&] { return b.transport.connection_count() == 0; }));
  EXPECT_TRUE(b.ear.heard.empty());
}

TEST_F(TlsTransport, PlainTextOnTheTlsPortEndsThatConnectionOnly) {
  asio::ip::tcp::socket peer = plain_peer(b);
  asio::write(peer, asio::buffer(message(1)));
  ASSERT_TRUE(loop.run_until(
      [&] { return b.transport.counters()[TransportEvent::kHandshakeFailed] == 1; }));
  EXPECT_TRUE(b.ear.heard.empty());
  a.transport.send(b.as("sip.test"), as_bytes(message(2)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 1; }));
}

TEST_F(TlsTransport, HandshakesThatDoNotComeAboutAreGivenUpAndHinderNobody) {
  std::vector<asio::ip::tcp::socket> idle;
  for (int i = 0; i < 60; ++i) idle.push_back(plain_peer(b));
  asio::write(idle[0], asio::buffer(std::string("\x16\x03\x01", 3)));  // half a record
  a.transport.send(b.as("sip.test"), as_bytes(message(1)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 1; }));
  ASSERT_TRUE(loop.run_until([&] { return b.transport.connection_count() == 1; }, 20s));
  EXPECT_EQ(b.transport.counters()[TransportEvent::kMessageTooSlow], 60u);
}

TEST_F(TlsTransport, CertificatesAreReplacedForNewConnectionsOnly) {
  a.transport.send(b.as("sip.test"), as_bytes(message(1)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 1; }));
  EXPECT_FALSE(b.transport.use_tls(config_of("missing")).ok());
  ASSERT_TRUE(b.transport.use_tls(config_of("uri")).ok());
  a.transport.send(b.as("sip.test"), as_bytes(message(2)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 2; }));
  a.transport.send(b.as("uri.test"), as_bytes(message(3)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 3; }));
  EXPECT_EQ(a.transport.connection_count(), 2u);
}

TEST_F(TlsTransport, WithoutAListenerTheContactIsOurEndOfTheConnection) {
  Ear ear;
  Transport caller(loop.io, loop, ear);
  ASSERT_TRUE(caller
                  .use_tls({.certificate = {},
                            .key = {},
                            .is_shown_to_servers = false,
                            .authorities = {{"*", kFolder / "ca.crt"}}})
                  .ok());
  const SocketAddress own = caller.local_address(b.as("sip.test"));
  caller.send(b.as("sip.test"), as_bytes(message(1)));
  ASSERT_TRUE(loop.run_until([&] { return b.ear.heard.size() == 1; }));
  EXPECT_EQ(b.ear.froms[0].address, own);
  EXPECT_EQ(caller.connection_count(), 1u);
}

}  // namespace
}  // namespace patchcord::sip

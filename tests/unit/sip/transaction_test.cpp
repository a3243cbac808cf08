// SPDX-License-Identifier: GPL-3.0-or-later
// Matching (RFC 3261 17.1.3 and 17.2.3, RFC 2543 senders), ACK and CANCEL made from an INVITE,
// where responses go, and that thousands live and end.
#include "sip/transaction.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <string>
#include <vector>

#include "sip/builder.h"
#include "sip/headers.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;
using Match = TransactionTable::Match;

const Target kPeer{TransportKind::kUdp, *SocketAddress::parse("192.0.2.1:5060"), {}};

struct Request {
  std::string method = "INVITE";
  std::string via = "SIP/2.0/UDP h.test;branch=z9hG4bKa";
  std::string uri = "sip:u@h2.test";
  std::string tags = ";tag=f";
  std::string to{};
  int cseq = 1;
};
Message message(const Request& r, const Target& from = kPeer) {
  Parsed parsed = parse_message(
      r.method + " " + r.uri + " SIP/2.0\r\nVia: " + r.via +
      "\r\nRoute: <sip:r.test;lr>\r\nMax-Forwards: 70\r\nFrom: <sip:a@h.test>" + r.tags +
      "\r\nTo: <sip:u@h2.test>" + r.to + "\r\nCall-ID: c\r\nCSeq: " + std::to_string(r.cseq) + " " +
      r.method + "\r\n\r\n");
  EXPECT_EQ(parsed.verdict, Verdict::kGood) << parsed.reason;
  parsed.message.set_source(from.address);
  return std::move(parsed.message);
}
Message response(const Message& request, int status, std::string_view tag = "t") {
  return *make_response(request, status, {}, tag).build();
}

struct TransactionTest : testing::Test, Outside, ClientTransactionUser, ServerTransactionUser {
  void send(const Target&, ByteSpan bytes) override { sent.emplace_back(as_text(bytes)); }
  void resolve(ResolveTicket, const ResolveQuery&) override {}
  SocketAddress local_address(const Target&) override { return {}; }
  void wake_at(MonoTime) override {}
  void on_response(TransactionId, const Message& r, const Target&, MonoTime) override {
    told.push_back(std::to_string(r.status()));
  }
  void on_client_failed(TransactionId, const TransactionFailure& failure, MonoTime) override {
    const bool is_timeout = failure.kind == TransactionFailure::Kind::kTimeout;
    told.push_back(is_timeout ? "timeout" : "transport");
  }
  void on_client_gone(TransactionId, MonoTime) override { told.push_back("gone"); }
  void on_server_gone(TransactionId, ServerEnd how, MonoTime) override {
    told.push_back(how == ServerEnd::kDone ? "done" : "no way back");
  }
  void advance(Duration by) {
    const MonoTime end = now + by;
    while (table.next_deadline() <= end) {
      now = table.next_deadline();
      table.on_time(now);
    }
    now = end;
  }

  MonoTime now{1000s};
  std::vector<std::string> sent;
  std::vector<std::string> told;
  Wire wire{*this};
  TransactionTable table{wire, *this, *this, 5000};
};

TEST_F(TransactionTest, AResponseIsMatchedByBranchAndMethod) {
  const Message invite = message({});
  table.begin(invite, kPeer, now);
  Message other = message({.via = "SIP/2.0/UDP h.test;branch=z9hG4bKb"});
  table.receive_response(response(other, 180), kPeer, now);
  table.receive_response(response(message({.method = "BYE"}), 200), kPeer, now);
  table.receive_response(response(message({.cseq = 2}), 200), kPeer, now);
  EXPECT_TRUE(told.empty());
  table.receive_response(response(invite, 180), kPeer, now);
  EXPECT_EQ(told, (std::vector<std::string>{"180"}));
}

TEST_F(TransactionTest, TheAckOfAFailureIsMadeFromTheInvite) {
  const Message invite = message({});
  table.begin(invite, kPeer, now);
  table.receive_response(response(invite, 486), kPeer, now);
  const Parsed ack = parse_message(sent.back());
  ASSERT_EQ(ack.verdict, Verdict::kGood);
  EXPECT_TRUE(ack.message.is(Method::kAck));
  EXPECT_EQ(ack.message.request_uri(), invite.request_uri());
  EXPECT_EQ(ack.message.header(Header::kVia), invite.header(Header::kVia));
  EXPECT_EQ(ack.message.header(Header::kRoute), invite.header(Header::kRoute));
  EXPECT_EQ(ack.message.header(Header::kFrom), invite.header(Header::kFrom));
  EXPECT_EQ(to_tag(ack.message), "t");
  EXPECT_EQ(ack.message.cseq(), 1u);
  advance(33s);
  EXPECT_EQ(told, (std::vector<std::string>{"486", "gone"}));
  EXPECT_EQ(table.size(), 0u);
}

TEST_F(TransactionTest, ARequestThatComesTwiceIsAbsorbed) {
  const Message bye = message({.method = "BYE", .to = ";tag=t"});
  ASSERT_EQ(table.receive_request(bye, now), Match::kNew);
  const TransactionId id = table.accept(bye, kPeer, now);
  EXPECT_EQ(table.receive_request(bye, now), Match::kAbsorbed);
  EXPECT_TRUE(sent.empty());  // nothing to repeat yet
  table.respond(id, response(bye, 200), now);
  EXPECT_EQ(table.receive_request(bye, now), Match::kAbsorbed);
  EXPECT_EQ(sent.size(), 2u);
  EXPECT_EQ(sent[0], sent[1]);
}

struct Pair {
  const char* what;
  Request first;
  Request second;
  Match match;
};
const Pair kPairs[] = {
    {"another branch, in a dialog",
     {.to = ";tag=t"},
     {.via = "SIP/2.0/UDP h.test;branch=z9hG4bKb", .to = ";tag=t"},
     Match::kNew},
    {"another sent-by",
     {.to = ";tag=t"},
     {.via = "SIP/2.0/UDP x.test;branch=z9hG4bKa", .to = ";tag=t"},
     Match::kNew},
    {"case of the host, default port",
     {},
     {.via = "SIP/2.0/UDP H.TEST:5060;branch=z9hG4bKa"},
     Match::kAbsorbed},
    {"another method", {}, {.method = "OPTIONS"}, Match::kNew},
    {"the same by another way", {}, {.via = "SIP/2.0/UDP p.test;branch=z9hG4bKz"}, Match::kMerged},
    {"a fork to another contact of ours",
     {},
     {.via = "SIP/2.0/UDP h.test;branch=z9hG4bKz", .uri = "sip:other@h2.test"},
     Match::kNew},
    {"RFC 2543, the same",
     {.via = "SIP/2.0/UDP h.test"},
     {.via = "SIP/2.0/UDP h.test"},
     Match::kAbsorbed},
    {"RFC 2543, another CSeq",
     {.via = "SIP/2.0/UDP h.test"},
     {.via = "SIP/2.0/UDP h.test", .cseq = 2},
     Match::kNew},
    {"a bare cookie is RFC 2543",
     {.via = "SIP/2.0/UDP h.test;branch=z9hG4bK"},
     {.via = "SIP/2.0/UDP h.test;branch=z9hG4bK", .cseq = 2},
     Match::kNew},
};
TEST_F(TransactionTest, WhatIsTheSameRequest) {
  for (const Pair& pair : kPairs) {
    SCOPED_TRACE(pair.what);
    Wire own_wire(*this);
    TransactionTable own(own_wire, *this, *this, 10);
    const Message first = message(pair.first);
    ASSERT_EQ(own.receive_request(first, now), Match::kNew);
    own.accept(first, kPeer, now);
    EXPECT_EQ(own.receive_request(message(pair.second), now), pair.match);
  }
}

TEST_F(TransactionTest, AckAndCancelFindTheirInvite) {
  for (const char* via : {"SIP/2.0/UDP h.test;branch=z9hG4bKa", "SIP/2.0/UDP h.test"}) {
    Wire own_wire(*this);
    TransactionTable own(own_wire, *this, *this, 10);
    const Message invite = message({.via = via});
    const TransactionId id = own.accept(invite, kPeer, now);
    const Message cancel = message({.method = "CANCEL", .via = via});
    EXPECT_EQ(own.receive_request(cancel, now), Match::kNew);
    EXPECT_EQ(own.invite_of(cancel), id);
    EXPECT_EQ(own.invite_of(message({.method = "CANCEL", .via = "SIP/2.0/UDP x"})),
              TransactionId());
    own.respond(id, response(invite, 487), now);
    const Message ack = message({.method = "ACK", .via = via, .to = ";tag=t"});
    EXPECT_EQ(own.receive_request(ack, now), Match::kAbsorbed);
    const size_t before = sent.size();
    own.on_time(now + 4s);  // Confirmed: timer G is off
    EXPECT_EQ(sent.size(), before);
  }
}

TEST_F(TransactionTest, TheAckOfA200IsTheUsers) {
  const Message invite = message({});
  const TransactionId id = table.accept(invite, kPeer, now);
  table.respond(id, response(invite, 200), now);
  EXPECT_EQ(table.receive_request(message({.method = "ACK"}), now), Match::kNew);
  EXPECT_EQ(table.receive_request(invite, now), Match::kAbsorbed);
  EXPECT_EQ(sent.size(), 1u);  // repeating the 200 is the dialog's
}

TEST_F(TransactionTest, ATransportErrorEndsWhatWasUnderWayThere) {
  const Target elsewhere{TransportKind::kUdp, *SocketAddress::parse("192.0.2.2:5060"), {}};
  table.begin(message({}), kPeer, now);
  table.begin(message({.via = "SIP/2.0/UDP h.test;branch=z9hG4bKb"}), elsewhere, now);
  table.accept(message({.via = "SIP/2.0/UDP p.test;rport;branch=z9hG4bKc"}), kPeer, now);
  table.on_transport_error(kPeer, {}, now);
  EXPECT_EQ(table.size(), 1u);
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector<std::string>{"no way back", "transport"}));
}

TEST_F(TransactionTest, ThousandsLiveAtOnceAndTheTableHasALimit) {
  for (int i = 0; i < 5000; ++i) {
    table.begin(message({.method = "OPTIONS",
                         .via = "SIP/2.0/UDP h.test;branch=z9hG4bK" + std::to_string(i)}),
                kPeer, now);
  }
  EXPECT_TRUE(table.is_full());
  EXPECT_EQ(table.accept(message({}), kPeer, now), TransactionId());
  advance(33s);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(told.size(), 5000u);
  EXPECT_EQ(sent.size(), 5000u * 11);
  EXPECT_EQ(table.next_deadline(), kNever);
}

struct Way {
  const char* via;
  Target from;
  const char* to;
};
TEST(ResponseTarget, Rfc3261And3581) {
  const Target nat{TransportKind::kUdp, *SocketAddress::parse("203.0.113.5:61000"), {}};
  const Target tcp{TransportKind::kTcp, *SocketAddress::parse("203.0.113.5:61000"), SocketId(7)};
  const Way ways[] = {
      {"SIP/2.0/UDP 10.0.0.1:5080;branch=z9hG4bKa", nat, "203.0.113.5:5080"},
      {"SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKa", nat, "203.0.113.5:5060"},
      {"SIP/2.0/UDP 10.0.0.1:5080;rport;branch=z9hG4bKa", nat, "203.0.113.5:61000"},
      {"SIP/2.0/UDP 10.0.0.1:5080;maddr=239.0.0.1;branch=z9hG4bKa", nat, "203.0.113.5:5080"},
      {"SIP/2.0/UDP 10.0.0.1;received=198.51.100.1;branch=z9hG4bKa", nat, "203.0.113.5:5060"},
      {"SIP/2.0/TCP 10.0.0.1:5080;branch=z9hG4bKa", tcp, "203.0.113.5:61000"},
  };
  for (const Way& way : ways) {
    const Target to = response_target(message({.via = way.via}), way.from);
    EXPECT_EQ(to.address.to_string(), way.to) << way.via;
    EXPECT_EQ(to.connection, way.from.connection);
  }
}

}  // namespace
}  // namespace patchcord::sip

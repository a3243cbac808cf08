// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/udp_socket.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <string>
#include <vector>

#include "net/receive_slab.h"

namespace patchcord::net {
namespace {

const IpAddress kLoopback = IpAddress::v4(127, 0, 0, 1);

class UdpSocketTest : public testing::Test {
 protected:
  std::unique_ptr<Port> bind(const IpAddress& ip) {
    return wire.bind({ip, 0}, PortKind::kCall).value();
  }
  // Everything that comes within 2 s until `count` have come.
  std::vector<Datagram> receive(Port& port, size_t count) {
    std::vector<Datagram> all;
    while (all.size() < count) {
      pollfd ready{port.descriptor(), POLLIN, 0};
      if (poll(&ready, 1, 2000) != 1) break;
      for (const Datagram& datagram : port.receive(slab)) {
        texts.emplace_back(as_text(datagram.bytes));
        all.push_back(datagram);
      }
    }
    return all;
  }
  static Outgoing to(const SocketAddress& address, std::string_view text, IpAddress from = {}) {
    return {as_bytes(text), address, from};
  }

  SystemWire wire;
  ReceiveSlab slab;
  std::vector<std::string> texts;
};

TEST_F(UdpSocketTest, ABatchArrivesWholeAndInOrder) {
  const auto receiver = bind(kLoopback);
  const auto sender = bind(kLoopback);
  std::vector<std::string> sent;
  std::vector<Outgoing> batch;
  for (size_t i = 0; i < kBatch; ++i) sent.push_back("datagram " + std::to_string(i));
  for (const std::string& text : sent) batch.push_back(to(receiver->local(), text));
  sender->send(batch);
  EXPECT_EQ(receive(*receiver, kBatch).size(), kBatch);
  EXPECT_EQ(texts, sent);
  EXPECT_EQ(sender->counters()[PortCount::kSent], kBatch);
  EXPECT_EQ(receiver->counters()[PortCount::kReceived], kBatch);
}

TEST_F(UdpSocketTest, OnAWildcardTheAnswerLeavesFromTheAddressItCameTo) {
  for (const char* wildcard : {"0.0.0.0", "::"}) {
    SCOPED_TRACE(wildcard);
    auto server = wire.bind({*IpAddress::parse(wildcard), 0}, PortKind::kShared);
    if (!server && std::string(wildcard) == "::") GTEST_SKIP() << "no IPv6 here";
    const auto client = bind(kLoopback);
    const SocketAddress second(IpAddress::v4(127, 0, 0, 2), (*server)->local().port());
    client->send(std::vector{to(second, "question")});
    const auto questions = receive(**server, 1);
    ASSERT_EQ(questions.size(), 1U);
    EXPECT_EQ(questions[0].from, client->local());
    EXPECT_EQ(questions[0].to, second.ip());
    (*server)->send(std::vector{to(questions[0].from, "answer", questions[0].to)});
    const auto answers = receive(*client, 1);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].from, second);
  }
}

TEST_F(UdpSocketTest, EveryAddressMeansIpv6AsWell) {
  const auto server = wire.bind({*IpAddress::parse("::"), 0}, PortKind::kCall);
  const auto client = wire.bind({*IpAddress::parse("::1"), 0}, PortKind::kCall);
  if (!server || !client) GTEST_SKIP() << "no IPv6 here";
  (*client)->send(
      std::vector{to({*IpAddress::parse("::1"), (*server)->local().port()}, "over six")});
  const auto got = receive(**server, 1);
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].from, (*client)->local());
}

TEST_F(UdpSocketTest, AnOversizedDatagramIsCountedAndDropsNoOther) {
  const auto receiver = bind(kLoopback);
  const auto sender = bind(kLoopback);
  const std::string large(9000, 'x');
  const std::string largest(kMaxDatagram, 'y');
  sender->send(std::vector{to(receiver->local(), "before"), to(receiver->local(), large),
                           to(receiver->local(), largest), to(receiver->local(), "")});
  const auto got = receive(*receiver, 3);
  EXPECT_EQ(texts, (std::vector<std::string>{"before", largest, ""}));
  EXPECT_EQ(receiver->counters()[PortCount::kTooLarge], 1U);
}

TEST_F(UdpSocketTest, WhatCannotBeSentIsCountedAndStopsNothing) {
  const auto receiver = bind(kLoopback);
  const auto sender = bind(kLoopback);  // bound to loopback: no route elsewhere
  const SocketAddress nowhere(IpAddress::v4(192, 0, 2, 1), 9);
  uint16_t closed = 0;
  {
    closed = bind(kLoopback)->local().port();
  }
  sender->send(
      std::vector{to(nowhere, "a"), to({kLoopback, closed}, "b"), to(receiver->local(), "c")});
  sender->send(std::vector{to(receiver->local(), "d")});
  receive(*receiver, 2);
  EXPECT_EQ(texts, (std::vector<std::string>{"c", "d"}));
  EXPECT_EQ(sender->counters()[PortCount::kSendFailed], 1U);
}

TEST_F(UdpSocketTest, ATakenPortIsAnErrorThatNamesIt) {
  const auto first = bind(kLoopback);
  const auto second = wire.bind(first->local(), PortKind::kCall);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kNetwork);
  EXPECT_NE(second.error().text.find(first->local().to_string()), std::string::npos);
}

}  // namespace
}  // namespace patchcord::net

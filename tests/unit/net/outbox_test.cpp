// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/wire.h"

namespace patchcord::net {
namespace {

using testing::ElementsAre;

struct WritingPort final : Port {
  WritingPort() : Port({IpAddress::v4(127, 0, 0, 1), 9}) {}
  std::span<Datagram> receive(ReceiveSlab&) override { return {}; }
  void send(std::span<const Outgoing> batch) override {
    batches.push_back(batch.size());
    for (const Outgoing& outgoing : batch) sent.emplace_back(as_text(outgoing.bytes));
  }
  std::vector<std::string> sent;
  std::vector<size_t> batches;
};

const SocketAddress kPeer(IpAddress::v4(127, 0, 0, 1), 10);

TEST(OutboxTest, OneBatchAPortInOrder) {
  Outbox outbox;
  WritingPort a, b;
  outbox.queue(a, as_bytes("a1"), kPeer);
  outbox.queue(b, as_bytes("b1"), kPeer);
  outbox.queue(a, as_bytes("a2"), kPeer);
  EXPECT_TRUE(a.sent.empty());
  outbox.flush();
  outbox.flush();
  EXPECT_THAT(a.sent, ElementsAre("a1", "a2"));
  EXPECT_THAT(b.sent, ElementsAre("b1"));
  EXPECT_THAT(a.batches, ElementsAre(2));
  EXPECT_TRUE(outbox.is_empty());
}

TEST(OutboxTest, ASlotIsOnlySentWhenCommitted) {
  Outbox outbox;
  WritingPort port;
  const MutableByteSpan slot = outbox.next();
  EXPECT_EQ(slot.size(), kMaxDatagram + kTailroom);
  slot[0] = 'x';
  EXPECT_EQ(outbox.next().data(), slot.data());
  outbox.flush();
  EXPECT_TRUE(port.sent.empty());
  outbox.next()[0] = 'y';
  outbox.commit(port, 1, kPeer);
  outbox.flush();
  EXPECT_THAT(port.sent, ElementsAre("y"));
}

TEST(OutboxTest, AFullOneSendsByItself) {
  Outbox outbox;
  WritingPort port;
  std::vector<std::string> expected;
  for (size_t i = 0; i < 2 * Outbox::kSlots + 1; ++i) {
    expected.push_back(std::to_string(i));
    outbox.queue(port, as_bytes(expected.back()), kPeer);
  }
  outbox.flush();
  EXPECT_EQ(port.sent, expected);
  for (const size_t size : port.batches) EXPECT_LE(size, kBatch);
}

TEST(OutboxTest, WhatIsTooLargeIsNotSent) {
  Outbox outbox;
  WritingPort port;
  outbox.queue(port, std::vector<uint8_t>(kMaxDatagram + 1), kPeer);
  EXPECT_TRUE(outbox.is_empty());
  outbox.queue(port, std::vector<uint8_t>(kMaxDatagram), kPeer);
  outbox.flush();
  EXPECT_EQ(port.sent.size(), 1U);
}

}  // namespace
}  // namespace patchcord::net

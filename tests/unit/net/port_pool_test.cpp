// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/port_pool.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

namespace patchcord::net {
namespace {

struct DeadPort final : Port {
  DeadPort(const SocketAddress& address, std::set<uint16_t>& bound_ports)
      : Port(address), bound(bound_ports) {}
  ~DeadPort() override { bound.erase(local().port()); }
  std::span<Datagram> receive(ReceiveSlab&) override { return {}; }
  void send(std::span<const Outgoing>) override {}
  std::set<uint16_t>& bound;
};

struct FakeWire final : Wire {
  Result<std::unique_ptr<Port>> bind(const SocketAddress& local, PortKind) override {
    if (others.contains(local.port()) || !bound.insert(local.port()).second) {
      return {ErrorCode::kNetwork, "taken"};
    }
    return std::unique_ptr<Port>(std::make_unique<DeadPort>(local, bound));
  }
  Result<std::unique_ptr<Listener>> listen(const SocketAddress&) override {
    return {ErrorCode::kNetwork, "no TCP here"};
  }
  std::set<uint16_t> bound;
  std::set<uint16_t> others;  // what other programs hold
};

class PortPoolTest : public testing::Test {
 protected:
  PortPool make(uint16_t first, uint16_t last) {
    return PortPool(wire, IpAddress::v4(127, 0, 0, 1), first, last, random);
  }
  FakeWire wire;
  SeededRandom random{1};
};

TEST_F(PortPoolTest, OnlyWholePairsOfTheRangeCount) {
  const struct {
    uint16_t first, last;
    size_t pairs;
  } rows[] = {{20000, 20009, 5}, {20001, 20009, 4}, {20000, 20008, 4}, {20001, 20002, 0},
              {20000, 20000, 0}, {65534, 65535, 1}, {0, 3, 1},         {30000, 20000, 0}};
  for (const auto& row : rows) {
    EXPECT_EQ(make(row.first, row.last).size(), row.pairs) << row.first << '-' << row.last;
  }
}

TEST_F(PortPoolTest, EveryPairIsGivenOnceThenNone) {
  PortPool pool = make(20000, 20019);
  std::vector<PortPair> pairs;
  std::set<uint16_t> numbers;
  for (int i = 0; i < 10; ++i) {
    pairs.push_back(pool.lease().value());
    EXPECT_EQ(pairs.back().number() % 2, 0);
    EXPECT_EQ(pairs.back().rtcp->local().port(), pairs.back().number() + 1);
    numbers.insert(pairs.back().number());
  }
  EXPECT_EQ(numbers.size(), 10U);
  EXPECT_EQ(pool.leased(), 10U);
  const auto none = pool.lease();
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kExhausted);
  pairs.clear();
  EXPECT_TRUE(wire.bound.empty());
  for (const uint16_t number : numbers) pool.give_back(number);
  EXPECT_EQ(pool.leased(), 0U);
  EXPECT_TRUE(pool.lease().ok());
}

TEST_F(PortPoolTest, APairOfWhichAnotherProgramHoldsOnePortIsPassedOver) {
  wire.others = {20000, 20003};
  PortPool pool = make(20000, 20005);
  const auto pair = pool.lease();
  ASSERT_TRUE(pair.ok());
  EXPECT_EQ(pair->number(), 20004);
  EXPECT_FALSE(pool.lease().ok());
  EXPECT_FALSE(wire.bound.contains(20002));  // the half that could be had is not kept
  wire.others.clear();
  EXPECT_TRUE(pool.lease().ok());
}

TEST_F(PortPoolTest, APairGivenBackIsTheLastToBeUsedAgain) {
  PortPool pool = make(20000, 20007);
  uint16_t first = 0;
  {
    first = pool.lease()->number();
  }
  pool.give_back(first);
  std::vector<uint16_t> order;
  std::vector<PortPair> kept;
  for (int i = 0; i < 4; ++i) {
    kept.push_back(pool.lease().value());
    order.push_back(kept.back().number());
  }
  EXPECT_EQ(order.back(), first);
}

TEST_F(PortPoolTest, TheOrderIsDrawn) {
  const auto order_of = [this](uint64_t seed) {
    random = SeededRandom(seed);
    PortPool pool = make(20000, 20099);
    std::vector<uint16_t> order;
    for (int i = 0; i < 50; ++i) order.push_back(pool.lease()->number());
    return order;
  };
  EXPECT_NE(order_of(1), order_of(2));
  EXPECT_EQ(order_of(1), order_of(1));
}

}  // namespace
}  // namespace patchcord::net

// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/epoll_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "net/udp_socket.h"

namespace patchcord::net {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

const SocketAddress kLoopback(IpAddress::v4(127, 0, 0, 1), 0);

class EpollLoopTest : public testing::Test {
 protected:
  // Runs the loop until something calls loop->stop(); a test that never does fails by its timer.
  void run() {
    const TimerId guard = loop->after(std::chrono::seconds(5), [this] {
      ADD_FAILURE() << "nothing stopped the loop";
      loop->stop();
    });
    loop->run();
    loop->cancel(guard);
  }

  SystemClock clock;
  SystemWire wire;
  std::unique_ptr<EpollLoop> loop = EpollLoop::make(clock).value();
  std::vector<std::string> seen;
};

TEST_F(EpollLoopTest, TimersRunInTheOrderTheyAreDue) {
  loop->after(milliseconds(3), [&] {
    seen.push_back("late");
    loop->stop();
  });
  loop->after(milliseconds(1), [&] { seen.push_back("early"); });
  loop->after(milliseconds(1), [&] { seen.push_back("early too"); });
  const TimerId cancelled = loop->after(milliseconds(2), [&] { seen.push_back("cancelled"); });
  loop->cancel(cancelled);
  loop->cancel(cancelled);
  run();
  EXPECT_THAT(seen, ElementsAre("early", "early too", "late"));
}

TEST_F(EpollLoopTest, TimersAreNeverEarly) {
  const MonoTime began = loop->now();
  MonoTime rang{};
  loop->after(std::chrono::microseconds(1500), [&] {
    rang = loop->now();
    loop->stop();
  });
  run();
  EXPECT_GE(rang - began, std::chrono::microseconds(1500));
}

TEST_F(EpollLoopTest, WhatATaskPostsRunsInALaterTurn) {
  loop->post([&] {
    seen.push_back("first");
    loop->post([&] {
      seen.push_back("third");
      loop->stop();
    });
  });
  loop->post([&] { seen.push_back("second"); });
  run();
  EXPECT_THAT(seen, ElementsAre("first", "second", "third"));
}

TEST_F(EpollLoopTest, PostsOfAnotherThreadKeepTheirOrder) {
  std::vector<int> numbers;
  std::thread other([&] {
    EXPECT_FALSE(loop->is_current());
    for (int i = 0; i < 1000; ++i) loop->post([&numbers, i] { numbers.push_back(i); });
    loop->stop();
  });
  loop->post([&] { EXPECT_TRUE(loop->is_current()); });
  run();
  other.join();
  ASSERT_EQ(numbers.size(), 1000U);
  EXPECT_TRUE(std::is_sorted(numbers.begin(), numbers.end()));
}

TEST_F(EpollLoopTest, WhatWasPostedBeforeStopHasRun) {
  loop->stop();
  loop->post([&] { seen.push_back("last words"); });
  run();
  EXPECT_THAT(seen, ElementsAre("last words"));
}

struct EveryTurn final : Resident {
  void on_turn(MonoTime now) override {
    turns.push_back(now);
    deadline = turns.size() < 3 ? now + milliseconds(1) : kNever;
    if (turns.size() == 3) loop->stop();
  }
  MonoTime next_deadline() const override { return deadline; }
  EpollLoop* loop;
  MonoTime deadline{};
  std::vector<MonoTime> turns;
};

TEST_F(EpollLoopTest, AResidentIsWokenAtItsDeadline) {
  EveryTurn resident;
  resident.loop = loop.get();
  loop->attach(resident);
  run();
  loop->detach(resident);
  ASSERT_EQ(resident.turns.size(), 3U);
  EXPECT_GE(resident.turns[2] - resident.turns[1], milliseconds(1));
}

TEST_F(EpollLoopTest, AWatchedPortGivesItsDatagramsAndAnswersLeaveAtTheEndOfTheTurn) {
  const auto server = wire.bind(kLoopback, PortKind::kShared).value();
  const auto client = wire.bind(kLoopback, PortKind::kCall).value();
  loop->watch(*server, [&](std::span<Datagram> datagrams) {
    for (const Datagram& datagram : datagrams) {
      EXPECT_EQ(datagram.to, kLoopback.ip());
      loop->outbox().queue(*server, datagram.bytes, datagram.from, datagram.to);
    }
  });
  loop->watch(*client, [&](std::span<Datagram> datagrams) {
    for (const Datagram& datagram : datagrams) {
      EXPECT_EQ(datagram.from, server->local());
      seen.emplace_back(as_text(datagram.bytes));
    }
    if (seen.size() == 2) loop->stop();
  });
  loop->outbox().queue(*client, as_bytes("one"), server->local());
  loop->outbox().queue(*client, as_bytes("two"), server->local());
  loop->outbox().flush();
  run();
  loop->unwatch(*server);
  loop->unwatch(*client);
  EXPECT_THAT(seen, ElementsAre("one", "two"));
}

TEST_F(EpollLoopTest, WhatWasPostedBeforeADatagramCameIsDoneBeforeIt) {
  const auto port = wire.bind(kLoopback, PortKind::kCall).value();
  const auto peer = wire.bind(kLoopback, PortKind::kCall).value();
  loop->watch(*port, [&](std::span<Datagram>) {
    seen.push_back("datagram");
    loop->stop();
  });
  loop->post([&] { seen.push_back("task"); });
  const Outgoing hello{as_bytes("hello"), port->local(), {}};
  peer->send({&hello, 1});
  run();
  loop->unwatch(*port);
  EXPECT_THAT(seen, ElementsAre("task", "datagram"));
}

TEST_F(EpollLoopTest, AHandlerMayCloseItsOwnAndAnotherPort) {
  auto one = wire.bind(kLoopback, PortKind::kCall).value();
  auto two = wire.bind(kLoopback, PortKind::kCall).value();
  const auto close_both = [&](std::span<Datagram> datagrams) {
    seen.emplace_back(as_text(datagrams[0].bytes));
    loop->unwatch(*one);
    loop->unwatch(*two);
    one.reset();
    two.reset();
    loop->stop();
  };
  loop->watch(*one, close_both);
  loop->watch(*two, close_both);
  const auto sender = wire.bind(kLoopback, PortKind::kCall).value();
  loop->outbox().queue(*sender, as_bytes("x"), one->local());
  loop->outbox().queue(*sender, as_bytes("x"), two->local());
  loop->outbox().flush();
  run();
  EXPECT_EQ(seen.size(), 1U);  // the second was ready too, and its handler was not called
}

}  // namespace
}  // namespace patchcord::net

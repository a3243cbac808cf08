// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tcp_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "net/epoll_loop.h"
#include "net/receive_slab.h"
#include "net/udp_socket.h"

namespace patchcord::net {
namespace {

using testing::ElementsAre;

const SocketAddress kLoopback(IpAddress::v4(127, 0, 0, 1), 0);

// A peer as raw as they come.
class RawPeer {
 public:
  explicit RawPeer(const SocketAddress& to, int receive_buffer = 0)
      : descriptor_(socket(to.ip().is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) {
      setsockopt(descriptor_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_storage name;
    const socklen_t length = to.to_sockaddr(name);
    EXPECT_EQ(connect(descriptor_.get(), reinterpret_cast<sockaddr*>(&name), length), 0);
  }
  void write(std::string_view bytes) {
    EXPECT_EQ(::send(descriptor_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // All that comes until there is nothing for 200 ms, or the end.
  std::string read() {
    std::string all;
    for (;;) {
      pollfd ready{descriptor_.get(), POLLIN, 0};
      char buffer[4096];
      if (poll(&ready, 1, 200) != 1) return all;
      const ssize_t size = recv(descriptor_.get(), buffer, sizeof buffer, 0);
      if (size <= 0) return all;
      all.append(buffer, static_cast<size_t>(size));
    }
  }
  void hang_up() { descriptor_ = FileDescriptor(); }

 private:
  FileDescriptor descriptor_;
};

class TcpSocketTest : public testing::Test {
 protected:
  std::unique_ptr<Port> accept() {
    pollfd ready{listener->descriptor(), POLLIN, 0};
    poll(&ready, 1, 2000);
    auto accepted = listener->accept();
    return accepted ? std::move(accepted->port) : nullptr;
  }
  // What has come, once `count` have, or the connection broke, or after 2 s.
  std::vector<std::string> receive(Port& port, size_t count) {
    std::vector<std::string> texts;
    while (texts.size() < count && !port.is_broken()) {
      pollfd ready{port.descriptor(), POLLIN, 0};
      if (!port.has_more() && poll(&ready, 1, 2000) != 1) break;
      for (const Datagram& datagram : port.receive(slab))
        texts.emplace_back(as_text(datagram.bytes));
    }
    return texts;
  }
  static void send(Port& port, std::string_view text) {
    const Outgoing one{as_bytes(text), {}, {}};
    port.send(std::span(&one, 1));
  }

  SystemWire wire;
  std::unique_ptr<Listener> listener = wire.listen(kLoopback).value();
  ReceiveSlab slab;
};

TEST_F(TcpSocketTest, FramesBothWays) {
  RawPeer peer(listener->local());
  const auto port = accept();
  ASSERT_TRUE(port);
  EXPECT_EQ(port->protocol(), TransportProtocol::kTcp);
  EXPECT_EQ(port->local(), listener->local());
  peer.write(std::string("\0\5hel", 5));
  peer.write(std::string("lo\0\2ok", 6));
  EXPECT_THAT(receive(*port, 2), ElementsAre("hello", "ok"));
  send(*port, "answer");
  EXPECT_EQ(peer.read(), std::string("\0\6answer", 8));
}

TEST_F(TcpSocketTest, ManySmallFramesOfOneReadComeInSeveralBatches) {
  RawPeer peer(listener->local());
  const auto port = accept();
  std::string stream;
  for (int i = 0; i < 500; ++i) stream += std::string("\0\1x", 3);
  peer.write(stream);
  EXPECT_EQ(receive(*port, 500).size(), 500U);
  EXPECT_FALSE(port->has_more());
}

TEST_F(TcpSocketTest, APeerThatHangsUpOrLiesBreaksIt) {
  RawPeer gone(listener->local());
  const auto first = accept();
  gone.hang_up();
  EXPECT_TRUE(receive(*first, 1).empty());
  EXPECT_TRUE(first->is_broken());

  RawPeer liar(listener->local());
  const auto second = accept();
  liar.write("\xff\xff");
  EXPECT_TRUE(receive(*second, 1).empty());
  EXPECT_TRUE(second->is_broken());
  EXPECT_EQ(second->counters()[PortCount::kTooLarge], 1U);
  EXPECT_EQ(liar.read(), "");
}

// A reader that is slow loses whole frames and never sees half of one; nothing grows here.
TEST_F(TcpSocketTest, WhatFindsNoRoomIsDroppedWhole) {
  RawPeer peer(listener->local(), 4096);
  const auto port = accept();
  const std::string frame(1000, 'f');
  for (int i = 0; i < 2000; ++i) send(*port, frame);
  const uint64_t blocked = port->counters()[PortCount::kSendBlocked];
  EXPECT_GT(blocked, 1000U);
  EXPECT_EQ(port->counters()[PortCount::kSent] + blocked, 2000U);
  std::string all = peer.read();
  send(*port, "last");  // takes along the rest of a frame that went half
  all += peer.read();
  FrameReader reader;
  size_t whole = 0;
  std::string_view stream = all;
  std::string last;
  while (!stream.empty()) {
    const MutableByteSpan space = reader.space();
    const size_t size = std::min(stream.size(), space.size());
    std::copy_n(stream.begin(), size, space.begin());
    reader.take(size);
    stream.remove_prefix(size);
    while (const auto one = reader.next()) {
      ++whole;
      last = as_text(*one);
      if (last != "last") {
        ASSERT_EQ(last, frame);
      }
    }
  }
  EXPECT_EQ(last, "last");
  EXPECT_EQ(whole, port->counters()[PortCount::kSent]);
}

TEST_F(TcpSocketTest, OnAllAddressesAnIpv4PeerIsSeenAsOne) {
  const auto both = wire.listen({*IpAddress::parse("::"), 0}).value();
  RawPeer peer({IpAddress::v4(127, 0, 0, 1), both->local().port()});
  pollfd ready{both->descriptor(), POLLIN, 0};
  poll(&ready, 1, 2000);
  const auto accepted = both->accept();
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(accepted->from.ip().is_v4());
  EXPECT_EQ(accepted->port->local().ip(), IpAddress::v4(127, 0, 0, 1));
}

TEST_F(TcpSocketTest, WithoutADescriptorLeftAPeerIsTurnedAwayAndTheLoopNotKeptBusy) {
  RawPeer peer(listener->local());
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const FileDescriptor next(dup(listener->descriptor()));
  const rlimit none{static_cast<rlim_t>(next.get()), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  pollfd ready{listener->descriptor(), POLLIN, 0};
  EXPECT_EQ(poll(&ready, 1, 2000), 1);
  EXPECT_FALSE(listener->accept());
  EXPECT_EQ(poll(&ready, 1, 0), 0);
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(peer.read(), "");
}

TEST_F(TcpSocketTest, ALoopTellsOfConnectionsFramesAndTheEnd) {
  SystemClock clock;
  const auto loop = EpollLoop::make(clock).value();
  std::unique_ptr<Port> port;
  std::vector<std::string> seen;
  loop->watch(*listener, [&](Listener::Accepted accepted) {
    seen.emplace_back("connected");
    port = std::move(accepted.port);
    loop->watch(*port, [&](std::span<Datagram> datagrams) {
      for (const Datagram& datagram : datagrams) {
        seen.emplace_back(as_text(datagram.bytes));
        loop->outbox().queue(*port, as_bytes("answer"), datagram.from);
      }
      if (!port->is_broken()) return;
      seen.emplace_back("broken");
      loop->unwatch(*port);
      port.reset();
      loop->stop();
    });
  });
  const TimerId guard = loop->after(std::chrono::seconds(5), [&] { loop->stop(); });
  RawPeer peer(listener->local());
  peer.write(std::string("\0\5hello", 7));
  std::thread client([&] {
    EXPECT_EQ(peer.read(), std::string("\0\6answer", 8));
    peer.hang_up();
  });
  loop->run();
  client.join();
  loop->cancel(guard);
  loop->unwatch(*listener);
  EXPECT_THAT(seen, ElementsAre("connected", "hello", "broken"));
}

}  // namespace
}  // namespace patchcord::net

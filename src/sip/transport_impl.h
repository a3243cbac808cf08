// SPDX-License-Identifier: GPL-3.0-or-later
// Private to sip/transport*.cpp: the sockets behind Transport. Boost.Asio does not leave these
// files. Thread: control.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "sip/framing.h"
#include "sip/transport.h"

namespace patchcord::sip {

namespace asio = boost::asio;

template <class Endpoint>
Endpoint to_endpoint(const SocketAddress& address) {
  Endpoint endpoint;
  sockaddr_storage storage{};
  const socklen_t size = address.to_sockaddr(storage);
  endpoint.resize(size);
  std::memcpy(endpoint.data(), &storage, size);
  return endpoint;
}

// What both kinds of socket tell, and to whom.
struct TransportCore {
  Executor& control;
  TransportListener& listener;
  Counters<TransportEvent> counters{};

  void fail_later(const Target& target);
};

class UdpListener {
 public:
  UdpListener(asio::io_context& io, TransportCore& core) : core_(core), socket_(io) {}
  Result<void> open(const SocketAddress& address);
  void send(const Target& target, ByteSpan bytes);
  SocketAddress bound() const;

 private:
  static constexpr int kMaxPerTurn = 64;  // then the loop sees to others

  void wait();
  void receive();

  TransportCore& core_;
  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint from_;
  std::array<uint8_t, 65536> buffer_;
};

class TcpConnections {
 public:
  TcpConnections(asio::io_context& io, TransportCore& core) : io_(io), core_(core) {}
  ~TcpConnections();
  Result<void> listen(const SocketAddress& address);
  void send(const Target& target, ByteSpan bytes);
  SocketAddress bound() const;
  size_t size() const { return all_.size(); }

 private:
  static constexpr size_t kMaxConnections = 2000;
  static constexpr size_t kMaxPerSource = 100;
  static constexpr size_t kMaxQueued = 1 << 20;  // bytes waiting for a slow reader

  struct Connection {
    Connection(asio::io_context& io, StreamFramer::Side side_, const SocketAddress& peer_)
        : socket(io), framer(side_), side(side_), peer(peer_) {}
    asio::ip::tcp::socket socket;
    StreamFramer framer;
    StreamFramer::Side side;
    SocketAddress peer;
    bool is_connected = false;
    bool is_writing = false;
    bool closes_when_written = false;
    std::deque<std::string> queue;
    size_t queued = 0;
    MonoTime heard{};  // last byte
    MonoTime partial_since = kNever;
    std::array<char, 16384> buffer;
  };

  void accept();
  void adopt(asio::ip::tcp::socket socket);
  Connection* dial(const SocketAddress& peer, SocketId& id);
  void read(SocketId id);
  void on_read(SocketId id, size_t size);
  bool deliver(SocketId id, Frame frame);  // false: the connection is gone or closing
  void write(SocketId id);
  void enqueue(SocketId id, Connection& connection, std::string bytes);
  void close(SocketId id);
  void sweep();
  Connection* find(SocketId id);
  size_t from_source(const IpAddress& ip) const;
  static Target target_of(SocketId id, const Connection& connection) {
    return {TransportKind::kTcp, connection.peer, id};
  }

  asio::io_context& io_;
  TransportCore& core_;
  std::optional<asio::ip::tcp::acceptor> acceptor_;
  uint64_t last_id_ = 0;
  std::unordered_map<SocketId, Connection> all_;
  std::unordered_map<SocketAddress, SocketId> dialled_;
  std::optional<TimerId> sweep_;
};

}  // namespace patchcord::sip

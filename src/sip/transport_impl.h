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
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "sip/framing.h"
#include "sip/transport.h"
#include "sip/transport_tls.h"

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

// What every kind of socket tells, and to whom.
struct TransportCore {
  Executor& control;
  TransportListener& listener;
  Counters<TransportEvent> counters{};

  void fail_later(const Target& target, TransportFault fault);
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
  void tell_refusals();

  TransportCore& core_;
  asio::ip::udp::socket socket_;
  asio::ip::udp::endpoint from_;
  std::array<uint8_t, 65536> buffer_;
};

// TCP, and TLS over it: transport_stream.cpp.
class StreamConnections {
 public:
  StreamConnections(asio::io_context& io, TransportCore& core, const TransportLimits& limits)
      : io_(io), core_(core), limits_(limits) {}
  ~StreamConnections();
  Result<void> use_tls(const TlsConfig& config);
  Result<void> listen(const ListenAddress& where);
  void send(const Target& target, ByteSpan bytes);
  SocketAddress bound(TransportKind kind) const;
  SocketAddress local_address(const Target& target);
  size_t size() const { return all_.size(); }

 private:
  static constexpr size_t kMaxConnections = 2000;
  static constexpr size_t kMaxPerSource = 100;
  static constexpr size_t kMaxQueued = 1 << 20;  // bytes waiting for a slow reader
  static constexpr size_t kMaxProven = 1000;

  struct Listener {
    Listener(asio::io_context& io, const ListenAddress& where_) : where(where_), acceptor(io) {}
    ListenAddress where;
    asio::ip::tcp::acceptor acceptor;
    SocketAddress bound() const;
  };

  struct Connection {
    Connection(asio::io_context& io, StreamFramer::Side side_, Target target_)
        : socket(io), framer(side_), side(side_), target(std::move(target_)) {}
    bool is_dialled() const { return side == StreamFramer::Side::kDialled; }
    // Messages may pass: connected, and the TLS handshake done.
    bool is_open() const { return is_connected && (!tls || tls->state() == TlsState::kOpen); }

    using TlsState = TlsSession::State;
    asio::ip::tcp::socket socket;
    StreamFramer framer;
    StreamFramer::Side side;
    Target target;  // with its own id
    std::optional<TlsSession> tls;
    bool is_connected = false;
    bool is_writing = false;
    bool closes_when_written = false;
    TransportFault last_words{};  // then
    bool has_message = false;     // a whole one has come
    bool has_ponged = false;
    std::deque<std::string> queue;
    size_t queued = 0;
    MonoTime since{};  // accepted, dialled, or connected
    MonoTime heard{};  // last byte
    MonoTime partial_since = kNever;
    MonoTime pinged = kNever;  // and not answered
    std::array<char, 16384> buffer;
  };

  void accept(Listener& listener);
  void adopt(const Listener& listener, asio::ip::tcp::socket socket);
  Connection* dial(const Target& target, SocketId& id);
  Target to_dial(Target target) const;
  void connect(SocketId id, Connection& connection);
  void on_connected(SocketId id);
  void read(SocketId id);
  void on_read(SocketId id, size_t size);
  void on_plain(SocketId id, std::string_view plain);
  bool deliver(SocketId id, Frame frame);  // false: the connection is gone or closing
  void write(SocketId id);
  void enqueue(SocketId id, Connection& connection, std::string bytes);
  void close(SocketId id, TransportFault fault);
  void close_when_written(SocketId id, TransportFault fault);
  void sweep();
  // Why the connection has to end now, if it has.
  std::optional<TransportFault> overdue(const Connection& connection, MonoTime now);
  Connection* find(SocketId id);
  const Listener* listener_for(TransportKind kind, const IpAddress& peer) const;
  size_t from_source(const IpAddress& ip) const;

  asio::io_context& io_;
  TransportCore& core_;
  const TransportLimits limits_;
  TlsContexts tls_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  uint64_t last_id_ = 0;
  std::unordered_map<SocketId, Connection> all_;
  std::map<Target, SocketId> dialled_;  // by target without a connection
  std::map<SocketAddress, std::string> proven_;
  std::optional<TimerId> sweep_;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Private. ServerCore: what all connections of a Server share: limits, routes, files, the table of
// WebSockets, the listener. Connections keep it alive; stop() empties it, so that a handler that
// runs late finds nobody to tell. Thread: control. Owner: Server and its connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "web/server.h"
#include "web/static_files.h"
#include "web/stream_impl.h"

namespace patchcord::web {

class ServerCore;

// A connection of either kind, as the core sees it. It lives by its own pending handlers.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual void abort() = 0;  // closes the socket now
};

class WebSocket : public Peer {
 public:
  virtual void send(std::string text) = 0;
  virtual void close(uint16_t code, std::string_view reason) = 0;
};

// A place under the connection limits and in the core's table; given back when it dies.
class Slot {
 public:
  Slot(std::shared_ptr<ServerCore> core, ConnectionId id, IpAddress ip)
      : core_(std::move(core)), id_(id), ip_(ip) {}
  Slot(Slot&& other) noexcept = default;
  Slot& operator=(Slot&&) = delete;
  ~Slot();

 private:
  std::shared_ptr<ServerCore> core_;
  ConnectionId id_;
  IpAddress ip_;
};

// What a connection is born with, and what an upgrade hands on.
struct Accepted {
  std::shared_ptr<ServerCore> core;
  ConnectionId id;
  SocketAddress address;
  Security security;
  Stream stream;
  Slot slot;
};

// Each makes an object that keeps itself alive until its connection is over.
void serve_http(Accepted accepted);  // http_connection
void serve_websocket(Accepted accepted, const PeerInfo& peer, std::string_view head);  // websocket

// One timer that can be moved. A deadline that was moved or dropped never strikes, even if its
// handler was queued already.
class Deadline {
 public:
  explicit Deadline(const asio::any_io_executor& executor) : timer_(executor) {}

  template <class Owner>
  void set(Duration time, std::weak_ptr<Owner> owner, void (Owner::*late)()) {
    timer_.expires_after(time);
    timer_.async_wait([owner = std::move(owner), late, this, turn = ++turn_](error_code error) {
      const auto self = owner.lock();
      if (self && !error && turn == turn_) (*self.*late)();
    });
  }
  void drop() {
    ++turn_;
    timer_.cancel();
  }

 private:
  asio::steady_timer timer_;
  uint64_t turn_ = 0;
};

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(asio::io_context& io, ServerOptions options, WebListener* listener);

  void add_route(Method method, std::string path, Handler handler);
  Result<void> start();
  void stop();
  void stop_accepting();
  Result<void> load_certificate();
  void set_trust(std::vector<std::string> allowed_origins, std::vector<IpAddress> trusted_proxies) {
    options_.allowed_origins = std::move(allowed_origins);
    options_.trusted_proxies = std::move(trusted_proxies);
  }
  bool is_proxy(const IpAddress& ip) const;
  // Who stands behind the connection: its peer, or the client that a trusted proxy names.
  SocketAddress client_of(const SocketAddress& peer, const Request& request) const;
  std::vector<SocketAddress> addresses() const;
  std::shared_ptr<WebSocket> websocket(ConnectionId id) const;  // null when it is gone
  void close_all(uint16_t code, std::string_view reason);
  ServerCounts counts() const;

  // For connections.
  const Limits& limits() const { return options_.limits; }
  bool takes_websockets() const { return listener_ != nullptr; }
  bool is_origin_allowed(std::string_view origin) const;
  Response answer(const Request& request);
  void entered(ConnectionId id, std::weak_ptr<Peer> peer);
  void left(ConnectionId id, const IpAddress& ip);
  void opened(ConnectionId id, const PeerInfo& peer, std::weak_ptr<WebSocket> websocket);
  void heard(ConnectionId id, std::string_view text);
  void closed(ConnectionId id, uint16_t code);
  void timed_out() { ++counts_.timed_out; }
  void slow_reader() { ++counts_.slow_readers; }

 private:
  struct Route {
    Method method;
    std::string path;
    Handler handler;
  };
  struct Listener {
    asio::ip::tcp::acceptor acceptor;
    asio::steady_timer pause;
    Security security;
  };

  Result<void> listen(const Listen& where);
  void accept(Listener& listener);
  void on_accepted(Listener& listener, asio::ip::tcp::socket socket);

  asio::io_context& io_;
  ServerOptions options_;
  WebListener* listener_;
  StaticFiles files_;
  std::vector<Route> routes_;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  uint64_t last_connection_ = 0;
  std::unordered_map<ConnectionId, std::weak_ptr<Peer>> peers_;
  std::unordered_map<ConnectionId, std::weak_ptr<WebSocket>> websockets_;
  std::unordered_map<IpAddress, size_t> per_address_;
  ServerCounts counts_;
};

}  // namespace patchcord::web

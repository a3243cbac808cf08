// SPDX-License-Identifier: GPL-3.0-or-later
// The stream half of Transport, TCP and TLS over it: connections by id, framing, queues with a
// limit, and a sweep once a second over what has become too slow or too old.
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/write.hpp>

#include "sip/message.h"
#include "sip/transport_impl.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;
using Code = boost::system::error_code;
using Kind = TransportFault::Kind;

constexpr unsigned kUnacknowledgedMs = 20'000;

SocketAddress local_end(const asio::ip::tcp::socket& socket) {
  Code error;
  const auto endpoint = socket.local_endpoint(error);
  return error ? SocketAddress() : SocketAddress::from_sockaddr(endpoint.data());
}

// A peer that is gone without a word is noticed by what it does not acknowledge.
void limit_unacknowledged(asio::ip::tcp::socket& socket) {
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_USER_TIMEOUT, &kUnacknowledgedMs,
               sizeof kUnacknowledgedMs);
}

}  // namespace

StreamConnections::~StreamConnections() {
  if (sweep_) core_.control.cancel(*sweep_);
}

Result<void> StreamConnections::use_tls(const TlsConfig& config) {
  TRY(tls_, TlsContexts::make(config));
  return {};
}

// ---- listening

Result<void> StreamConnections::listen(const ListenAddress& where) {
  if (where.transport == TransportKind::kTls && !tls_.can_accept()) {
    return {ErrorCode::kState, "TLS needs a certificate and its key"};
  }
  auto listener = std::make_unique<Listener>(io_, where);
  asio::ip::tcp::acceptor& acceptor = listener->acceptor;
  Code error;
  const auto endpoint = to_endpoint<asio::ip::tcp::endpoint>(where.address);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && where.address.ip().is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return {ErrorCode::kNetwork, std::string(to_string(where.transport)) + ' ' +
                                     where.address.to_string() + ": " + error.message()};
  }
  listeners_.push_back(std::move(listener));
  accept(*listeners_.back());
  return {};
}

SocketAddress StreamConnections::Listener::bound() const {
  Code error;
  const auto endpoint = acceptor.local_endpoint(error);
  return error ? SocketAddress() : SocketAddress::from_sockaddr(endpoint.data());
}

SocketAddress StreamConnections::bound(TransportKind kind) const {
  for (const auto& listener : listeners_) {
    if (listener->where.transport == kind) return listener->bound();
  }
  return {};
}

const StreamConnections::Listener* StreamConnections::listener_for(TransportKind kind,
                                                                   const IpAddress& peer) const {
  for (const auto& listener : listeners_) {
    const ListenAddress& where = listener->where;
    if (where.transport == kind && where.address.ip().family() == peer.family()) {
      return listener.get();
    }
  }
  return nullptr;
}

void StreamConnections::accept(Listener& listener) {
  listener.acceptor.async_accept(
      [this, &listener](const Code& error, asio::ip::tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (!error) adopt(listener, std::move(socket));
        if (error != asio::error::no_descriptors) return accept(listener);
        // Wait until some are closed.
        core_.control.after(100ms, [this, &listener] { accept(listener); });
      });
}

void StreamConnections::adopt(const Listener& listener, asio::ip::tcp::socket socket) {
  Code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;
  const SocketAddress peer = SocketAddress::from_sockaddr(endpoint.data());
  if (all_.size() >= kMaxConnections || from_source(peer.ip()) >= kMaxPerSource) {
    return core_.counters.add(TransportEvent::kTooManyConnections);
  }
  const SocketId id(++last_id_);
  const Target target{listener.where.transport, peer, id};
  Connection& connection =
      all_.try_emplace(id, io_, StreamFramer::Side::kAccepted, target).first->second;
  connection.socket = std::move(socket);
  connection.is_connected = true;
  connection.since = connection.heard = core_.control.now();
  limit_unacknowledged(connection.socket);
  if (target.transport == TransportKind::kTls) connection.tls.emplace(tls_.accept());
  read(id);
  if (!sweep_) sweep();
}

// ---- dialling

void StreamConnections::send(const Target& target, ByteSpan bytes) {
  SocketId id = target.connection;
  Connection* connection = find(id);
  if (!connection && id == SocketId()) connection = dial(target, id);
  if (!connection) {
    return core_.fail_later(target, {Kind::kClosed, "the connection is gone, or one too many"});
  }
  const bool is_ping = as_text(bytes) == kPing && connection->is_dialled();
  if (is_ping && connection->has_ponged && connection->pinged == kNever) {
    connection->pinged = core_.control.now();
  }
  enqueue(id, *connection, std::string(as_text(bytes)));
}

SocketAddress StreamConnections::local_address(const Target& target) {
  if (const Listener* listener = listener_for(target.transport, target.address.ip())) {
    const SocketAddress own = listener->bound();
    if (listener->where.advertised) return {*listener->where.advertised, own.port()};
    if (!own.ip().is_unspecified()) return own;
    return {source_address_toward(target.address), own.port()};
  }
  SocketId id = target.connection;
  Connection* connection = id == SocketId() ? dial(target, id) : find(id);
  const SocketAddress own = connection ? local_end(connection->socket) : SocketAddress();
  return own.is_set() ? own : SocketAddress(source_address_toward(target.address), 5060);
}

// A next hop that is known by its address alone (a Record-Route, mostly) is whoever proved to be
// there before: that connection is used again, and a new one must prove the same name.
Target StreamConnections::to_dial(Target target) const {
  if (target.transport != TransportKind::kTls || !IpAddress::parse(target.name)) return target;
  const auto proven = proven_.find(target.address);
  if (proven != proven_.end()) target.name = proven->second;
  return target;
}

StreamConnections::Connection* StreamConnections::dial(const Target& wanted, SocketId& id) {
  const Target target = to_dial(wanted);
  if (const auto known = dialled_.find(target); known != dialled_.end()) {
    id = known->second;
    return find(id);
  }
  if (all_.size() >= kMaxConnections) {
    core_.counters.add(TransportEvent::kTooManyConnections);
    return nullptr;
  }
  id = SocketId(++last_id_);
  dialled_[target] = id;
  Connection& connection =
      all_.try_emplace(id, io_, StreamFramer::Side::kDialled, target).first->second;
  connection.target.connection = id;
  connection.since = connection.heard = core_.control.now();
  connect(id, connection);
  if (!sweep_) sweep();
  return &connection;
}

void StreamConnections::connect(SocketId id, Connection& connection) {
  connection.socket.async_connect(to_endpoint<asio::ip::tcp::endpoint>(connection.target.address),
                                  [this, id](const Code& error) {
                                    if (!find(id) || error == asio::error::operation_aborted)
                                      return;
                                    if (error)
                                      return close(id, {Kind::kUnreachable, error.message()});
                                    on_connected(id);
                                  });
}

void StreamConnections::on_connected(SocketId id) {
  Connection& connection = *find(id);
  connection.is_connected = true;
  connection.since = connection.heard = core_.control.now();
  limit_unacknowledged(connection.socket);
  if (connection.target.transport == TransportKind::kTls) {
    connection.tls.emplace(tls_.dial(connection.target.name));
    // What has waited in clear goes through the session; only its bytes reach the wire.
    for (const std::string& plain : std::exchange(connection.queue, {})) {
      connection.tls->send(plain);
    }
    connection.queued = 0;
    enqueue(id, connection, {});
  }
  if (!find(id)) return;
  read(id);
  write(id);
}

// ---- reading

void StreamConnections::read(SocketId id) {
  Connection& connection = *find(id);
  connection.socket.async_read_some(asio::buffer(connection.buffer),
                                    [this, id](const Code& error, size_t size) {
                                      if (!find(id)) return;
                                      if (error) return close(id, {Kind::kClosed, error.message()});
                                      on_read(id, size);
                                    });
}

void StreamConnections::on_read(SocketId id, size_t size) {
  Connection* connection = find(id);
  connection->heard = core_.control.now();
  const std::string_view bytes(connection->buffer.data(), size);
  if (!connection->tls) {
    on_plain(id, bytes);
  } else {
    TlsSession& tls = *connection->tls;
    const bool was_open = tls.state() == TlsSession::State::kOpen;
    tls.receive(bytes);
    const bool is_proven = !was_open && tls.state() == TlsSession::State::kOpen;
    if (is_proven && connection->is_dialled()) {
      if (proven_.size() >= kMaxProven) proven_.clear();
      proven_[connection->target.address] = connection->target.name;
    }
    enqueue(id, *connection, {});  // what the session has to say
    on_plain(id, tls.take_plain());
    connection = find(id);
    if (!connection) return;
    if (connection->tls->state() == TlsSession::State::kEnded) {
      return close_when_written(id, connection->tls->fault());
    }
  }
  if (find(id)) read(id);
}

void StreamConnections::on_plain(SocketId id, std::string_view plain) {
  Connection* connection = find(id);
  connection->framer.receive(plain);
  while (auto frame = connection->framer.next()) {
    if (!deliver(id, std::move(*frame))) return;
    connection = find(id);  // the listener may have closed it
    if (!connection) return;
  }
  if (!connection->framer.partial()) {
    connection->partial_since = kNever;
  } else if (connection->partial_since == kNever) {
    connection->partial_since = connection->heard;
  }
}

bool StreamConnections::deliver(SocketId id, Frame frame) {
  Connection& connection = *find(id);
  const Target from = connection.target;
  switch (frame.kind) {
    case Frame::Kind::kPing:
      enqueue(id, connection, std::string(kPong));
      return find(id) != nullptr;
    case Frame::Kind::kPong:
      connection.has_ponged = true;
      connection.pinged = kNever;
      return true;
    case Frame::Kind::kMessage:
      connection.partial_since = kNever;
      connection.has_message = true;
      core_.listener.on_received(as_bytes(frame.bytes), from);
      return find(id) != nullptr;
    case Frame::Kind::kFault:
      break;
  }
  // Where the next message begins cannot be told any more. An answer may still go, then the end.
  core_.counters.add(TransportEvent::kFramingFault);
  if (!frame.bytes.empty()) core_.listener.on_received(as_bytes(frame.bytes), from);
  if (find(id)) close_when_written(id, {Kind::kClosed, "the stream holds no SIP messages"});
  return false;
}

// ---- writing

// With TLS the bytes pass the session first, which may have some of its own to add.
void StreamConnections::enqueue(SocketId id, Connection& connection, std::string bytes) {
  const size_t waiting = connection.queued + (connection.tls ? connection.tls->unsent() : 0);
  if (waiting + bytes.size() > kMaxQueued) {
    core_.counters.add(TransportEvent::kSendDropped);
    core_.control.post([this, id] { close(id, {Kind::kClosed, "the peer does not read"}); });
    return;
  }
  if (connection.tls) {
    connection.tls->send(bytes);
    bytes = connection.tls->take_wire();
  }
  if (bytes.empty()) return;
  connection.queued += bytes.size();
  connection.queue.push_back(std::move(bytes));
  write(id);
}

void StreamConnections::write(SocketId id) {
  Connection& connection = *find(id);
  if (connection.is_writing || !connection.is_connected || connection.queue.empty()) return;
  connection.is_writing = true;
  asio::async_write(connection.socket, asio::buffer(connection.queue.front()),
                    [this, id](const Code& error, size_t) {
                      Connection* written = find(id);
                      if (!written) return;
                      if (error) return close(id, {Kind::kClosed, error.message()});
                      written->is_writing = false;
                      written->queued -= written->queue.front().size();
                      written->queue.pop_front();
                      if (written->queue.empty() && written->closes_when_written) {
                        return close(id, written->last_words);
                      }
                      write(id);
                    });
}

// ---- ends

void StreamConnections::close_when_written(SocketId id, TransportFault fault) {
  Connection& connection = *find(id);
  if (fault.kind == Kind::kUntrusted) core_.counters.add(TransportEvent::kUntrusted);
  if (fault.kind == Kind::kHandshake) core_.counters.add(TransportEvent::kHandshakeFailed);
  connection.closes_when_written = true;
  connection.last_words = std::move(fault);
  if (!connection.is_writing) close(id, connection.last_words);
}

// Whoever has something under way over it hears of it: by the connection and, where we dialled it,
// by the target alone, as it was asked for.
void StreamConnections::close(SocketId id, TransportFault fault) {
  auto node = all_.extract(id);
  if (node.empty()) return;
  const Connection& connection = node.mapped();
  const bool never_opened = !connection.is_open();
  Target target = connection.target;
  if (!never_opened || !connection.is_dialled()) {
    core_.control.post([this, target, fault] { core_.listener.on_transport_error(target, fault); });
  }
  if (!connection.is_dialled()) return;
  target.connection = {};
  dialled_.erase(target);
  core_.fail_later(target, fault);
  // Who asked for it by its address only.
  if (target.transport != TransportKind::kTls) return;
  const std::string by_address = target.address.ip().to_string();
  if (target.name == by_address) return;
  target.name = by_address;
  core_.fail_later(target, std::move(fault));
}

std::optional<TransportFault> StreamConnections::overdue(const Connection& connection,
                                                         MonoTime now) {
  const Duration age = now - connection.since;
  const bool is_silent =
      !connection.is_dialled() && !connection.has_message && age > limits_.first_message;
  const bool is_slow =
      connection.partial_since != kNever && now - connection.partial_since > limits_.message;
  if (!connection.is_open() && age > limits_.connect) {
    if (connection.is_connected) core_.counters.add(TransportEvent::kMessageTooSlow);
    return TransportFault{Kind::kUnreachable, connection.is_connected
                                                  ? "the TLS handshake was not done in time"
                                                  : "no connection in time"};
  }
  if (is_slow || is_silent) {
    core_.counters.add(TransportEvent::kMessageTooSlow);
    return TransportFault{Kind::kClosed, "no whole message in time"};
  }
  if (connection.pinged != kNever && now - connection.pinged > limits_.pong) {
    core_.counters.add(TransportEvent::kFlowDead);
    return TransportFault{Kind::kClosed, "a keep-alive was not answered"};
  }
  if (now - connection.heard > limits_.idle)
    return TransportFault{Kind::kClosed, "idle for too long"};
  return std::nullopt;
}

void StreamConnections::sweep() {
  sweep_.reset();
  const MonoTime now = core_.control.now();
  std::vector<std::pair<SocketId, TransportFault>> over;
  for (const auto& [id, connection] : all_) {
    if (auto fault = overdue(connection, now)) over.emplace_back(id, std::move(*fault));
  }
  for (auto& [id, fault] : over) close(id, std::move(fault));
  if (!all_.empty()) sweep_ = core_.control.after(1s, [this] { sweep(); });
}

StreamConnections::Connection* StreamConnections::find(SocketId id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

size_t StreamConnections::from_source(const IpAddress& ip) const {
  return static_cast<size_t>(std::count_if(all_.begin(), all_.end(), [&](const auto& entry) {
    return entry.second.target.address.ip() == ip;
  }));
}

}  // namespace patchcord::sip

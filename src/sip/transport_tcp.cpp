// SPDX-License-Identifier: GPL-3.0-or-later
// The TCP half of Transport: connections by id, framing, queues with a limit, and a sweep once a
// second over what has become too slow or too old.
#include <algorithm>
#include <boost/asio/write.hpp>

#include "sip/message.h"
#include "sip/transport_impl.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;
using Code = boost::system::error_code;

constexpr Duration kMessageLimit = 10s;  // from the first byte of a message to its last
constexpr Duration kConnectLimit = 5s;
constexpr Duration kIdleLimit = 30min;  // a flow without a byte, keep-alives included

}  // namespace

TcpConnections::~TcpConnections() {
  if (sweep_) core_.control.cancel(*sweep_);
}

Result<void> TcpConnections::listen(const SocketAddress& address) {
  Code error;
  const auto endpoint = to_endpoint<asio::ip::tcp::endpoint>(address);
  acceptor_.emplace(io_);
  acceptor_->open(endpoint.protocol(), error);
  if (!error) acceptor_->set_option(asio::socket_base::reuse_address(true), error);
  if (!error && address.ip().is_v6()) acceptor_->set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor_->bind(endpoint, error);
  if (!error) acceptor_->listen(asio::socket_base::max_listen_connections, error);
  if (error) return {ErrorCode::kNetwork, "tcp:" + address.to_string() + ": " + error.message()};
  accept();
  return {};
}

SocketAddress TcpConnections::bound() const {
  Code error;
  if (!acceptor_) return {};
  const auto endpoint = acceptor_->local_endpoint(error);
  return error ? SocketAddress() : SocketAddress::from_sockaddr(endpoint.data());
}

void TcpConnections::accept() {
  acceptor_->async_accept([this](const Code& error, asio::ip::tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (!error) adopt(std::move(socket));
    if (error != asio::error::no_descriptors) return accept();
    core_.control.after(100ms, [this] { accept(); });  // wait until some are closed
  });
}

void TcpConnections::adopt(asio::ip::tcp::socket socket) {
  Code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return;
  const SocketAddress peer = SocketAddress::from_sockaddr(endpoint.data());
  if (all_.size() >= kMaxConnections || from_source(peer.ip()) >= kMaxPerSource) {
    return core_.counters.add(TransportEvent::kTooManyConnections);
  }
  const SocketId id(++last_id_);
  Connection& connection =
      all_.try_emplace(id, io_, StreamFramer::Side::kAccepted, peer).first->second;
  connection.socket = std::move(socket);
  connection.is_connected = true;
  connection.heard = core_.control.now();
  read(id);
  if (!sweep_) sweep();
}

void TcpConnections::send(const Target& target, ByteSpan bytes) {
  SocketId id = target.connection;
  Connection* connection = find(id);
  if (!connection && id == SocketId()) connection = dial(target.address, id);
  if (!connection) return core_.fail_later(target);
  enqueue(id, *connection, std::string(as_text(bytes)));
}

TcpConnections::Connection* TcpConnections::dial(const SocketAddress& peer, SocketId& id) {
  if (const auto known = dialled_.find(peer); known != dialled_.end()) {
    id = known->second;
    return find(id);
  }
  if (all_.size() >= kMaxConnections) {
    core_.counters.add(TransportEvent::kTooManyConnections);
    return nullptr;
  }
  id = SocketId(++last_id_);
  dialled_[peer] = id;
  Connection& connection =
      all_.try_emplace(id, io_, StreamFramer::Side::kDialled, peer).first->second;
  connection.heard = core_.control.now();
  connection.socket.async_connect(to_endpoint<asio::ip::tcp::endpoint>(peer),
                                  [this, id](const Code& error) {
                                    Connection* dialled = find(id);
                                    if (!dialled || error == asio::error::operation_aborted) return;
                                    if (error) return close(id);
                                    dialled->is_connected = true;
                                    dialled->heard = core_.control.now();
                                    read(id);
                                    write(id);
                                  });
  if (!sweep_) sweep();
  return &connection;
}

void TcpConnections::read(SocketId id) {
  Connection& connection = *find(id);
  connection.socket.async_read_some(asio::buffer(connection.buffer),
                                    [this, id](const Code& error, size_t size) {
                                      if (!find(id)) return;
                                      if (error) return close(id);
                                      on_read(id, size);
                                    });
}

void TcpConnections::on_read(SocketId id, size_t size) {
  Connection* connection = find(id);
  connection->heard = core_.control.now();
  connection->framer.receive(std::string_view(connection->buffer.data(), size));
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
  read(id);
}

bool TcpConnections::deliver(SocketId id, Frame frame) {
  Connection& connection = *find(id);
  const Target from = target_of(id, connection);
  switch (frame.kind) {
    case Frame::Kind::kPing:
      enqueue(id, connection, std::string(kPong));
      return find(id) != nullptr;
    case Frame::Kind::kPong:
      return true;
    case Frame::Kind::kMessage:
      connection.partial_since = kNever;
      core_.listener.on_received(as_bytes(frame.bytes), from);
      return find(id) != nullptr;
    case Frame::Kind::kFault:
      break;
  }
  // Where the next message begins cannot be told any more. An answer may still go, then the end.
  core_.counters.add(TransportEvent::kFramingFault);
  if (!frame.bytes.empty()) core_.listener.on_received(as_bytes(frame.bytes), from);
  Connection* faulty = find(id);
  if (!faulty) return false;
  faulty->closes_when_written = true;
  if (!faulty->is_writing) close(id);
  return false;
}

void TcpConnections::enqueue(SocketId id, Connection& connection, std::string bytes) {
  if (connection.queued + bytes.size() > kMaxQueued) {
    core_.counters.add(TransportEvent::kSendDropped);
    core_.control.post([this, id] { close(id); });  // a peer that does not read
    return;
  }
  connection.queued += bytes.size();
  connection.queue.push_back(std::move(bytes));
  write(id);
}

void TcpConnections::write(SocketId id) {
  Connection& connection = *find(id);
  if (connection.is_writing || !connection.is_connected || connection.queue.empty()) return;
  connection.is_writing = true;
  asio::async_write(connection.socket, asio::buffer(connection.queue.front()),
                    [this, id](const Code& error, size_t) {
                      Connection* written = find(id);
                      if (!written) return;
                      if (error) return close(id);
                      written->is_writing = false;
                      written->queued -= written->queue.front().size();
                      written->queue.pop_front();
                      if (written->queue.empty() && written->closes_when_written) return close(id);
                      write(id);
                    });
}

// Whoever has something under way over it hears of it: by the connection, and, where we dialled it
// and it took bytes with it, by the address alone.
void TcpConnections::close(SocketId id) {
  const auto it = all_.find(id);
  if (it == all_.end()) return;
  Connection& connection = it->second;
  const Target target = target_of(id, connection);
  const bool is_dialled = connection.side == StreamFramer::Side::kDialled;
  const bool lost_bytes = !connection.queue.empty();
  if (is_dialled) dialled_.erase(connection.peer);
  all_.erase(it);
  core_.control.post([this, target] { core_.listener.on_transport_error(target); });
  if (is_dialled && lost_bytes) core_.fail_later({target.transport, target.address, {}});
}

void TcpConnections::sweep() {
  sweep_.reset();
  const MonoTime now = core_.control.now();
  std::vector<SocketId> over;
  for (const auto& [id, connection] : all_) {
    const bool is_slow =
        connection.partial_since != kNever && now - connection.partial_since > kMessageLimit;
    const Duration quiet = now - connection.heard;
    if (is_slow) core_.counters.add(TransportEvent::kMessageTooSlow);
    if (is_slow || quiet > (connection.is_connected ? Duration(kIdleLimit) : kConnectLimit)) {
      over.push_back(id);
    }
  }
  for (const SocketId id : over) close(id);
  if (!all_.empty()) sweep_ = core_.control.after(1s, [this] { sweep(); });
}

TcpConnections::Connection* TcpConnections::find(SocketId id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

size_t TcpConnections::from_source(const IpAddress& ip) const {
  return static_cast<size_t>(std::count_if(
      all_.begin(), all_.end(), [&](const auto& entry) { return entry.second.peer.ip() == ip; }));
}

}  // namespace patchcord::sip

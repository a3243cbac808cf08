// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include "sip/transport_impl.h"

namespace patchcord::sip {

struct Transport::Impl {
  Impl(asio::io_context& io_, Executor& control, TransportListener& listener)
      : io(io_), core{control, listener}, tcp(io_, core) {}

  struct Udp {
    ListenAddress where;
    std::unique_ptr<UdpListener> socket;
  };

  // The socket bound to the address we are seen by, else one bound to all, else any of the family.
  const Udp* udp_for(const SocketAddress& peer) const {
    const IpAddress source = udp.size() > 1 ? source_address_toward(peer) : IpAddress();
    const Udp* best = nullptr;
    for (const Udp& candidate : udp) {
      const IpAddress& ip = candidate.where.address.ip();
      if (ip.family() != peer.ip().family()) continue;
      if (ip == source) return &candidate;
      if (!best || ip.is_unspecified()) best = &candidate;
    }
    return best;
  }

  asio::io_context& io;
  TransportCore core;
  std::vector<Udp> udp;
  TcpConnections tcp;
  std::optional<ListenAddress> tcp_where;
};

void TransportCore::fail_later(const Target& target) {
  counters.add(TransportEvent::kSendFailed);
  control.post([this, target] { listener.on_transport_error(target); });
}

Transport::Transport(asio::io_context& io, Executor& control, TransportListener& listener)
    : impl_(std::make_unique<Impl>(io, control, listener)) {}

Transport::~Transport() = default;

Result<void> Transport::listen(const ListenAddress& where) {
  switch (where.transport) {
    case TransportKind::kUdp: {
      auto socket = std::make_unique<UdpListener>(impl_->io, impl_->core);
      TRY_VOID(socket->open(where.address));
      impl_->udp.push_back({where, std::move(socket)});
      return {};
    }
    case TransportKind::kTcp:
      TRY_VOID(impl_->tcp.listen(where.address));
      impl_->tcp_where = where;
      return {};
    case TransportKind::kTls:
      return {ErrorCode::kUnsupported, "SIP over TLS is not there yet"};
  }
  return {};
}

SocketAddress Transport::bound(TransportKind transport) const {
  if (transport == TransportKind::kTcp) return impl_->tcp.bound();
  return impl_->udp.empty() ? SocketAddress() : impl_->udp.front().socket->bound();
}

void Transport::send(const Target& target, ByteSpan bytes) {
  switch (target.transport) {
    case TransportKind::kUdp:
      if (const Impl::Udp* udp = impl_->udp_for(target.address)) {
        return udp->socket->send(target, bytes);
      }
      break;
    case TransportKind::kTcp:
      return impl_->tcp.send(target, bytes);
    case TransportKind::kTls:
      break;
  }
  impl_->core.fail_later(target);
}

SocketAddress Transport::local_address(const Target& target) const {
  const ListenAddress* where = nullptr;
  SocketAddress own = bound(target.transport);
  if (target.transport == TransportKind::kUdp) {
    if (const Impl::Udp* udp = impl_->udp_for(target.address)) {
      where = &udp->where;
      own = udp->socket->bound();
    }
  } else if (impl_->tcp_where) {
    where = &*impl_->tcp_where;
  }
  if (where && where->advertised) return {*where->advertised, own.port()};
  if (own.is_set() && !own.ip().is_unspecified()) return own;
  return {source_address_toward(target.address), own.port() == 0 ? uint16_t{5060} : own.port()};
}

size_t Transport::connection_count() const {
  return impl_->tcp.size();
}
const Counters<TransportEvent>& Transport::counters() const {
  return impl_->core.counters;
}

// Connecting a datagram socket sends nothing; it makes the system choose the route.
IpAddress source_address_toward(const SocketAddress& peer) {
  const int fd = ::socket(peer.ip().is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return {};
  sockaddr_storage storage{};
  const socklen_t size = peer.to_sockaddr(storage);
  IpAddress found;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&storage), size) == 0) {
    socklen_t own_size = sizeof(storage);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &own_size) == 0) {
      found = SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage)).ip();
    }
  }
  ::close(fd);
  return found;
}

// ---- UDP

Result<void> UdpListener::open(const SocketAddress& address) {
  boost::system::error_code error;
  const auto endpoint = to_endpoint<asio::ip::udp::endpoint>(address);
  socket_.open(endpoint.protocol(), error);
  if (!error && address.ip().is_v6()) socket_.set_option(asio::ip::v6_only(true), error);
  if (!error) socket_.bind(endpoint, error);
  if (!error) socket_.non_blocking(true, error);
  if (error) return {ErrorCode::kNetwork, "udp:" + address.to_string() + ": " + error.message()};
  // A burst of calls must find room; the system may grant less.
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::receive_buffer_size(1 << 21), ignored);
  wait();
  return {};
}

void UdpListener::wait() {
  socket_.async_wait(asio::socket_base::wait_read, [this](const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    receive();
    wait();
  });
}

void UdpListener::receive() {
  for (int i = 0; i < kMaxPerTurn; ++i) {
    boost::system::error_code error;
    const size_t size = socket_.receive_from(asio::buffer(buffer_), from_, 0, error);
    if (error == asio::error::would_block) return;
    if (error) continue;  // the ICMP answer to an earlier datagram: says nothing of this one
    const Target from{TransportKind::kUdp, SocketAddress::from_sockaddr(from_.data()), {}};
    core_.listener.on_received(ByteSpan(buffer_.data(), size), from);
  }
}

void UdpListener::send(const Target& target, ByteSpan bytes) {
  boost::system::error_code error;
  socket_.send_to(asio::buffer(bytes.data(), bytes.size()),
                  to_endpoint<asio::ip::udp::endpoint>(target.address), 0, error);
  if (error == asio::error::would_block || error == asio::error::no_buffer_space) {
    core_.counters.add(TransportEvent::kSendDropped);
  } else if (error && error != asio::error::connection_refused) {
    core_.fail_later(target);
  }
}

SocketAddress UdpListener::bound() const {
  boost::system::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? SocketAddress() : SocketAddress::from_sockaddr(endpoint.data());
}

}  // namespace patchcord::sip

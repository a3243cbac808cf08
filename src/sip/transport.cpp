// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/transport.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <system_error>

#include "sip/transport_impl.h"

namespace patchcord::sip {

struct Transport::Impl {
  Impl(asio::io_context& io_, Executor& control, TransportListener& listener,
       const TransportLimits& limits)
      : io(io_), core{control, listener}, streams(io_, core, limits) {}

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
  StreamConnections streams;
};

void TransportCore::fail_later(const Target& target, TransportFault fault) {
  counters.add(TransportEvent::kSendFailed);
  control.post(
      [this, target, fault = std::move(fault)] { listener.on_transport_error(target, fault); });
}

Transport::Transport(asio::io_context& io, Executor& control, TransportListener& listener,
                     TransportLimits limits)
    : impl_(std::make_unique<Impl>(io, control, listener, limits)) {}

Transport::~Transport() = default;

Result<void> Transport::use_tls(const TlsConfig& config) {
  return impl_->streams.use_tls(config);
}

Result<void> Transport::listen(const ListenAddress& where) {
  if (is_reliable(where.transport)) return impl_->streams.listen(where);
  auto socket = std::make_unique<UdpListener>(impl_->io, impl_->core);
  TRY_VOID(socket->open(where.address));
  impl_->udp.push_back({where, std::move(socket)});
  return {};
}

SocketAddress Transport::bound(TransportKind transport) const {
  if (is_reliable(transport)) return impl_->streams.bound(transport);
  return impl_->udp.empty() ? SocketAddress() : impl_->udp.front().socket->bound();
}

void Transport::send(const Target& target, ByteSpan bytes) {
  if (is_reliable(target.transport)) return impl_->streams.send(target, bytes);
  const Impl::Udp* udp = impl_->udp_for(target.address);
  if (udp) return udp->socket->send(target, bytes);
  impl_->core.fail_later(target, {.text = "no UDP listener of that address family"});
}

SocketAddress Transport::local_address(const Target& target) {
  if (is_reliable(target.transport)) return impl_->streams.local_address(target);
  const Impl::Udp* udp = impl_->udp_for(target.address);
  if (!udp) return {source_address_toward(target.address), 5060};
  const SocketAddress own = udp->socket->bound();
  if (udp->where.advertised) return {*udp->where.advertised, own.port()};
  if (!own.ip().is_unspecified()) return own;
  return {source_address_toward(target.address), own.port()};
}

size_t Transport::connection_count() const {
  return impl_->streams.size();
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
  const int on = 1;
  const bool is_v6 = address.ip().is_v6();
  ::setsockopt(socket_.native_handle(), is_v6 ? IPPROTO_IPV6 : IPPROTO_IP,
               is_v6 ? IPV6_RECVERR : IP_RECVERR, &on, sizeof on);
  // A burst of calls must find room; the system may grant less.
  boost::system::error_code ignored;
  socket_.set_option(asio::socket_base::receive_buffer_size(1 << 21), ignored);
  wait();
  return {};
}

void UdpListener::wait() {
  socket_.async_wait(asio::socket_base::wait_read, [this](const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted) return;
    tell_refusals();
    receive();
    wait();
  });
}

void UdpListener::receive() {
  for (int i = 0; i < kMaxPerTurn; ++i) {
    boost::system::error_code error;
    const size_t size = socket_.receive_from(asio::buffer(buffer_), from_, 0, error);
    if (error == asio::error::would_block) return;
    if (error) {  // of an earlier datagram
      tell_refusals();
      continue;
    }
    const Target from{TransportKind::kUdp, SocketAddress::from_sockaddr(from_.data()), {}};
    core_.listener.on_received(ByteSpan(buffer_.data(), size), from);
  }
}

// The ICMP errors the system has kept, each with the address its datagram had gone to.
void UdpListener::tell_refusals() {
  for (int i = 0; i < kMaxPerTurn; ++i) {
    sockaddr_storage peer{};
    std::array<char, 512> control{};
    msghdr message{};
    message.msg_name = &peer;
    message.msg_namelen = sizeof peer;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket_.native_handle(), &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
      const bool is_error = (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_RECVERR) ||
                            (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_RECVERR);
      if (!is_error) continue;
      sock_extended_err error{};
      std::memcpy(&error, CMSG_DATA(part), sizeof error);
      const Target target{TransportKind::kUdp,
                          SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&peer)),
                          {}};
      core_.fail_later(target, {TransportFault::Kind::kRefused,
                                std::generic_category().message(static_cast<int>(error.ee_errno))});
    }
  }
}

void UdpListener::send(const Target& target, ByteSpan bytes) {
  const auto endpoint = to_endpoint<asio::ip::udp::endpoint>(target.address);
  boost::system::error_code error;
  const auto send_once = [&] {
    socket_.send_to(asio::buffer(bytes.data(), bytes.size()), endpoint, 0, error);
  };
  send_once();
  if (error == asio::error::connection_refused || error == asio::error::host_unreachable) {
    tell_refusals();  // of an earlier datagram, to anybody: this one was not sent yet
    send_once();
  }
  if (error == asio::error::would_block || error == asio::error::no_buffer_space) {
    core_.counters.add(TransportEvent::kSendDropped);
  } else if (error) {
    core_.fail_later(target, {.text = error.message()});
  }
}

SocketAddress UdpListener::bound() const {
  boost::system::error_code error;
  const auto endpoint = socket_.local_endpoint(error);
  return error ? SocketAddress() : SocketAddress::from_sockaddr(endpoint.data());
}

}  // namespace patchcord::sip

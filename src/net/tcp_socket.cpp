// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/tcp_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "net/receive_slab.h"

namespace patchcord::net {
namespace {

constexpr int kBacklog = 512;
// Bytes; the system takes twice that, and counts its own overhead: about a second of sound.
constexpr int kSendBuffer = 16 << 10;
constexpr int kExpeditedForwarding = 46 << 2;  // DSCP EF for voice, RFC 8837 section 5

Error socket_error(const char* what, const SocketAddress& local) {
  return {ErrorCode::kNetwork,
          std::string(what) + " TCP " + local.to_string() + ": " + std::strerror(errno)};
}

void set_option(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

SocketAddress local_of(int descriptor) {
  sockaddr_storage name{};
  socklen_t length = sizeof name;
  if (getsockname(descriptor, reinterpret_cast<sockaddr*>(&name), &length) != 0) return {};
  return SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&name));
}

FileDescriptor spare() {
  return FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

bool is_later() {
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR || errno == ENOBUFS;
}

}  // namespace

// ---- a connection

TcpConnection::TcpConnection(FileDescriptor descriptor, const SocketAddress& local,
                             const SocketAddress& peer)
    : Port(local), descriptor_(std::move(descriptor)), peer_(peer) {
  set_option(descriptor_.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor_.get(), SOL_SOCKET, SO_SNDBUF, kSendBuffer);
  set_option(descriptor_.get(), IPPROTO_IP, IP_TOS, kExpeditedForwarding);
  if (local.ip().is_v6()) {
    set_option(descriptor_.get(), IPPROTO_IPV6, IPV6_TCLASS, kExpeditedForwarding);
  }
}

// One read at a time: a peer that sends much must not hold up the others of this loop.
std::span<Datagram> TcpConnection::receive(ReceiveSlab& slab) {
  if (!is_broken_ && !frames_.has_frame()) read();
  size_t count = 0;
  while (count < kBatch) {
    const auto frame = frames_.next();
    if (!frame) break;
    const MutableByteSpan buffer = slab.buffer(count).first(frame->size());
    std::copy(frame->begin(), frame->end(), buffer.begin());
    slab.datagrams()[count++] = {buffer, peer_, local().ip()};
  }
  counters_.add(PortCount::kReceived, count);
  if (frames_.is_broken() && !is_broken_) {
    counters_.add(PortCount::kTooLarge);
    break_off();
  }
  return std::span(slab.datagrams()).first(count);
}

void TcpConnection::read() {
  const MutableByteSpan space = frames_.space();
  const ssize_t size = recv(descriptor_.get(), space.data(), space.size(), MSG_DONTWAIT);
  if (size > 0) return frames_.take(static_cast<size_t>(size));
  if (size == 0 || !is_later()) break_off();
}

void TcpConnection::send(std::span<const Outgoing> batch) {
  for (const Outgoing& outgoing : batch) {
    if (is_broken_ || !send_rest()) {
      counters_.add(is_broken_ ? PortCount::kSendFailed : PortCount::kSendBlocked);
    } else {
      send_frame(outgoing.bytes);
    }
  }
}

// False: there is still some of it, or the connection broke.
bool TcpConnection::send_rest() {
  if (rest_begin_ == rest_end_) return true;
  const ssize_t sent = ::send(descriptor_.get(), rest_.data() + rest_begin_,
                              rest_end_ - rest_begin_, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    note_failure();
    return false;
  }
  rest_begin_ += static_cast<size_t>(sent);
  return rest_begin_ == rest_end_;
}

void TcpConnection::send_frame(ByteSpan bytes) {
  std::array<uint8_t, kFrameHeader> header{static_cast<uint8_t>(bytes.size() >> 8),
                                           static_cast<uint8_t>(bytes.size())};
  std::array<iovec, 2> parts{
      {{header.data(), header.size()}, {const_cast<uint8_t*>(bytes.data()), bytes.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t sent = sendmsg(descriptor_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) {
    note_failure();
    counters_.add(is_broken_ ? PortCount::kSendFailed : PortCount::kSendBlocked);
    return;
  }
  counters_.add(PortCount::kSent);
  keep_rest(header, bytes, static_cast<size_t>(sent));
}

void TcpConnection::keep_rest(std::span<const uint8_t> header, ByteSpan bytes, size_t sent) {
  const size_t from_header = std::min(sent, header.size());
  const ByteSpan unsent = bytes.subspan(sent - from_header);
  auto out =
      std::copy(header.begin() + static_cast<ptrdiff_t>(from_header), header.end(), rest_.begin());
  out = std::copy(unsent.begin(), unsent.end(), out);
  rest_begin_ = 0;
  rest_end_ = static_cast<size_t>(out - rest_.begin());
}

void TcpConnection::note_failure() {
  if (!is_later()) break_off();
}

// The loop sees the end of the stream and asks for what is left: the holder learns it then.
void TcpConnection::break_off() {
  if (is_broken_) return;
  is_broken_ = true;
  shutdown(descriptor_.get(), SHUT_RDWR);
}

// ---- the listener

Result<std::unique_ptr<TcpListener>> TcpListener::listen(const SocketAddress& local) {
  const bool is_v6 = local.ip().is_v6();
  FileDescriptor descriptor(
      socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.is_open()) return socket_error("cannot open", local);
  if (is_v6) set_option(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  set_option(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  sockaddr_storage name;
  const socklen_t length = local.to_sockaddr(name);
  if (::bind(descriptor.get(), reinterpret_cast<sockaddr*>(&name), length) != 0 ||
      ::listen(descriptor.get(), kBacklog) != 0) {
    return socket_error("cannot listen on", local);
  }
  const uint16_t port = local_of(descriptor.get()).port();
  return std::make_unique<TcpListener>(std::move(descriptor), spare(),
                                       SocketAddress(local.ip(), port));
}

TcpListener::TcpListener(FileDescriptor descriptor, FileDescriptor reserve,
                         const SocketAddress& local)
    : Listener(local), descriptor_(std::move(descriptor)), reserve_(std::move(reserve)) {}

std::optional<Listener::Accepted> TcpListener::accept() {
  sockaddr_storage name{};
  FileDescriptor connection = accept_one(name);
  if (!connection.is_open()) {
    if (errno == EMFILE || errno == ENFILE) refuse_one();
    return std::nullopt;
  }
  const SocketAddress own = local_of(connection.get());
  const SocketAddress peer = SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&name));
  return Accepted{std::make_unique<TcpConnection>(std::move(connection), own, peer), peer};
}

FileDescriptor TcpListener::accept_one(sockaddr_storage& name) {
  socklen_t length = sizeof name;
  return FileDescriptor(accept4(descriptor_.get(), reinterpret_cast<sockaddr*>(&name), &length,
                                SOCK_NONBLOCK | SOCK_CLOEXEC));
}

// No descriptor is left: one that waits is turned away, or the loop would be woken for it for ever.
void TcpListener::refuse_one() {
  reserve_ = FileDescriptor();
  sockaddr_storage name;
  accept_one(name);
  reserve_ = spare();
}

}  // namespace patchcord::net

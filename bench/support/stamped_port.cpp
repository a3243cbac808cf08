// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/support/stamped_port.h"

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cstring>
#include <utility>

#include "bench/support/free_ports.h"
#include "net/receive_slab.h"

namespace patchcord::bench {
namespace {

// Stamps are of the wall clock; how long ago that was holds for every clock.
Duration age(const timespec& stamp) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return std::chrono::seconds(now.tv_sec - stamp.tv_sec) +
         std::chrono::nanoseconds(now.tv_nsec - stamp.tv_nsec);
}

Duration age_of(msghdr& header) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec stamp;
    std::memcpy(&stamp, CMSG_DATA(item), sizeof stamp);
    return age(stamp);
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<StampedPort>> StampedPort::bind(const Clock& clock) {
  net::FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage name;
  socklen_t length = SocketAddress(loopback(), 0).to_sockaddr(name);
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  const int one = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
  if (::bind(socket.get(), address, length) != 0) {
    return {ErrorCode::kNetwork, "cannot bind a UDP port of the loopback"};
  }
  length = sizeof name;
  getsockname(socket.get(), address, &length);
  return std::make_unique<StampedPort>(std::move(socket), SocketAddress::from_sockaddr(address),
                                       clock);
}

StampedPort::StampedPort(net::FileDescriptor descriptor, const SocketAddress& local,
                         const Clock& clock)
    : Port(local), descriptor_(std::move(descriptor)), clock_(clock) {}

std::span<net::Datagram> StampedPort::receive(net::ReceiveSlab& slab) {
  sockaddr_storage name;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(timespec))> control;
  const MutableByteSpan buffer = slab.buffer(0);
  iovec vector{buffer.data(), buffer.size()};
  msghdr header{};
  header.msg_name = &name;
  header.msg_namelen = sizeof name;
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t size = recvmsg(descriptor_.get(), &header, MSG_DONTWAIT);
  if (size < 0) return {};
  arrived_ = clock_.now() - age_of(header);
  slab.datagrams()[0] = {buffer.first(static_cast<size_t>(size)),
                         SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&name)),
                         {}};
  return std::span(slab.datagrams()).first(1);
}

void StampedPort::send(std::span<const net::Outgoing> batch) {
  for (const net::Outgoing& outgoing : batch) {
    sockaddr_storage name;
    const socklen_t length = outgoing.to.to_sockaddr(name);
    sendto(descriptor_.get(), outgoing.bytes.data(), outgoing.bytes.size(), 0,
           reinterpret_cast<const sockaddr*>(&name), length);
  }
}

}  // namespace patchcord::bench

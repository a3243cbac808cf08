// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/udp_socket.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "net/receive_slab.h"
#include "net/tcp_socket.h"

namespace patchcord::net {
namespace {

constexpr int kSharedBuffer = 4 << 20;         // bytes; the system may give less
constexpr int kExpeditedForwarding = 46 << 2;  // DSCP EF for voice, RFC 8837 section 5

Error socket_error(const char* what, const SocketAddress& local) {
  return {ErrorCode::kNetwork,
          std::string(what) + " UDP " + local.to_string() + ": " + std::strerror(errno)};
}

void set_option(int descriptor, int level, int name, int value) {
  setsockopt(descriptor, level, name, &value, sizeof value);
}

void set_options(int descriptor, bool is_v6, PortKind kind) {
  if (is_v6) {
    set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    set_option(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set_option(descriptor, IPPROTO_IPV6, IPV6_TCLASS, kExpeditedForwarding);
  }
  // On an IPv6 socket the IPv4 options are for what comes from IPv4 peers.
  set_option(descriptor, IPPROTO_IP, IP_TOS, kExpeditedForwarding);
  if (!is_v6) set_option(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
  if (kind == PortKind::kShared) {
    set_option(descriptor, SOL_SOCKET, SO_RCVBUF, kSharedBuffer);
    set_option(descriptor, SOL_SOCKET, SO_SNDBUF, kSharedBuffer);
  }
}

IpAddress ip_of(const in_addr& address) {
  const uint32_t host = ntohl(address.s_addr);
  return IpAddress::v4(static_cast<uint8_t>(host >> 24), static_cast<uint8_t>(host >> 16),
                       static_cast<uint8_t>(host >> 8), static_cast<uint8_t>(host));
}

IpAddress ip_of(const in6_addr& address) {
  sockaddr_in6 name{};
  name.sin6_family = AF_INET6;
  name.sin6_addr = address;
  return SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&name)).ip();
}

// Which of our addresses a datagram was sent to.
IpAddress destination(msghdr& header) {
  for (cmsghdr* item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
    if (item->cmsg_level == IPPROTO_IP && item->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(item), sizeof info);
      return ip_of(info.ipi_addr);
    }
    if (item->cmsg_level == IPPROTO_IPV6 && item->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(item), sizeof info);
      return ip_of(info.ipi6_addr);
    }
  }
  return {};
}

in6_addr mapped(const IpAddress& ip) {  // IPv4 as an IPv6 socket says it
  in6_addr out{};
  if (ip.is_v6()) {
    std::memcpy(&out, ip.bytes().data(), sizeof out);
  } else {
    out.s6_addr[10] = out.s6_addr[11] = 0xff;
    std::memcpy(out.s6_addr + 12, ip.bytes().data(), 4);
  }
  return out;
}

// One message for sendmmsg; it points into itself, so it is filled in place and never moved.
class Message {
 public:
  void fill(mmsghdr& header, const Outgoing& outgoing, bool socket_is_v6) {
    header = {};
    vector_ = {const_cast<uint8_t*>(outgoing.bytes.data()), outgoing.bytes.size()};
    header.msg_hdr.msg_iov = &vector_;
    header.msg_hdr.msg_iovlen = 1;
    header.msg_hdr.msg_name = &name_;
    header.msg_hdr.msg_namelen = set_name(outgoing.to, socket_is_v6);
    if (outgoing.from.family() == IpAddress::Family::kNone) return;
    header.msg_hdr.msg_control = control_.data();
    header.msg_hdr.msg_controllen = set_source(outgoing.from, socket_is_v6);
  }

 private:
  socklen_t set_name(const SocketAddress& to, bool socket_is_v6) {
    if (!socket_is_v6) return to.to_sockaddr(name_);
    auto& name = reinterpret_cast<sockaddr_in6&>(name_);
    name = {};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(to.port());
    name.sin6_addr = mapped(to.ip());
    return sizeof name;
  }

  size_t set_source(const IpAddress& from, bool socket_is_v6) {
    auto* item = reinterpret_cast<cmsghdr*>(control_.data());
    if (socket_is_v6) {
      in6_pktinfo info{};
      info.ipi6_addr = mapped(from);
      item->cmsg_level = IPPROTO_IPV6;
      item->cmsg_type = IPV6_PKTINFO;
      item->cmsg_len = CMSG_LEN(sizeof info);
      std::memcpy(CMSG_DATA(item), &info, sizeof info);
      return CMSG_SPACE(sizeof info);
    }
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, from.bytes().data(), 4);
    item->cmsg_level = IPPROTO_IP;
    item->cmsg_type = IP_PKTINFO;
    item->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(item), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
  }

  iovec vector_;
  sockaddr_storage name_;
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control_;
};

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(const SocketAddress& local, PortKind kind) {
  const bool is_v6 = local.ip().is_v6();
  FileDescriptor descriptor(
      socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.is_open()) return socket_error("cannot open", local);
  set_options(descriptor.get(), is_v6, kind);
  sockaddr_storage name;
  socklen_t length = local.to_sockaddr(name);
  if (::bind(descriptor.get(), reinterpret_cast<sockaddr*>(&name), length) != 0) {
    return socket_error("cannot bind", local);
  }
  length = sizeof name;
  if (getsockname(descriptor.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    return socket_error("cannot name", local);
  }
  const uint16_t port =
      SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&name)).port();
  return std::make_unique<UdpSocket>(std::move(descriptor), SocketAddress(local.ip(), port));
}

UdpSocket::UdpSocket(FileDescriptor descriptor, const SocketAddress& local)
    : Port(local), descriptor_(std::move(descriptor)) {}

std::span<Datagram> UdpSocket::receive(ReceiveSlab& slab) {
  const int count =
      recvmmsg(descriptor_.get(), slab.headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
  if (count < 0) {
    if (errno != EAGAIN && errno != EINTR) counters_.add(PortCount::kIcmpError);
    return {};
  }
  const auto received = static_cast<size_t>(count);
  size_t kept = 0;
  for (size_t i = 0; i < received; ++i) {
    msghdr& header = slab.headers_[i].msg_hdr;
    if ((header.msg_flags & MSG_TRUNC) != 0) {
      counters_.add(PortCount::kTooLarge);
      continue;
    }
    slab.datagrams_[kept++] = {
        MutableByteSpan(slab.buffers_[i]).first(slab.headers_[i].msg_len),
        SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&slab.names_[i])),
        destination(header)};
  }
  counters_.add(PortCount::kReceived, kept);
  slab.rearm(received);
  return std::span(slab.datagrams_).first(kept);
}

void UdpSocket::send(std::span<const Outgoing> batch) {
  std::array<mmsghdr, kBatch> headers;
  std::array<Message, kBatch> messages;
  const size_t size = std::min(batch.size(), kBatch);
  for (size_t i = 0; i < size; ++i) messages[i].fill(headers[i], batch[i], local().ip().is_v6());
  size_t done = 0;
  bool tried_again = false;
  while (done < size) {
    const int sent = sendmmsg(descriptor_.get(), headers.data() + done,
                              static_cast<unsigned>(size - done), MSG_DONTWAIT);
    if (sent > 0) {
      counters_.add(PortCount::kSent, static_cast<uint64_t>(sent));
      done += static_cast<size_t>(sent);
      tried_again = false;
    } else if (errno == EAGAIN || errno == ENOBUFS) {
      counters_.add(PortCount::kSendBlocked, size - done);
      return;
    } else if ((errno == EINTR || errno == ECONNREFUSED) && !tried_again) {
      // A refusal speaks of an earlier datagram and is told once: this one was not tried yet.
      if (errno == ECONNREFUSED) counters_.add(PortCount::kIcmpError);
      tried_again = true;
    } else {
      counters_.add(PortCount::kSendFailed);
      ++done;
      tried_again = false;
    }
  }
}

Result<std::unique_ptr<Port>> SystemWire::bind(const SocketAddress& local, PortKind kind) {
  TRY(std::unique_ptr<Port> port, UdpSocket::bind(local, kind));
  return port;
}

Result<std::unique_ptr<Listener>> SystemWire::listen(const SocketAddress& local) {
  TRY(std::unique_ptr<Listener> listener, TcpListener::listen(local));
  return listener;
}

}  // namespace patchcord::net

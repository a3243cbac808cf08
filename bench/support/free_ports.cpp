// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench/support/free_ports.h"

#include <sys/socket.h>

#include <vector>

#include "net/file_descriptor.h"

namespace patchcord::bench {
namespace {

constexpr int kAttempts = 1000;

// Not open when the port is taken. Port 0 becomes the one the system gave.
net::FileDescriptor bound(PortType type, uint16_t& port) {
  const int kind = type == PortType::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  net::FileDescriptor socket(::socket(AF_INET, kind | SOCK_CLOEXEC, 0));
  sockaddr_storage name;
  socklen_t length = SocketAddress(loopback(), port).to_sockaddr(name);
  auto* const address = reinterpret_cast<sockaddr*>(&name);
  if (::bind(socket.get(), address, length) != 0) return {};
  length = sizeof name;
  getsockname(socket.get(), address, &length);
  port = SocketAddress::from_sockaddr(address).port();
  return socket;
}

bool are_free(PortType type, uint16_t first, int count) {
  std::vector<net::FileDescriptor> held;
  for (int i = 0; i < count; ++i) {
    uint16_t port = static_cast<uint16_t>(first + i);
    held.push_back(bound(type, port));
    if (!held.back().is_open()) return false;
  }
  return true;
}

}  // namespace

uint16_t free_ports(PortType type, int count) {
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    uint16_t first = 0;
    bound(type, first);
    if (count > 1) first = static_cast<uint16_t>(first & ~1);
    if (first != 0 && first + count <= 65536 && are_free(type, first, count)) return first;
  }
  return 0;
}

}  // namespace patchcord::bench

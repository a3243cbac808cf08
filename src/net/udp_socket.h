// SPDX-License-Identifier: GPL-3.0-or-later
// UdpSocket: a Port over a non-blocking socket of the operating system, in batches (recvmmsg,
// sendmmsg); and SystemWire, which binds them and the TCP listeners of tcp_socket.h. Answers can
// leave from the address the question came to, also when bound to every address (IP_PKTINFO).
// Nothing a datagram or an ICMP message does closes it. It knows no protocol. Thread: that of its
// holder. Owner: media (Worker, PortPair).
#pragma once

#include <memory>
#include <span>

#include "core/address.h"
#include "core/result.h"
#include "net/file_descriptor.h"
#include "net/wire.h"

namespace patchcord::net {

class UdpSocket final : public Port {
 public:
  // See Wire::bind.
  static Result<std::unique_ptr<UdpSocket>> bind(const SocketAddress& local, PortKind kind);
  UdpSocket(FileDescriptor descriptor, const SocketAddress& local);

  std::span<Datagram> receive(ReceiveSlab& slab) override;
  void send(std::span<const Outgoing> batch) override;
  int descriptor() const override { return descriptor_.get(); }

 private:
  FileDescriptor descriptor_;
};

class SystemWire final : public Wire {
 public:
  Result<std::unique_ptr<Port>> bind(const SocketAddress& local, PortKind kind) override;
  Result<std::unique_ptr<Listener>> listen(const SocketAddress& local) override;
};

}  // namespace patchcord::net

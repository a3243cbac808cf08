// SPDX-License-Identifier: GPL-3.0-or-later
// StampedPort: a UDP port of the loopback that tells when the system received each datagram
// (SO_TIMESTAMPNS), so that a measurement does not contain the time until we were woken.
// Thread: that of its loop.
#pragma once

#include <memory>

#include "core/result.h"
#include "core/time.h"
#include "net/file_descriptor.h"
#include "net/wire.h"

namespace patchcord::bench {

class StampedPort final : public net::Port {
 public:
  // Errors: kNetwork.
  static Result<std::unique_ptr<StampedPort>> bind(const Clock& clock);
  StampedPort(net::FileDescriptor descriptor, const SocketAddress& local, const Clock& clock);

  // One datagram at a time; arrived() is about that one.
  std::span<net::Datagram> receive(net::ReceiveSlab& slab) override;
  void send(std::span<const net::Outgoing> batch) override;
  int descriptor() const override { return descriptor_.get(); }
  MonoTime arrived() const { return arrived_; }  // on the clock given to bind()

 private:
  net::FileDescriptor descriptor_;
  const Clock& clock_;
  MonoTime arrived_;
};

}  // namespace patchcord::bench

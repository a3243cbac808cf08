// SPDX-License-Identifier: GPL-3.0-or-later
// ReceiveSlab: the buffers one loop receives into, and the system's headers that point at them,
// laid out once so that a receive initialises nothing. A batch lies in it until the next receive.
// Thread: that of the loop. Owner: Loop.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.h"
#include "net/wire.h"

namespace patchcord::net {

class ReceiveSlab {
 public:
  ReceiveSlab();
  ReceiveSlab(const ReceiveSlab&) = delete;
  ReceiveSlab& operator=(const ReceiveSlab&) = delete;

  // kMaxDatagram bytes, with kTailroom more behind them; index < kBatch.
  MutableByteSpan buffer(size_t index) {
    return MutableByteSpan(buffers_[index]).first(kMaxDatagram);
  }
  std::array<Datagram, kBatch>& datagrams() { return datagrams_; }

 private:
  friend class UdpSocket;
  // One in6_pktinfo and its header; IPv4's is smaller.
  static constexpr size_t kControlSize = 64;
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, kControlSize> bytes;
  };

  void rearm(size_t count);  // the first `count` headers, after the system wrote into them

  std::array<std::array<uint8_t, kMaxDatagram + kTailroom>, kBatch> buffers_;
  std::array<Datagram, kBatch> datagrams_;
  std::array<mmsghdr, kBatch> headers_{};
  std::array<iovec, kBatch> vectors_{};
  std::array<sockaddr_in6, kBatch> names_{};  // holds a sockaddr_in as well
  std::array<Control, kBatch> controls_{};
};

}  // namespace patchcord::net

// SPDX-License-Identifier: GPL-3.0-or-later
// HeldPackets: the newest few datagrams of senders that nobody believes yet, in the order they
// came: a phone's first sound overtakes its answer on the way through the signalling. It judges
// nobody; whoever takes them out does. All its memory is there from the start.
// Thread: media. Owner: RtpEndpoint, only while an answer is awaited.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/time.h"
#include "media/pipe.h"
#include "net/wire.h"

namespace patchcord::media {

class HeldPackets {
 public:
  static constexpr size_t kCount = 8;
  static constexpr size_t kLongest = 512;  // bytes; 60 ms of G.711 fit

  struct Held {
    net::Datagram datagram;  // valid until the next keep()
    MonoTime at;
  };

  // Copies it, at most kLongest bytes. The sender of the oldest, if that gave way.
  std::optional<SocketAddress> keep(const net::Datagram& datagram, MonoTime now) {
    std::optional<SocketAddress> displaced;
    if (size_ == kCount) {
      displaced = slots_[first_].from;
      drop_oldest();
    }
    Slot& slot = slots_[(first_ + size_) % kCount];
    std::copy(datagram.bytes.begin(), datagram.bytes.end(), slot.bytes.begin());
    slot.length = datagram.bytes.size();
    slot.from = datagram.from;
    slot.to = datagram.to;
    slot.at = now;
    ++size_;
    return displaced;
  }

  // The oldest, taken out.
  std::optional<Held> take() {
    if (size_ == 0) return std::nullopt;
    Slot& slot = slots_[first_];
    drop_oldest();
    return Held{{MutableByteSpan(slot.bytes).first(slot.length), slot.from, slot.to}, slot.at};
  }

  size_t size() const { return size_; }

 private:
  struct Slot {
    MonoTime at;
    SocketAddress from;
    IpAddress to;
    size_t length = 0;
    std::array<uint8_t, kLongest + kTailroom> bytes;
  };

  void drop_oldest() {
    first_ = (first_ + 1) % kCount;
    --size_;
  }

  std::array<Slot, kCount> slots_;
  size_t first_ = 0;
  size_t size_ = 0;
};

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/echo_endpoint.h"

#include <algorithm>

namespace patchcord::media {

EchoEndpoint::EchoEndpoint() : ring_(kMaxWaiting) {}

void EchoEndpoint::send(rtp::Packet& packet, MonoTime now) {
  const ByteSpan bytes = packet.bytes();
  if (is_closed_ || waiting_ == ring_.size() || bytes.size() > rtp::kMaxPacketSize) {
    ++dropped_;
    return;
  }
  Slot& slot = ring_[(first_ + waiting_) % ring_.size()];
  std::copy(bytes.begin(), bytes.end(), slot.bytes.begin());
  slot.size = bytes.size();
  ++waiting_;
  ++packets_;
  last_sent_ = now;
}

std::optional<rtp::Packet> EchoEndpoint::next_packet(MonoTime /*now*/) {
  if (waiting_ == 0) return std::nullopt;
  Slot& slot = ring_[first_];
  first_ = (first_ + 1) % ring_.size();
  --waiting_;
  return rtp::Packet::parse(MutableByteSpan(slot.bytes).first(slot.size));
}

EndpointStats EchoEndpoint::stats(MonoTime now) const {
  EndpointStats stats;
  stats.packets_received = packets_;
  stats.packets_sent = packets_;
  if (last_sent_) stats.since_received = stats.since_sent = now - *last_sent_;
  stats.dropped = dropped_;
  stats.transport = "echo";
  return stats;
}

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
// TransportAddress: an ip:port together with the protocol it is spoken by (RFC 8445 section 4). The
// same ip:port over UDP and over TCP are two: what one has proved says nothing of the other.
// Thread: any (a value).
#pragma once

#include <compare>
#include <cstdint>

#include "core/address.h"

namespace patchcord {

enum class TransportProtocol : uint8_t { kUdp, kTcp };

struct TransportAddress {
  TransportAddress() = default;
  // Implicit: an ip:port of which no more is said is one of UDP.
  TransportAddress(const SocketAddress& at, TransportProtocol by = TransportProtocol::kUdp)
      : address(at), protocol(by) {}

  bool is_set() const { return address.is_set(); }
  bool is_tcp() const { return protocol == TransportProtocol::kTcp; }
  auto operator<=>(const TransportAddress&) const = default;

  SocketAddress address;
  TransportProtocol protocol = TransportProtocol::kUdp;
};

}  // namespace patchcord

// SPDX-License-Identifier: GPL-3.0-or-later
// Ports of the loopback that nobody uses at this moment, for programs that are to be told theirs.
// Thread: any.
#pragma once

#include <cstdint>

#include "core/address.h"

namespace patchcord::bench {

enum class PortType : uint8_t { kTcp, kUdp };

// The first of `count` free ports in a row, even if they are more than one. 0: none were found.
uint16_t free_ports(PortType type, int count = 1);

inline IpAddress loopback() {
  return IpAddress::v4(127, 0, 0, 1);
}

}  // namespace patchcord::bench

// SPDX-License-Identifier: GPL-3.0-or-later
// Which protocol does a datagram on a WebRTC transport belong to? (RFC 7983, RFC 5761)
//
//               first byte                          second byte, without the marker
//      0       3 |  STUN                            of 128..191:
//     20      63 |  DTLS                              64..95  |  RTCP
//    128     191 |  RTP or RTCP  ------------------>  else    |  RTP
//           else |  nobody (ZRTP, TURN channels: never ours)
//
// Thread: any.
#pragma once

#include "core/bytes.h"

namespace patchcord::rtc {

enum class Protocol : uint8_t { kNone, kStun, kDtls, kRtp, kRtcp };

inline Protocol protocol_of(ByteSpan datagram) {
  if (datagram.size() < 2) return Protocol::kNone;
  const uint8_t first = datagram[0];
  if (first <= 3) return Protocol::kStun;
  if (first >= 20 && first <= 63) return Protocol::kDtls;
  if (first < 128 || first > 191) return Protocol::kNone;
  const uint8_t payload_type = datagram[1] & 0x7f;
  return payload_type >= 64 && payload_type <= 95 ? Protocol::kRtcp : Protocol::kRtp;
}

}  // namespace patchcord::rtc

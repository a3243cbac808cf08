// SPDX-License-Identifier: GPL-3.0-or-later
// Packets that nobody in a call has sent, as an attacker writes them. Every payload begins with
// kForgery, so that one that got through is known when it is heard.
// Thread: any (values).
#pragma once

#include <algorithm>
#include <vector>

#include "core/random.h"
#include "rtp/packet.h"
#include "sound_path.h"

namespace patchcord::loadgen {

inline constexpr size_t kForgedPayload = 160;  // as 20 ms of G.711

inline std::vector<uint8_t> forged_rtp(const rtp::Header& header, Random& random) {
  std::vector<uint8_t> packet(rtp::kFixedHeaderSize + kForgedPayload);
  random.fill(packet);
  rtp::write_header(packet, header);
  std::copy(kForgery.begin(), kForgery.end(), packet.begin() + rtp::kFixedHeaderSize);
  return packet;
}

// A sender report of `ssrc` (RFC 3550 6.4.1) with a goodbye (6.6) behind it.
inline std::vector<uint8_t> forged_rtcp(Ssrc ssrc, Random& random) {
  std::vector<uint8_t> compound(28 + 8);
  random.fill(compound);
  Writer writer(compound);
  writer.u8(0x80);
  writer.u8(200);
  writer.u16(6);
  writer.u32(ssrc.value());
  Writer bye(MutableByteSpan(compound).subspan(28));
  bye.u8(0x81);
  bye.u8(203);
  bye.u16(1);
  bye.u32(ssrc.value());
  return compound;
}

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
// Latch: whom a plain RTP endpoint believes. The address of the SDP is believed. Another one is
// learnt only while nothing is settled, and only if it has the signalling peer's own IP (at once)
// or the SDP named a private address, which nobody here can reach (after 5 consistent packets).
// Five consistent packets of the believed address settle it until the next negotiation, and once
// the SDP's own address has spoken no other is learnt. Where a forked call goes from one phone to
// another, the one before is heard until the new one speaks, and after the answer never again. This
// is what stands between a call and whoever sprays packets at its port ("RTP bleed"): nothing that
// is not believed is forwarded, counted as life or answered. Pure: no socket. Thread: media. Owner:
// RtpEndpoint.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/address.h"
#include "core/id.h"
#include "media/plan.h"
#include "rtp/packet.h"

namespace patchcord::media {

class Latch {
 public:
  static constexpr int kConsistent = 5;  // packets that settle an address

  // A new SDP address is believed from now on; a higher generation permits learning once more.
  void set_plan(const RtpPlan& plan);

  // May this RTP packet be taken? May change remote().
  bool accept(const SocketAddress& from, const rtp::Packet& packet);

  const SocketAddress& remote() const { return remote_; }  // where to send; may not be set
  bool is_settled() const { return is_settled_; }
  bool is_learnt() const { return remote_ != plan_.rtp; }

 private:
  // Packets in a row of one address, one SSRC, and numbers that go on.
  struct Run {
    SocketAddress from;
    Ssrc ssrc;
    uint16_t sequence = 0;
    int length = 0;
    int add(const SocketAddress& address, const rtp::Packet& packet);
  };

  static constexpr size_t kMaxLeft = 16;

  void leave(const SocketAddress& address);
  bool was_left(const SocketAddress& address) const;

  RtpPlan plan_;
  SocketAddress remote_;
  SocketAddress before_;                        // the phone before this one, while it may be heard
  std::array<SocketAddress, kMaxLeft> left_{};  // of the phones that did not take the call
  size_t left_count_ = 0;
  bool is_settled_ = false;
  bool has_sdp_spoken_ = false;  // something came from the SDP's address: it is no dead one
  Run believed_;
  Run candidate_;
};

}  // namespace patchcord::media

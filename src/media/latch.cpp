// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/latch.h"

#include <algorithm>

#include "rtp/sequence.h"

namespace patchcord::media {

void Latch::set_plan(const RtpPlan& plan) {
  const bool is_renegotiated = plan.generation > plan_.generation || !plan_.rtp.is_set();
  const bool has_moved = plan.rtp != plan_.rtp;
  if (has_moved && plan_.awaits_answer && plan_.rtp.is_set()) {  // another phone of a forked call
    before_ = remote_;
    leave(plan_.rtp);
    leave(remote_);
  }
  if (!plan.awaits_answer) before_ = {};
  plan_ = plan;
  if (has_moved) remote_ = plan_.rtp;
  if (!has_moved && !is_renegotiated) return;
  is_settled_ = false;
  has_sdp_spoken_ = false;
  believed_ = {};
  candidate_ = {};
}

bool Latch::accept(const SocketAddress& from, const rtp::Packet& packet) {
  if (!plan_.rtp.is_set() || !from.is_set()) return false;
  if (from == remote_ || (from == plan_.rtp && !is_settled_)) {
    has_sdp_spoken_ |= from == plan_.rtp;
    remote_ = from;
    if (believed_.add(from, packet) >= kConsistent) is_settled_ = true;
    return true;
  }
  if (from == before_ && !has_sdp_spoken_) return true;
  if (is_settled_ || has_sdp_spoken_ || was_left(from)) return false;
  const bool is_signalling_peer = from.ip() == plan_.signalling_peer;
  const bool is_sdp_unreachable = plan_.rtp.ip().is_private() && !is_learnt();
  if (!is_signalling_peer && !is_sdp_unreachable) return false;
  if (!is_signalling_peer && candidate_.add(from, packet) < kConsistent) return false;
  remote_ = from;
  is_settled_ = believed_.add(from, packet) >= kConsistent || !is_signalling_peer;
  return true;
}

void Latch::leave(const SocketAddress& address) {
  left_[left_count_ % kMaxLeft] = address;
  ++left_count_;
}

bool Latch::was_left(const SocketAddress& address) const {
  return std::find(left_.begin(), left_.end(), address) != left_.end();
}

int Latch::Run::add(const SocketAddress& address, const rtp::Packet& packet) {
  const bool goes_on = length > 0 && address == from && packet.ssrc() == ssrc &&
                       rtp::is_newer(packet.sequence(), sequence) &&
                       rtp::sequence_gap(sequence, packet.sequence()) < 20;
  length = goes_on ? length + 1 : 1;
  from = address;
  ssrc = packet.ssrc();
  sequence = packet.sequence();
  return length;
}

}  // namespace patchcord::media

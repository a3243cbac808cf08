// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/reorder_buffer.h"

#include <algorithm>
#include <utility>

#include "rtp/sequence.h"

namespace patchcord::media {
namespace {

// RFC 3550 appendix A.1: what jumps further than this is a sender that started anew.
constexpr int kMaxDropout = 3000;
constexpr int kMaxMisorder = 100;

// A source that was quiet for so long is replaced by another at its first packet; one that still
// talks only by two in a row, or two senders on one port would take turns at every packet.
constexpr Duration kQuiet = std::chrono::milliseconds(100);

constexpr Duration kMargin = std::chrono::milliseconds(2);

}  // namespace

void ReorderBuffer::push(const rtp::Packet& packet, MonoTime now) {
  pending_.reset();
  if (packet.payload().size() > kMaxPayload) return counters_.add(PipeCount::kGarbage);
  const rtp::Header header = packet.header();
  if (!follows_source(header, now)) return;
  last_arrival_ = now;
  const int64_t sequence =
      next_ + rtp::wrapped_distance(static_cast<uint16_t>(next_), header.sequence);
  if (sequence < next_) return note_late(sequence, now);
  const Slot& slot = slot_of(sequence);
  if (slot.is_used && slot.sequence == sequence) return counters_.add(PipeCount::kDuplicate);
  if (sequence == next_ && held_ > 0) {
    counters_.add(PipeCount::kReordered);
    observe_reordering(now - gap_noticed());
  }
  pending_ = Pending{sequence, header, packet.payload()};
}

std::optional<ReorderBuffer::Item> ReorderBuffer::pop(MonoTime now) {
  if (!pending_ && held_ == 0) return std::nullopt;
  const auto is_there = [this] {
    return (pending_ && pending_->sequence == next_) ||
           (slot_of(next_).is_used && slot_of(next_).sequence == next_);
  };
  if (!is_there()) {
    if (must_wait(now)) {
      hold_pending(now);
      return std::nullopt;
    }
    give_up_gap(now);
  }
  if (pending_ && pending_->sequence == next_) {
    const Pending pending = *std::exchange(pending_, std::nullopt);
    return give(pending.header, pending.payload);
  }
  Slot& slot = slot_of(next_);
  slot.is_used = false;
  --held_;
  return give(slot.header, ByteSpan(slot.bytes).first(slot.size));
}

MonoTime ReorderBuffer::next_deadline() const {
  return held_ == 0 ? kNever : gap_noticed() + wait_;
}

void ReorderBuffer::clear() {
  ssrc_.reset();
  pending_.reset();
}

bool ReorderBuffer::follows_source(const rtp::Header& header, MonoTime now) {
  if (!ssrc_) {
    restart(header);
    return true;
  }
  const int distance = rtp::wrapped_distance(static_cast<uint16_t>(next_), header.sequence);
  const bool same = header.ssrc == *ssrc_;
  if (same && distance <= kMaxDropout && distance >= -kMaxMisorder) {
    candidate_.reset();
    return true;
  }
  const bool expected =
      candidate_ && candidate_->ssrc == header.ssrc && candidate_->next == header.sequence;
  if (expected || now - last_arrival_ >= kQuiet) {
    restart(header);
    return true;
  }
  candidate_ = Candidate{header.ssrc, static_cast<uint16_t>(header.sequence + 1)};
  return false;
}

void ReorderBuffer::restart(const rtp::Header& header) {
  for (Slot& slot : slots_) slot.is_used = false;
  held_ = 0;
  lost_ = 0;
  // Above every number used before, so that nothing of the past can be mistaken for the present.
  const int64_t above = (next_ | 0xFFFF) + 1;
  next_ = above + 0x10000 + header.sequence;
  ssrc_ = header.ssrc;
  candidate_.reset();
  is_restart_ = true;
  counters_.add(PipeCount::kRestart);
}

void ReorderBuffer::note_late(int64_t sequence, MonoTime now) {
  GivenUp& past = past_[static_cast<size_t>(sequence) % kPast];
  if (past.sequence != sequence) return counters_.add(PipeCount::kDuplicate);
  past.sequence = -1;
  counters_.add(PipeCount::kLate);
  // A packet that is later than we would ever wait teaches nothing.
  if (now - past.noticed <= kMaxWait) observe_reordering(now - past.noticed);
}

void ReorderBuffer::observe_reordering(Duration delay) {
  const Duration needed = delay + delay / 2 + kMargin;
  wait_ = std::min(std::max(needed, wait_ - wait_ / 16), kMaxWait);
}

// Does what lies beyond the gap wait on? Not if time is up, or if the packet just pushed is too far
// ahead to be held.
bool ReorderBuffer::must_wait(MonoTime now) const {
  if (pending_ && pending_->sequence >= next_ + static_cast<int64_t>(kSlots)) return false;
  const MonoTime noticed = held_ == 0 ? now : gap_noticed();
  return now < noticed + wait_;
}

MonoTime ReorderBuffer::gap_noticed() const {
  MonoTime noticed = kNever;
  for (const Slot& slot : slots_) {
    if (slot.is_used) noticed = std::min(noticed, slot.arrived);
  }
  return noticed;
}

void ReorderBuffer::give_up_gap(MonoTime now) {
  const MonoTime noticed = held_ == 0 ? now : gap_noticed();
  int64_t first = pending_ ? pending_->sequence : INT64_MAX;
  for (const Slot& slot : slots_) {
    if (slot.is_used) first = std::min(first, slot.sequence);
  }
  const auto remembered = static_cast<int64_t>(kPast);
  for (int64_t lost = std::max(next_, first - remembered); lost < first; ++lost) {
    past_[static_cast<size_t>(lost) % kPast] = {lost, noticed};
  }
  lost_ = static_cast<uint32_t>(first - next_);
  counters_.add(PipeCount::kLost, lost_);
  next_ = first;
  // Where packets are lost and not reordered, waiting is delay for nothing.
  wait_ -= wait_ / 8;
}

void ReorderBuffer::hold_pending(MonoTime now) {
  if (!pending_) return;
  Slot& slot = slot_of(pending_->sequence);
  slot.is_used = true;
  slot.size = static_cast<uint16_t>(pending_->payload.size());
  slot.sequence = pending_->sequence;
  slot.arrived = now;
  slot.header = pending_->header;
  std::copy(pending_->payload.begin(), pending_->payload.end(), slot.bytes.begin());
  pending_.reset();
  ++held_;
}

ReorderBuffer::Item ReorderBuffer::give(const rtp::Header& header, ByteSpan payload) {
  ++next_;
  return {header, payload, std::exchange(lost_, 0), std::exchange(is_restart_, false)};
}

}  // namespace patchcord::media

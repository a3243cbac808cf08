// SPDX-License-Identifier: GPL-3.0-or-later
// ReorderBuffer: gives the packets of one source in order and tells what is missing. It is not a
// jitter buffer: a packet in its place passes at once and uncopied; only what lies beyond a gap
// waits, as long as reordering lately took and at most 60 ms.
//
//   17 ── pop ─▶ 17                 in order: at once, still in the caller's memory
//   19 ── pop ─▶ (copied, waits)    18 may be on its way
//   18 ── pop ─▶ 18, 19             it was: the wait grows to fit
//   21 ── pop ─▶ (copied, waits)
//   time's up ─▶ 21, lost_before 1  it was not: the wait shrinks
//
// Thread: media. Owner: an audio pipe. Fixed memory. RFC 3550 appendix A.1 for restarts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/id.h"
#include "core/time.h"
#include "media/pipe.h"
#include "rtp/packet.h"

namespace patchcord::media {

class ReorderBuffer {
 public:
  static constexpr Duration kMaxWait = std::chrono::milliseconds(60);

  struct Item {
    rtp::Header header;
    ByteSpan payload;          // valid until the next push() or pop()
    uint32_t lost_before = 0;  // packets given up just before this one
    bool is_restart = false;   // the first of a new stream: nothing before it counts
  };

  // Counts kLost, kReordered, kLate, kDuplicate, kGarbage (no audio payload is so long), kRestart.
  explicit ReorderBuffer(PipeCounters& counters) : counters_(counters) {}

  // Then pop() until there is nothing, before the packet's memory goes.
  void push(const rtp::Packet& packet, MonoTime now);
  std::optional<Item> pop(MonoTime now);

  MonoTime next_deadline()
      const;  // when pop() gives more without a push(); kNever: nothing is held
  Duration wait() const { return wait_; }
  void clear();  // the next packet is a restart

 private:
  static constexpr size_t kSlots = 16;
  static constexpr size_t kPast = 64;
  static constexpr size_t kMaxPayload = 1500;

  struct Slot {
    bool is_used = false;
    uint16_t size = 0;
    int64_t sequence = 0;
    MonoTime arrived;
    rtp::Header header;
    std::array<uint8_t, kMaxPayload> bytes;  // not initialised: untouched memory costs nothing
  };
  struct Pending {  // the packet just pushed, in the caller's memory
    int64_t sequence;
    rtp::Header header;
    ByteSpan payload;
  };
  struct GivenUp {
    int64_t sequence = -1;
    MonoTime noticed;  // when its absence was
  };
  struct Candidate {
    Ssrc ssrc;
    uint16_t next;
  };

  bool follows_source(const rtp::Header& header, MonoTime now);
  void restart(const rtp::Header& header);
  void note_late(int64_t sequence, MonoTime now);
  void observe_reordering(Duration delay);
  bool must_wait(MonoTime now) const;
  MonoTime gap_noticed() const;
  void give_up_gap(MonoTime now);
  void hold_pending(MonoTime now);
  Item give(const rtp::Header& header, ByteSpan payload);
  Slot& slot_of(int64_t sequence) { return slots_[static_cast<size_t>(sequence) % kSlots]; }

  PipeCounters& counters_;
  std::optional<Ssrc> ssrc_;
  std::optional<Candidate> candidate_;
  MonoTime last_arrival_;
  int64_t next_ = 0;  // the number that is due, not wrapped; starts above 2^16, so never negative
  std::optional<Pending> pending_;
  size_t held_ = 0;
  uint32_t lost_ = 0;  // just before next_
  bool is_restart_ = false;
  Duration wait_ = std::chrono::milliseconds(20);
  std::array<GivenUp, kPast> past_{};
  std::array<Slot, kSlots> slots_;
};

}  // namespace patchcord::media

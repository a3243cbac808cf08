// SPDX-License-Identifier: GPL-3.0-or-later
// Rewriter: makes one continuous outgoing stream (one SSRC, one numbering, one timeline) out of
// whatever sources feed it in turn: the far side before and after its SSRC changed, a silence
// generator, a transcoder, inserted DTMF packets.
//
//   phone   ... 17 18 19 21            sequence gaps and reordering of a source go through, so that
//   silence               900 901      the receiver sees the loss; a change of source leaves no
//   gap, phone                         45   and the timestamp advances by the time that went by out
//   ...  2  3  4  6   7   8  9
//
// Not a filter: who may feed the stream is decided above. All sources have the stream's clock rate.
// Thread: media; one per outgoing track. RFC 3550 section 5.1 and 7.
#pragma once

#include <cstdint>
#include <optional>

#include "core/id.h"
#include "core/time.h"
#include "rtp/packet.h"
#include "rtp/sequence.h"

namespace patchcord::rtp {

class Rewriter {
 public:
  struct Stream {
    Ssrc ssrc;
    uint16_t first_sequence = 0;  // random, RFC 3550 section 5.1
    uint32_t first_timestamp = 0;
    uint32_t clock_rate = 8000;
  };
  struct Place {
    uint16_t sequence;
    uint32_t timestamp;
    bool is_switch;  // the first packet of a source: an audio sender sets the marker
  };

  explicit Rewriter(const Stream& stream) : stream_(stream) {}

  // Where a packet of a source belongs in the outgoing stream. Nothing if it came too late to have
  // a place: from the source before this one, or from before an inserted or skipped packet.
  // Only ssrc, sequence and timestamp of the header are looked at.
  std::optional<Place> place(const Header& source, MonoTime now);

  // place(), and writes SSRC, sequence, timestamp and payload type into the packet. The marker is
  // left to the caller.
  std::optional<Place> rewrite(Packet& packet, PayloadType type, MonoTime now);

  // A packet of a source that is kept back on purpose (a digit is sounding): it leaves no gap.
  void skip(const Header& source, MonoTime now);

  // The next packet begins a new source, even under the SSRC of the last one: its timestamps are
  // placed by the time that went by. For a source that was silent while inserted packets filled in.
  void forget_source();

  // The sequence number of a packet of our own put in now; later packets of the source move up.
  uint16_t insert(MonoTime now);

  // The outgoing timestamp that belongs to this moment, for inserted packets and sender reports.
  uint32_t timestamp_at(MonoTime now) const;

  Ssrc ssrc() const { return stream_.ssrc; }
  uint32_t clock_rate() const { return stream_.clock_rate; }
  bool has_started() const { return last_sequence_.has_value(); }

 private:
  struct Source {
    Ssrc ssrc;
    SequenceUnwrapper sequences;
    int64_t first = 0;            // unwrapped; what is older has no place any more
    int64_t sequence_offset = 0;  // outgoing = source + offset
    uint32_t timestamp_offset = 0;
  };

  // Follows the source to this packet, changing to it if it is another. Gives its unwrapped number,
  // or nothing if it came too late.
  std::optional<int64_t> follow(const Header& source, MonoTime now);
  bool is_restart(const Header& source) const;
  bool is_left_over(const Header& source) const;
  void switch_to(const Header& source, MonoTime now);
  int64_t next_sequence() const;

  Stream stream_;
  std::optional<Source> source_;
  std::optional<Source> previous_;
  bool switched_ = false;                 // and no packet was placed since
  std::optional<int64_t> last_sequence_;  // the newest sent, not wrapped
  uint32_t last_timestamp_ = 0;           // that of the newest placed packet, and when it came
  std::optional<MonoTime> last_time_;
};

}  // namespace patchcord::rtp

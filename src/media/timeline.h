// SPDX-License-Identifier: GPL-3.0-or-later
// Timeline: where a source's packets lie in an outgoing stream of sound. RTP timestamps map to
// positions (samples) linearly, so that neither jitter nor a burst after a stall is stretched into
// the sound; the wall clock only steps in where timestamps mean nothing: at the start, at a new
// source, at a jump no pause explains, and while we filled a pause ourselves.
//
//   timestamp ──×rate/clock──▶ + anchor ──▶ + shift ──▶ position
//                                            └ how far a filled pause ran into the sound, <= 60 ms
//
// Thread: media. Owner: an audio pipe. Pure arithmetic.
#pragma once

#include <cstdint>
#include <optional>

#include "core/time.h"
#include "rtp/sequence.h"

namespace patchcord::media {

class Timeline {
 public:
  explicit Timeline(uint32_t sample_rate) : rate_(sample_rate) {}

  struct Arrival {
    uint32_t timestamp;
    uint32_t clock_rate;
    int64_t samples;  // how much sound it brings, at the outgoing rate
    int64_t sent_to;  // the position up to which sound was sent already
    bool is_new_source;
  };
  enum class Fit : uint8_t { kFollows, kRestarted };
  struct Place {
    int64_t position;  // may lie before sent_to: that much of it comes too late
    Fit fit;
  };
  Place place(const Arrival& arrival, MonoTime now);

  // We fill a pause of the source from here on.
  void begin_filling() {
    has_filled_ = true;
    shift_ = 0;
    catching_up_.reset();
  }

  // Where the source's sound should have got to by now, judged by its last packet and the clock.
  int64_t expected_end(MonoTime now) const;
  bool has_heard() const { return heard_at_.has_value(); }

 private:
  struct CatchingUp {
    MonoTime since;
    int64_t from;
  };

  void anchor(const Arrival& arrival, int64_t position);
  int64_t linear(const Arrival& arrival);
  int64_t ticks(Duration time) const;
  // How much later than linear() the packet shall be put because sound was sent up to there.
  int64_t shift_for(int64_t position, const Arrival& arrival, MonoTime now);

  const int64_t rate_;
  rtp::TimestampUnwrapper timestamps_;
  uint32_t clock_rate_ = 0;
  int64_t first_timestamp_ = 0;
  int64_t anchor_ = 0;  // position of first_timestamp_
  int64_t shift_ = 0;
  bool has_filled_ = false;
  std::optional<CatchingUp> catching_up_;
  std::optional<MonoTime> heard_at_;
  int64_t heard_end_ = 0;  // position behind the last packet
};

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
// SoundPath: one direction of sound through the gateway, both ends of it: what was said at one end,
// and what of it was heard at the other. A frame that was relayed is recognised byte by byte, so
// its way has a duration; one that was transcoded must be decoded and must have the right pitch.
//
// A gap is what a listener without a buffer would hear: the frames that are missing, and how much
// later than the one before a frame came. What came while this program was late is not judged, nor
// what the gateway may have had to invent because this program spoke late.
// Thread: that of the loop. Owner: Call.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "codec/audio_codec.h"
#include "core/time.h"
#include "histogram.h"
#include "metronome.h"
#include "rtp/packet.h"
#include "voice.h"

namespace patchcord::loadgen {

struct PathFigures {
  uint64_t said = 0;
  uint64_t heard = 0;    // right ones
  uint64_t missing = 0;  // between the first and the last that was to be heard
  uint64_t wrong = 0;    // neither the far end's voice nor the silence before it
  uint64_t forged = 0;   // of these, what an attack of ours has made
  uint64_t gaps = 0;     // longer than kGap
  Duration longest_gap{};

  PathFigures& operator+=(const PathFigures& other);
};

// What forged packets begin their payload with; no encoder of ours makes it.
inline constexpr std::string_view kForgery =
    "\xA5\x5A"
    "FORGED";

class SoundPath {
 public:
  static constexpr Duration kGap = std::chrono::milliseconds(40);

  SoundPath(const Voice& voice, Histogram& delays) : voice_(voice), delays_(delays) {}

  const Voice& voice() const { return voice_; }
  ByteSpan say(MonoTime now);  // the next 20 ms, to be sent now
  // `codec` is what the payload type of the packet stands for at this end.
  void hear(codec::AudioCodec codec, const rtp::Packet& packet, MonoTime now, Duration since_stall);
  // Nobody is to hear anything any more. If it has been silent for long, that is missing.
  void end(MonoTime now, Duration since_stall);

  bool has_heard() const { return figures_.heard > 0; }
  std::optional<MonoTime> first_heard() const { return first_heard_; }
  const PathFigures& figures() const { return figures_; }
  // "" if this is how a call must sound.
  std::string problem(double lost_percent, Duration longest_gap) const;

 private:
  void hear_exact(const rtp::Packet& packet, MonoTime now, Duration since_stall);
  void hear_transcoded(codec::AudioCodec codec, const rtp::Packet& packet, MonoTime now,
                       Duration since_stall);
  void note_wrong(const rtp::Packet& packet);
  void note_right(uint64_t missing, Duration later, MonoTime now, bool is_fair);

  const Voice& voice_;
  Histogram& delays_;
  PathFigures figures_;
  std::array<MonoTime, Voice::kFrames> said_at_{};
  std::optional<uint64_t> last_;         // the number of the newest frame heard; exact only
  std::optional<uint16_t> last_number_;  // its sequence number; transcoded only
  Duration last_delay_{};
  std::optional<MonoTime> first_heard_;
  MonoTime last_heard_;
  bool was_fair_ = true;
  bool is_ended_ = false;
  std::unique_ptr<codec::Decoder> decoder_;
};

}  // namespace patchcord::loadgen

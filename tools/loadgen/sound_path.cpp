// SPDX-License-Identifier: GPL-3.0-or-later
#include "sound_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "codec/registry.h"
#include "rtp/sequence.h"

namespace patchcord::loadgen {
namespace {

constexpr uint32_t kDecodedRate = 8000;
// At the end some frames are still under way: in a jitter buffer, or overtaken by the goodbye.
constexpr uint64_t kUnderWay = 15;
// What a codec makes of the first frames it gets is not judged.
constexpr uint64_t kSettling = 10;
// For how long a stall of this program is felt: in what arrives, and in what a jitter buffer makes
// of what was said late.
constexpr Duration kFeltAtOnce = std::chrono::milliseconds(20);
constexpr Duration kFeltInBuffers = std::chrono::milliseconds(400);

int64_t ms(Duration d) {
  return to_ms(d);
}

}  // namespace

PathFigures& PathFigures::operator+=(const PathFigures& other) {
  said += other.said;
  heard += other.heard;
  missing += other.missing;
  wrong += other.wrong;
  forged += other.forged;
  gaps += other.gaps;
  longest_gap = std::max(longest_gap, other.longest_gap);
  return *this;
}

ByteSpan SoundPath::say(MonoTime now) {
  said_at_[figures_.said % Voice::kFrames] = now;
  return voice_.frame(figures_.said++);
}

void SoundPath::hear(codec::AudioCodec codec, const rtp::Packet& packet, MonoTime now,
                     Duration since_stall) {
  if (is_ended_) return;
  if (codec == voice_.codec()) {
    hear_exact(packet, now, since_stall);
  } else {
    hear_transcoded(codec, packet, now, since_stall);
  }
}

void SoundPath::hear_exact(const rtp::Packet& packet, MonoTime now, Duration since_stall) {
  const std::optional<size_t> index = voice_.index_of(packet.payload());
  if (!index || figures_.said == 0) return note_wrong(packet);
  // The newest frame that was said and looks like this.
  const uint64_t newest = figures_.said - 1;
  const uint64_t back = (newest % Voice::kFrames + Voice::kFrames - *index) % Voice::kFrames;
  if (back > newest) return note_wrong(packet);
  const uint64_t number = newest - back;
  if (last_ && number <= *last_) return note_wrong(packet);  // a second time, or out of order
  const Duration delay = now - said_at_[*index];
  const bool is_fair = since_stall > kFeltAtOnce;
  if (is_fair) delays_.add(delay);
  const Duration later = last_ ? delay - last_delay_ : Duration();
  const uint64_t missing = last_ ? number - *last_ - 1 : 0;
  last_ = number;
  last_delay_ = delay;
  note_right(missing, later, now, is_fair);
}

void SoundPath::hear_transcoded(codec::AudioCodec codec, const rtp::Packet& packet, MonoTime now,
                                Duration since_stall) {
  if (!decoder_) decoder_ = codec::make_decoder(codec, codec::preferred_rate(codec, kDecodedRate));
  std::array<int16_t, codec::kMaxPacketSamples> pcm;
  const size_t samples = decoder_ ? decoder_->decode(packet.payload(), pcm) : 0;
  const double rate = decoder_ ? decoder_->sample_rate() : kDecodedRate;
  const bool is_fair = since_stall > kFeltInBuffers;
  const bool is_right = is_tone(std::span(pcm).first(samples), voice_.hertz(), rate);
  if (!is_right && figures_.heard < kSettling) {
    if (last_number_) last_number_ = packet.sequence();
    return;
  }
  if (!is_right && (is_fair || samples == 0)) return note_wrong(packet);
  uint64_t missing = 0;
  if (last_number_) {
    if (!rtp::is_newer(packet.sequence(), *last_number_)) return note_wrong(packet);
    missing = rtp::sequence_gap(*last_number_, packet.sequence());
  }
  const Duration later =
      last_number_ ? now - last_heard_ - kFrame * static_cast<int64_t>(1 + missing) : Duration();
  last_number_ = packet.sequence();
  note_right(missing, later, now, is_fair);
}

void SoundPath::note_wrong(const rtp::Packet& packet) {
  const bool is_forged = as_text(packet.payload()).starts_with(kForgery);
  if (is_forged) ++figures_.forged;
  // Until the far end speaks, the gateway fills in silence.
  if (is_forged || has_heard()) ++figures_.wrong;
}

void SoundPath::note_right(uint64_t missing, Duration later, MonoTime now, bool is_fair) {
  if (!first_heard_) first_heard_ = now;
  last_heard_ = now;
  ++figures_.heard;
  figures_.missing += missing;
  const Duration late = is_fair && was_fair_ ? std::max(later, Duration()) : Duration();
  const Duration gap = kFrame * static_cast<int64_t>(missing) + late;
  was_fair_ = is_fair;
  figures_.longest_gap = std::max(figures_.longest_gap, gap);
  if (gap > kGap) ++figures_.gaps;
}

void SoundPath::end(MonoTime now, Duration since_stall) {
  if (is_ended_) return;
  is_ended_ = true;
  if (!has_heard()) return;
  const auto silent = static_cast<uint64_t>((now - last_heard_) / kFrame);
  if (silent > kUnderWay && since_stall > kFeltInBuffers) figures_.missing += silent;
}

std::string SoundPath::problem(double lost_percent, Duration longest_gap) const {
  if (!has_heard()) return figures_.said > kUnderWay ? "nothing heard" : "";
  if (figures_.forged > 0) return "forged packets heard";
  if (figures_.wrong > 0) return fmt::format("{} wrong frames", figures_.wrong);
  const double expected = static_cast<double>(figures_.heard + figures_.missing);
  if (static_cast<double>(figures_.missing) * 100 > lost_percent * expected) {
    return fmt::format("{} of {} frames missing", figures_.missing, expected);
  }
  if (longest_gap.count() > 0 && figures_.longest_gap > longest_gap) {
    return fmt::format("a gap of {} ms", ms(figures_.longest_gap));
  }
  return {};
}

}  // namespace patchcord::loadgen

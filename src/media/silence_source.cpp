// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/silence_source.h"

#include <array>

#include "codec/registry.h"

namespace patchcord::media {
namespace {

constexpr Duration kFrame = std::chrono::milliseconds(20);
constexpr size_t kMaxPayload = 160;  // 20 ms of G.711
// After a stall the silence that was due in it is left out, not sent in a burst.
constexpr Duration kTooLate = 5 * kFrame;

}  // namespace

SilenceSource::SilenceSource(const AudioFormat& to, rtp::Rewriter& stream)
    : payload_type_(to.payload_type), codec_(to.codec), stream_(stream) {}

void SilenceSource::start(MonoTime now) {
  if (due_ != kNever || has_sent_) return;
  // In a running stream the last packet of another source may just have begun to sound; two frames
  // on, the silent one (which is placed to end when it is due) lies behind it.
  due_ = stream_.has_started() ? now + 2 * kFrame : now;
}

void SilenceSource::on_time(MonoTime now, PacketSink& out, PipeCounters& counters) {
  if (due_ < now - kTooLate) due_ = now;
  for (; due_ <= now; due_ += kFrame) {
    if (output_ == Pipe::Output::kOpen) send(now, out, counters);
  }
}

void SilenceSource::send(MonoTime now, PacketSink& out, PipeCounters& counters) {
  std::array<uint8_t, rtp::kFixedHeaderSize + kMaxPayload + kTailroom> buffer;
  const size_t size = codec::silent_payload(
      codec_, 20'000, std::span(buffer).subspan(rtp::kFixedHeaderSize, kMaxPayload));
  if (size == 0) return;
  // Whoever sends next shall be placed by the clock, whatever its timestamps did meanwhile.
  stream_.forget_source();
  // Stamped as begun one frame ago, so that the first real packet, placed by the clock and leaving
  // whenever it comes, never overlaps it.
  const MonoTime begun = due_ - kFrame;
  rtp::Header header{payload_type_, stream_.insert(begun), stream_.timestamp_at(begun),
                     stream_.ssrc(), !has_sent_};
  rtp::write_header(buffer, header);
  has_sent_ = true;
  auto packet = rtp::Packet::parse(std::span(buffer).first(rtp::kFixedHeaderSize + size));
  if (!packet) return;
  counters.add(PipeCount::kSilence);
  counters.add(PipeCount::kOut);
  out.send(*packet, now);
}

}  // namespace patchcord::media

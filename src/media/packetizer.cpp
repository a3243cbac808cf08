// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/packetizer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/assert.h"

namespace patchcord::media {
namespace {

// The largest: a frame of Opus (RFC 6716 3.2.1); 60 ms of G.711 are 480.
constexpr size_t kMaxPayload = 1275;

// Under which the stream's Rewriter knows what a packetizer makes. Never on the wire.
constexpr Ssrc kPrivateSsrc{0x7472616E};

size_t frame_samples(const codec::Encoder& encoder, std::chrono::milliseconds ptime) {
  const auto samples = [&](int64_t ms) {
    return static_cast<size_t>(encoder.sample_rate() * std::clamp<int64_t>(ms, 10, 60) / 1000);
  };
  return encoder.takes(samples(ptime.count())) ? samples(ptime.count()) : samples(20);
}

}  // namespace

Packetizer::Packetizer(const AudioFormat& to, std::unique_ptr<codec::Encoder> encoder,
                       std::chrono::milliseconds ptime, rtp::Rewriter& stream,
                       PipeCounters& counters)
    : payload_type_(to.payload_type),
      encoder_(std::move(encoder)),
      stream_(stream),
      counters_(counters),
      frame_(frame_samples(*encoder_, ptime)) {}

void Packetizer::append(std::span<const int16_t> pcm, MonoTime now, PacketSink& out) {
  while (!pcm.empty()) {
    const size_t taken = std::min(pcm.size(), frame_.size() - filled_);
    std::copy_n(pcm.begin(), taken, frame_.begin() + static_cast<std::ptrdiff_t>(filled_));
    pcm = pcm.subspan(taken);
    filled_ += taken;
    if (filled_ == frame_.size()) send_frame(now, out);
  }
}

void Packetizer::jump(int64_t position) {
  PATCHCORD_ASSERT(filled_ == 0 && position >= frame_start_);
  frame_start_ = position;
  is_talkspurt_ = true;
}

void Packetizer::send_frame(MonoTime now, PacketSink& out) {
  const int64_t start = std::exchange(frame_start_, position());
  filled_ = 0;
  if (output_ == Pipe::Output::kHeldBack) {
    counters_.add(PipeCount::kHeldBack);
    is_talkspurt_ = true;
    return;
  }
  std::array<uint8_t, rtp::kFixedHeaderSize + kMaxPayload + kTailroom> buffer;
  const auto payload = std::span(buffer).subspan(rtp::kFixedHeaderSize, kMaxPayload);
  const size_t size = encoder_->encode(frame_, payload);
  if (size == 0) return;
  // An earlier pipe's packetizer may have fed the stream under the same name and other numbers.
  if (!std::exchange(has_sent_, true)) stream_.forget_source();
  const int64_t timestamp = start * stream_.clock_rate() / encoder_->sample_rate();
  rtp::Header header{payload_type_, ++sequence_, static_cast<uint32_t>(timestamp), kPrivateSsrc,
                     std::exchange(is_talkspurt_, false)};
  const auto place = stream_.place(header, now);
  if (!place) return;
  header.sequence = place->sequence;
  header.timestamp = place->timestamp;
  header.ssrc = stream_.ssrc();
  header.marker |= place->is_switch;
  rtp::write_header(buffer, header);
  auto packet = rtp::Packet::parse(std::span(buffer).first(rtp::kFixedHeaderSize + size));
  if (!packet) return;
  counters_.add(PipeCount::kOut);
  out.send(*packet, now);
}

}  // namespace patchcord::media

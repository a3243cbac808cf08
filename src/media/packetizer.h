// SPDX-License-Identifier: GPL-3.0-or-later
// Packetizer: the far half of a transcoding pipe: sound of any length in, packets of one length
// out.
//
//   append ─▶ [ frame being filled ] ─full─▶ encode ─▶ RTP ─▶ PacketSink
//                                                       └ rtp::Rewriter: ssrc, numbers, timeline
//
// Its clock is the position: samples since it was made. A packet's timestamp is the position of its
// first sample, so a jump of the position is a pause in the stream (RFC 3550 5.1).
// Thread: media. Owner: an audio pipe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "codec/audio_codec.h"
#include "core/time.h"
#include "media/pipe.h"
#include "media/plan.h"
#include "rtp/rewriter.h"

namespace patchcord::media {

class Packetizer {
 public:
  // ptime is held to 10..60 ms and to what the encoder takes (else 20 ms).
  Packetizer(const AudioFormat& to, std::unique_ptr<codec::Encoder> encoder,
             std::chrono::milliseconds ptime, rtp::Rewriter& stream, PipeCounters& counters);

  uint32_t sample_rate() const { return encoder_->sample_rate(); }
  size_t frame_size() const { return frame_.size(); }  // samples
  int64_t position() const { return frame_start_ + static_cast<int64_t>(filled_); }
  // How many samples complete the frame that has begun; 0: none has.
  size_t missing() const { return filled_ == 0 ? 0 : frame_.size() - filled_; }

  void append(std::span<const int16_t> pcm, MonoTime now, PacketSink& out);
  // On to a later position, between two frames only; the next packet begins a talkspurt.
  void jump(int64_t position);

  void set_output(Pipe::Output output) { output_ = output; }
  codec::Encoder& encoder() { return *encoder_; }

 private:
  void send_frame(MonoTime now, PacketSink& out);

  const PayloadType payload_type_;
  const std::unique_ptr<codec::Encoder> encoder_;
  rtp::Rewriter& stream_;
  PipeCounters& counters_;
  Pipe::Output output_ = Pipe::Output::kOpen;
  std::vector<int16_t> frame_;
  size_t filled_ = 0;
  int64_t frame_start_ = 0;
  uint16_t sequence_ = 0;
  bool has_sent_ = false;
  bool is_talkspurt_ = true;
};

}  // namespace patchcord::media

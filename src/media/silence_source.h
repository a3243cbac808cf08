// SPDX-License-Identifier: GPL-3.0-or-later
// SilenceSource: a steady stream of silent packets, made without an encoder, into a stream that
// something else will take over. Towards a browser only, whose receiver must hear something.
// Thread: media. Owner: a pipe.
#pragma once

#include <cstdint>

#include "core/time.h"
#include "media/pipe.h"
#include "media/plan.h"
#include "rtp/rewriter.h"

namespace patchcord::media {

class SilenceSource {
 public:
  // `to` must be a codec with a silent payload, or nothing is ever sent.
  SilenceSource(const AudioFormat& to, rtp::Rewriter& stream);

  void start(MonoTime now);       // again: nothing changes
  void stop() { due_ = kNever; }  // something else is about to be sent
  void set_output(Pipe::Output output) { output_ = output; }
  void on_time(MonoTime now, PacketSink& out, PipeCounters& counters);
  MonoTime next_deadline() const { return due_; }

 private:
  void send(MonoTime now, PacketSink& out, PipeCounters& counters);

  const PayloadType payload_type_;
  const codec::AudioCodec codec_;
  rtp::Rewriter& stream_;
  Pipe::Output output_ = Pipe::Output::kOpen;
  MonoTime due_ = kNever;
  bool has_sent_ = false;
};

}  // namespace patchcord::media

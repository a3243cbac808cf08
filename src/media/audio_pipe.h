// SPDX-License-Identifier: GPL-3.0-or-later
// AudioPipe: one direction of an audio track between two codecs. It repairs, it does not play out:
// packets in order pass at once, a gap waits only while reordering explains it, and timestamps
// carry the timing to the far jitter buffer.
//
//   push ─▶ reorder_buffer ─▶ timeline ─▶ decode ─▶ resampler ─▶ packetizer ─▶ PacketSink
//             in order,         where it     FEC or      seldom     encode,
//             or "lost"         belongs      conceal                 RTP
//                                              ▲
//   on_time ── a pause: comfort noise, ────────┘   only towards a codec without DTX, or when the
//              concealment fading to silence       source asked for noise (RFC 3389)
//
// Opus decodes and encodes at the other codec's rate, so a resampler is needed only between G.722
// and G.711. Before the first sound a SilenceSource may feed the stream.
// Thread: media. Owner: bridge.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codec/audio_codec.h"
#include "codec/comfort_noise.h"
#include "codec/resampler.h"
#include "media/packetizer.h"
#include "media/pipe.h"
#include "media/reorder_buffer.h"
#include "media/silence_source.h"
#include "media/timeline.h"

namespace patchcord::media {

class AudioPipe final : public Pipe {
  struct Private {
    explicit Private() = default;
  };

 public:
  // Null when plan.to does not begin with a format we encode, or no source format can be decoded.
  static std::unique_ptr<AudioPipe> make(const AudioPlan& plan, const PipeSettings& settings,
                                         rtp::Rewriter& stream);
  AudioPipe(Private, const AudioPlan& plan, const PipeSettings& settings, rtp::Rewriter& stream,
            std::unique_ptr<codec::Encoder> encoder);

  void start(MonoTime now) override;
  void push(rtp::Packet& packet, MonoTime now, PacketSink& out) override;
  void on_time(MonoTime now, PacketSink& out) override;
  MonoTime next_deadline() const override;
  void set_output(Output output) override;
  void set_packet_loss(int percent) override { packetizer_.encoder().set_packet_loss(percent); }
  std::string describe() const override;
  PipeCounters counters() const override { return counters_; }

  bool knows(PayloadType type) const;
  // Another pipe feeds the stream for a while: nothing is filled meanwhile, and what comes after
  // has nothing to do with what came before.
  void stand_by();

 private:
  // One format the source may send. Comfort noise has no decoder.
  struct Source {
    AudioFormat format;
    std::unique_ptr<codec::Decoder> decoder;
    std::unique_ptr<codec::Resampler> resampler;  // if the decoder's rate is not the encoder's
  };
  enum class Pause : uint8_t { kNone, kAnnounced, kComfortNoise };

  const Source* source_of(PayloadType type) const;
  size_t from_source(const Source& source, size_t samples) const;  // its rate to the encoder's
  size_t to_source(const Source& source, size_t samples) const;    // and back

  void drain(MonoTime now, PacketSink& out);
  void hear(const ReorderBuffer::Item& item, MonoTime now, PacketSink& out);
  void close_gap(const Source& source, const ReorderBuffer::Item& item, int64_t position,
                 MonoTime now, PacketSink& out);
  void play(const Source& source, ByteSpan payload, size_t too_late, MonoTime now, PacketSink& out);
  void invent(const Source& source, size_t samples, ByteSpan next, MonoTime now, PacketSink& out);
  void give(const Source& source, std::span<const int16_t> pcm, size_t skipped, MonoTime now,
            PacketSink& out);

  bool fills() const;
  Duration frame_time() const;
  void plan_filling(MonoTime now);
  void on_fill_time(MonoTime now, PacketSink& out);
  void fill_frame(MonoTime now, PacketSink& out);
  void complete_frame(MonoTime now, PacketSink& out);

  const AudioFormat to_;
  const PipeSettings settings_;
  PipeCounters counters_;
  SilenceSource silence_;
  ReorderBuffer reorder_{counters_};
  std::vector<Source> sources_;
  const Source* current_ = nullptr;  // the one last heard
  Packetizer packetizer_;
  Timeline timeline_;
  codec::ComfortNoise noise_;
  Pause pause_ = Pause::kNone;
  bool owes_sound_ = false;     // garbage came where sound should have been
  bool is_new_source_ = false;  // the first sound of a new stream is still to come
  bool is_filling_ = false;
  MonoTime fill_at_ = kNever;      // when the next frame of a pause is due
  MonoTime fill_until_ = kNever;   // no longer than settings_.fill_limit
  MonoTime complete_at_ = kNever;  // when a frame begun is not left waiting any more
};

}  // namespace patchcord::media

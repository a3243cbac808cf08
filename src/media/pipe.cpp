// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/pipe.h"

#include <algorithm>
#include <utility>

#include "media/audio_pipe.h"
#include "media/format_name.h"
#include "media/relay_pipe.h"
#include "media/silence_source.h"

namespace patchcord::media {
namespace {

// Flow::kSilence: nothing of the source passes.
class SilencePipe final : public Pipe {
 public:
  SilencePipe(const AudioFormat& to, const PipeSettings& settings, rtp::Rewriter& stream)
      : stream_(stream),
        lead_(settings.lead),
        silence_(to, stream),
        description_("silence > " + format_name(to)) {}

  void start(MonoTime now) override {
    if (lead_ == PipeSettings::Lead::kSilence) silence_.start(now);
  }
  void push(rtp::Packet&, MonoTime, PacketSink&) override {
    counters_.add(PipeCount::kIn);
    // What is kept back here is not to be missed later: the source begins anew when it may pass.
    stream_.forget_source();
  }
  void on_time(MonoTime now, PacketSink& out) override { silence_.on_time(now, out, counters_); }
  MonoTime next_deadline() const override { return silence_.next_deadline(); }
  void set_output(Output output) override { silence_.set_output(output); }
  std::string describe() const override { return description_; }
  PipeCounters counters() const override { return counters_; }

 private:
  rtp::Rewriter& stream_;
  const PipeSettings::Lead lead_;
  SilenceSource silence_;
  const std::string description_;
  PipeCounters counters_;
};

// A source that may send both what the destination takes and what must be transcoded for it.
class MixedPipe final : public Pipe {
 public:
  MixedPipe(const AudioPlan& plan, const PipeSettings& settings, rtp::Rewriter& stream,
            std::unique_ptr<AudioPipe> transcoding)
      : relay_(plan, settings, stream), transcoding_(std::move(transcoding)) {}

  void start(MonoTime now) override { relay_.start(now); }

  void push(rtp::Packet& packet, MonoTime now, PacketSink& out) override {
    const PayloadType type = packet.payload_type();
    if (!relay_.relays(type) && transcoding_->knows(type)) {
      relay_.stop_silence();
      is_transcoding_ = true;
      return transcoding_->push(packet, now, out);
    }
    if (relay_.relays(type) && std::exchange(is_transcoding_, false)) transcoding_->stand_by();
    relay_.push(packet, now, out);
  }

  void on_time(MonoTime now, PacketSink& out) override {
    relay_.on_time(now, out);
    transcoding_->on_time(now, out);
  }
  MonoTime next_deadline() const override {
    return std::min(relay_.next_deadline(), transcoding_->next_deadline());
  }
  void set_output(Output output) override {
    relay_.set_output(output);
    transcoding_->set_output(output);
  }
  void set_packet_loss(int percent) override { transcoding_->set_packet_loss(percent); }
  std::string describe() const override {
    return is_transcoding_ ? transcoding_->describe() : relay_.describe();
  }
  PipeCounters counters() const override {
    PipeCounters sum = relay_.counters();
    const PipeCounters more = transcoding_->counters();
    for (size_t i = 0; i < static_cast<size_t>(PipeCount::kCount); ++i) {
      const auto which = static_cast<PipeCount>(i);
      sum.add(which, more[which]);
    }
    return sum;
  }

 private:
  RelayPipe relay_;
  std::unique_ptr<AudioPipe> transcoding_;
  bool is_transcoding_ = false;
};

bool sounds(const AudioFormat& format) {
  return format.codec != codec::AudioCodec::kComfortNoise &&
         format.codec != codec::AudioCodec::kTelephoneEvent;
}

}  // namespace

std::unique_ptr<Pipe> make_pipe(const AudioPlan& plan, const PipeSettings& settings,
                                rtp::Rewriter& stream) {
  if (plan.to.empty()) return nullptr;
  if (plan.flow == AudioPlan::Flow::kSilence) {
    return std::make_unique<SilencePipe>(plan.to.front(), settings, stream);
  }
  const auto is_relayed = [&](const AudioFormat& f) { return sounds(f) && relayed_as(plan, f); };
  const auto is_transcoded = [&](const AudioFormat& f) {
    return sounds(f) && !relayed_as(plan, f);
  };
  const bool relay = std::ranges::any_of(plan.from, is_relayed);
  const bool transcode = std::ranges::any_of(plan.from, is_transcoded);
  if (relay && !transcode) return std::make_unique<RelayPipe>(plan, settings, stream);
  if (!relay) return AudioPipe::make(plan, settings, stream);
  auto transcoding = AudioPipe::make(
      plan, {.opus_complexity = settings.opus_complexity, .fill_limit = settings.fill_limit},
      stream);
  if (!transcoding) return std::make_unique<RelayPipe>(plan, settings, stream);
  return std::make_unique<MixedPipe>(plan, settings, stream, std::move(transcoding));
}

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/audio_pipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "codec/registry.h"
#include "media/format_name.h"

namespace patchcord::media {
namespace {

// A source that says nothing is taken for paused after this; a shorter stall is passed on as it is.
constexpr Duration kSilentAfter = std::chrono::milliseconds(200);
// So much later than sound would come a filled frame leaves, lest jitter at the end of a pause
// meets it.
constexpr Duration kFillMargin = std::chrono::milliseconds(10);
// More than this is not invented: concealment has faded out by then.
constexpr int64_t kMaxInventedMs = 120;
// Smaller gaps are rounding and are left alone.
constexpr int64_t kToleranceDivisor = 400;  // of a second: 2.5 ms
// A late timer makes up for so many frames; the rest of the pause is skipped.
constexpr int kMaxFillFrames = 10;

// On the stack, so that a call in silence owns no page for it.
using Pcm = std::array<int16_t, codec::kMaxPacketSamples>;

// The rate the pipe works at: the encoder's own, or for Opus the best the source has to give.
uint32_t working_rate(const AudioPlan& plan) {
  const codec::AudioCodec to = plan.to.front().codec;
  if (to != codec::AudioCodec::kOpus) return codec::spec(to).sample_rate;
  uint32_t best = 0;
  for (const AudioFormat& from : plan.from) {
    const bool sounds = from.codec != codec::AudioCodec::kComfortNoise &&
                        from.codec != codec::AudioCodec::kTelephoneEvent;
    if (sounds) best = std::max(best, codec::spec(from.codec).sample_rate);
  }
  return codec::preferred_rate(to, best);
}

}  // namespace

std::unique_ptr<AudioPipe> AudioPipe::make(const AudioPlan& plan, const PipeSettings& settings,
                                           rtp::Rewriter& stream) {
  if (plan.to.empty()) return nullptr;
  const AudioFormat& to = plan.to.front();
  codec::EncoderSettings encoding;
  encoding.sample_rate = working_rate(plan);
  encoding.complexity = settings.opus_complexity;
  codec::apply_fmtp(to.codec, to.parameters, encoding);
  auto encoder = codec::make_encoder(to.codec, encoding);
  if (!encoder) return nullptr;
  auto pipe = std::make_unique<AudioPipe>(Private(), plan, settings, stream, std::move(encoder));
  return pipe->current_ ? std::move(pipe) : nullptr;
}

AudioPipe::AudioPipe(Private, const AudioPlan& plan, const PipeSettings& settings,
                     rtp::Rewriter& stream, std::unique_ptr<codec::Encoder> encoder)
    : to_(plan.to.front()),
      settings_(settings),
      silence_(to_, stream),
      packetizer_(to_, std::move(encoder), plan.ptime, stream, counters_),
      timeline_(packetizer_.sample_rate()) {
  const uint32_t rate = packetizer_.sample_rate();
  for (const AudioFormat& from : plan.from) {
    Source source{from, nullptr, nullptr};
    if (from.codec != codec::AudioCodec::kComfortNoise) {
      source.decoder = codec::make_decoder(from.codec, codec::preferred_rate(from.codec, rate));
      if (!source.decoder) continue;
      const uint32_t own = source.decoder->sample_rate();
      if (own != rate && !codec::Resampler::can(own, rate)) continue;
      if (own != rate) source.resampler = std::make_unique<codec::Resampler>(own, rate);
    }
    sources_.push_back(std::move(source));
  }
  const auto first = std::ranges::find_if(sources_, [](const Source& s) { return !!s.decoder; });
  if (first != sources_.end()) current_ = &*first;
}

void AudioPipe::start(MonoTime now) {
  if (settings_.lead == PipeSettings::Lead::kSilence && !timeline_.has_heard()) silence_.start(now);
}

void AudioPipe::push(rtp::Packet& packet, MonoTime now, PacketSink& out) {
  counters_.add(PipeCount::kIn);
  reorder_.push(packet, now);
  drain(now, out);
}

void AudioPipe::drain(MonoTime now, PacketSink& out) {
  while (const auto item = reorder_.pop(now)) hear(*item, now, out);
}

void AudioPipe::hear(const ReorderBuffer::Item& item, MonoTime now, PacketSink& out) {
  is_new_source_ |= item.is_restart;
  const Source* source = source_of(item.header.payload_type);
  if (!source) return counters_.add(PipeCount::kUnknown);
  if (!source->decoder) {
    noise_.update(item.payload);
    pause_ = Pause::kComfortNoise;
    return plan_filling(now);
  }
  const size_t samples = from_source(*source, source->decoder->samples_in(item.payload));
  if (samples == 0) {
    owes_sound_ = true;
    return counters_.add(PipeCount::kGarbage);
  }
  silence_.stop();
  if (source != current_ || is_new_source_) source->decoder->reset();
  current_ = source;
  const Timeline::Place place = timeline_.place(
      {item.header.timestamp, source->format.clock_rate, static_cast<int64_t>(samples),
       packetizer_.position(), std::exchange(is_new_source_, false)},
      now);
  if (place.fit == Timeline::Fit::kRestarted) counters_.add(PipeCount::kRestart);
  is_filling_ = false;
  close_gap(*source, item, place.position, now, out);
  const int64_t overlap = std::max<int64_t>(packetizer_.position() - place.position, 0);
  play(*source, item.payload, std::min(static_cast<size_t>(overlap), samples), now, out);
  const bool falls_silent = source->decoder->announces_silence(item.payload);
  pause_ = falls_silent ? Pause::kAnnounced : Pause::kNone;
  plan_filling(now);
}

// What lies between the sound sent so far and this packet: lost sound is invented, as far as that
// makes sense; the rest is a pause, which is a jump of the timestamps.
void AudioPipe::close_gap(const Source& source, const ReorderBuffer::Item& item, int64_t position,
                          MonoTime now, PacketSink& out) {
  const int64_t rate = packetizer_.sample_rate();
  const bool is_loss = std::exchange(owes_sound_, false) || item.lost_before > 0;
  int64_t gap = position - packetizer_.position();
  if (gap <= rate / kToleranceDivisor) return;
  const auto longest =
      is_loss ? kMaxInventedMs * rate / 1000 : static_cast<int64_t>(packetizer_.missing());
  const int64_t invented = std::min(gap, longest);
  if (invented > 0) {
    // Redundancy in this packet restores what was just before it, so only if all is filled.
    const ByteSpan next = is_loss && invented == gap ? item.payload : ByteSpan();
    invent(source, static_cast<size_t>(invented), next, now, out);
  }
  if (position - packetizer_.position() <= rate / kToleranceDivisor) return;
  complete_frame(now, out);
  if (position > packetizer_.position()) packetizer_.jump(position);
}

void AudioPipe::play(const Source& source, ByteSpan payload, size_t too_late, MonoTime now,
                     PacketSink& out) {
  Pcm pcm;
  const size_t samples = source.decoder->decode(payload, pcm);
  if (samples == 0) {
    owes_sound_ = true;
    return counters_.add(PipeCount::kGarbage);
  }
  if (too_late > 0) counters_.add(PipeCount::kLate);
  give(source, std::span(pcm).first(samples), too_late, now, out);
}

// Fills with what `next` restores, or with the codec's concealment. `samples` at the encoder's
// rate.
void AudioPipe::invent(const Source& source, size_t samples, ByteSpan next, MonoTime now,
                       PacketSink& out) {
  Pcm pcm;
  const auto filled = std::span(pcm).first(std::min(to_source(source, samples), pcm.size()));
  if (!next.empty() && source.decoder->decode_fec(next, filled)) {
    counters_.add(PipeCount::kRecovered);
  } else {
    source.decoder->conceal(filled);
  }
  give(source, filled, 0, now, out);
}

void AudioPipe::give(const Source& source, std::span<const int16_t> pcm, size_t skipped,
                     MonoTime now, PacketSink& out) {
  if (!source.resampler) return packetizer_.append(pcm.subspan(skipped), now, out);
  Pcm resampled;
  const size_t samples = source.resampler->process(pcm, resampled);
  packetizer_.append(std::span(resampled).first(samples).subspan(skipped), now, out);
}

// ---- pauses

void AudioPipe::on_time(MonoTime now, PacketSink& out) {
  drain(now, out);
  silence_.on_time(now, out, counters_);
  if (fill_at_ <= now) on_fill_time(now, out);
  if (complete_at_ <= now) {
    timeline_.begin_filling();
    complete_frame(now, out);
    complete_at_ = kNever;
  }
}

MonoTime AudioPipe::next_deadline() const {
  return std::min({reorder_.next_deadline(), silence_.next_deadline(), fill_at_, complete_at_});
}

// Called after each packet: what shall happen if it stays the last for a while.
void AudioPipe::plan_filling(MonoTime now) {
  complete_at_ = packetizer_.missing() > 0 ? now + 3 * frame_time() : kNever;
  if (!fills()) {
    fill_at_ = kNever;
    return;
  }
  fill_until_ = now + settings_.fill_limit;
  if (is_filling_) return;  // another comfort noise payload in a pause that is being filled
  // Comfort noise comes where sound would have come; Opus' last frame has sound of its own.
  switch (pause_) {
    case Pause::kNone:
      fill_at_ = now + kSilentAfter;
      break;
    case Pause::kAnnounced:
      fill_at_ = now + frame_time() + kFillMargin;
      break;
    case Pause::kComfortNoise:
      fill_at_ = now + kFillMargin;
      break;
  }
}

bool AudioPipe::fills() const {
  if (!timeline_.has_heard()) return false;
  return to_.codec != codec::AudioCodec::kOpus || pause_ == Pause::kComfortNoise;
}

Duration AudioPipe::frame_time() const {
  return std::chrono::milliseconds(packetizer_.frame_size() * 1000 / packetizer_.sample_rate());
}

void AudioPipe::on_fill_time(MonoTime now, PacketSink& out) {
  for (int i = 0; i < kMaxFillFrames && fill_at_ <= now; ++i) {
    if (fill_at_ >= fill_until_) {
      fill_at_ = kNever;
      return;
    }
    fill_frame(now, out);
    fill_at_ += frame_time();
  }
  if (fill_at_ > now) return;
  const auto skipped = (now - fill_at_) / frame_time() + 1;
  packetizer_.jump(packetizer_.position() +
                   skipped * static_cast<int64_t>(packetizer_.frame_size()));
  fill_at_ += skipped * frame_time();
}

void AudioPipe::fill_frame(MonoTime now, PacketSink& out) {
  if (!std::exchange(is_filling_, true)) {
    complete_frame(now, out);
    // The frame that is due now began one frame ago, at the pace of the source.
    const int64_t begin = timeline_.expected_end(fill_at_ - kFillMargin) -
                          static_cast<int64_t>(packetizer_.frame_size());
    if (begin > packetizer_.position()) packetizer_.jump(begin);
    timeline_.begin_filling();
  }
  counters_.add(PipeCount::kSilence);
  if (pause_ != Pause::kComfortNoise) {
    return invent(*current_, packetizer_.frame_size(), {}, now, out);
  }
  Pcm pcm;
  const auto frame = std::span(pcm).first(packetizer_.frame_size());
  noise_.generate(frame);
  packetizer_.append(frame, now, out);
}

void AudioPipe::complete_frame(MonoTime now, PacketSink& out) {
  if (const size_t missing = packetizer_.missing()) invent(*current_, missing, {}, now, out);
  // A cut may have left less than one sample of a slower source.
  static constexpr std::array<int16_t, 8> kRemainder{};
  packetizer_.append(std::span(kRemainder).first(packetizer_.missing()), now, out);
}

// ---- small things

void AudioPipe::set_output(Output output) {
  packetizer_.set_output(output);
  silence_.set_output(output);
}

bool AudioPipe::knows(PayloadType type) const {
  return source_of(type) != nullptr;
}

void AudioPipe::stand_by() {
  reorder_.clear();
  is_filling_ = false;
  fill_at_ = complete_at_ = kNever;
}

const AudioPipe::Source* AudioPipe::source_of(PayloadType type) const {
  for (const Source& source : sources_) {
    if (source.format.payload_type == type) return &source;
  }
  return nullptr;
}

size_t AudioPipe::from_source(const Source& source, size_t samples) const {
  return samples * packetizer_.sample_rate() / source.decoder->sample_rate();
}

size_t AudioPipe::to_source(const Source& source, size_t samples) const {
  return samples * source.decoder->sample_rate() / packetizer_.sample_rate();
}

std::string AudioPipe::describe() const {
  const uint32_t own = current_->decoder->sample_rate();
  const uint32_t rate = packetizer_.sample_rate();
  std::string text = fmt::format("{} > reorder > pcm {}", format_name(current_->format), own);
  if (own != rate) text += fmt::format(" > resample > pcm {}", rate);
  return text + " > " + format_name(to_);
}

}  // namespace patchcord::media

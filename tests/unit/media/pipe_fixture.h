// SPDX-License-Identifier: GPL-3.0-or-later
// What the pipe tests share: a talking source, a sink that remembers and decodes, a clock in
// milliseconds.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <numbers>
#include <span>
#include <vector>

#include "codec/registry.h"
#include "core/random.h"
#include "media/pipe.h"
#include "rtp/packet.h"
#include "rtp/rewriter.h"
#include "rtp/sequence.h"

namespace patchcord::media::test {

using codec::AudioCodec;
using Payload = std::vector<uint8_t>;

inline MonoTime at(double ms) {
  return MonoTime(std::chrono::seconds(1000) + Duration(static_cast<int64_t>(ms * 1e6)));
}

inline AudioFormat format(AudioCodec codec, uint8_t type) {
  const codec::Spec& spec = codec::spec(codec);
  return {PayloadType(type), codec, spec.clock_rate, spec.channels, {}};
}
inline const AudioFormat kOpus = format(AudioCodec::kOpus, 111);
inline const AudioFormat kPcma = format(AudioCodec::kPcma, 8);
inline const AudioFormat kPcmu = format(AudioCodec::kPcmu, 0);
inline const AudioFormat kG722 = format(AudioCodec::kG722, 9);
inline const AudioFormat kNoise = format(AudioCodec::kComfortNoise, 13);

inline AudioPlan open_plan(std::vector<AudioFormat> from, std::vector<AudioFormat> to,
                           int ptime = 20) {
  AudioPlan plan;
  plan.flow = AudioPlan::Flow::kOpen;
  plan.from = std::move(from);
  plan.to = std::move(to);
  plan.ptime = std::chrono::milliseconds(ptime);
  return plan;
}

struct Sent {
  rtp::Header header;
  Payload payload;
  MonoTime time;
};

class Sink final : public PacketSink {
 public:
  void send(rtp::Packet& packet, MonoTime now) override {
    // An SRTP tag is written behind the packet: the room must really be there (ASan looks).
    std::fill_n(packet.bytes().data() + packet.bytes().size(), kTailroom, uint8_t{0xEE});
    sent.push_back({packet.header(), {packet.payload().begin(), packet.payload().end()}, now});
  }
  std::vector<Sent> sent;
};

// A tone in packets of one codec.
class Talker {
 public:
  Talker(const AudioFormat& format, double packet_ms, double hertz = 1000)
      : format_(format),
        hertz_(hertz),
        rate_(codec::spec(format.codec).sample_rate),
        samples_(static_cast<size_t>(rate_ * packet_ms / 1000)),
        encoder_(codec::make_encoder(format.codec, {.sample_rate = rate_})) {}

  // The next packet, its memory with tailroom inside; valid until the next call.
  rtp::Packet next() {
    std::vector<int16_t> pcm(samples_);
    for (int16_t& sample : pcm) {
      const double phase = 2 * std::numbers::pi * hertz_ * static_cast<double>(sample_++) / rate_;
      sample = static_cast<int16_t>(std::lrint(10000 * std::sin(phase)));
    }
    const auto room = std::span(buffer_).subspan(rtp::kFixedHeaderSize, 1400);
    const size_t size = encoder_->encode(pcm, room);
    return packet(ByteSpan(room).first(size));
  }
  // A packet with this payload instead, which takes the same time.
  rtp::Packet packet(ByteSpan payload, bool marker = false) {
    std::copy(payload.begin(), payload.end(), buffer_.begin() + rtp::kFixedHeaderSize);
    rtp::write_header(buffer_, {format_.payload_type, sequence++, timestamp, ssrc, marker});
    timestamp += step();
    return *rtp::Packet::parse(std::span(buffer_).first(rtp::kFixedHeaderSize + payload.size()));
  }
  void set_packet_loss(int percent) { encoder_->set_packet_loss(percent); }
  uint32_t step() const { return static_cast<uint32_t>(samples_ * format_.clock_rate / rate_); }
  void lose(int packets = 1) {
    for (int i = 0; i < packets; ++i) next();
  }
  void pause(uint32_t ticks) { timestamp += ticks; }

  uint16_t sequence = 65530;        // wraps soon
  uint32_t timestamp = 0xFFFFF000;  // so does this
  Ssrc ssrc{77};

 private:
  const AudioFormat format_;
  const double hertz_;
  const uint32_t rate_;
  const size_t samples_;
  std::unique_ptr<codec::Encoder> encoder_;
  size_t sample_ = 0;
  std::array<uint8_t, 2048> buffer_{};
};

// A copy that outlives the talker's next packet.
class Kept {
 public:
  explicit Kept(const rtp::Packet& packet) : bytes_(packet.bytes().begin(), packet.bytes().end()) {
    bytes_.resize(bytes_.size() + kTailroom);
  }
  rtp::Packet packet() {  // may be changed and sent, and asked for again
    copy_ = bytes_;
    return *rtp::Packet::parse(std::span(copy_).first(copy_.size() - kTailroom));
  }

 private:
  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> copy_;
};

class PipeFixture : public testing::Test {
 protected:
  void make(const AudioPlan& plan, PipeSettings settings = {}) {
    to_ = plan.to.front();
    stream_.emplace(rtp::Rewriter::Stream{Ssrc(0xABCD), 65533, 0xFFFFFF00, to_.clock_rate});
    pipe_ = make_pipe(plan, settings, *stream_);
    ASSERT_TRUE(pipe_);
  }
  void push(rtp::Packet packet, double ms) { pipe_->push(packet, at(ms), sink_); }
  void push(Kept& kept, double ms) { push(kept.packet(), ms); }
  // Lets time pass as the worker does: exactly at each deadline.
  void run_until(double ms) {
    for (int i = 0; i < 100'000 && pipe_->next_deadline() <= at(ms); ++i) {
      const MonoTime due = pipe_->next_deadline();
      pipe_->on_time(due, sink_);
      ASSERT_GT(pipe_->next_deadline(), due) << "the timer does not advance";
    }
  }

  const std::vector<Sent>& sent() const { return sink_.sent; }
  uint64_t count(PipeCount which) const { return pipe_->counters()[which]; }

  // The stream must be one: one SSRC, numbers without gap or repeat, time that never goes back.
  void expect_one_stream() const {
    for (size_t i = 1; i < sent().size(); ++i) {
      const rtp::Header& before = sent()[i - 1].header;
      const rtp::Header& header = sent()[i].header;
      EXPECT_EQ(header.ssrc, Ssrc(0xABCD));
      EXPECT_EQ(header.sequence, static_cast<uint16_t>(before.sequence + 1)) << "packet " << i;
      EXPECT_GT(rtp::wrapped_distance(before.timestamp, header.timestamp), 0) << "packet " << i;
    }
  }
  // Besides, without a hole: each packet begins where the last one ended.
  void expect_no_hole(uint32_t step) const {
    expect_one_stream();
    for (size_t i = 1; i < sent().size(); ++i) {
      EXPECT_EQ(sent()[i].header.timestamp - sent()[i - 1].header.timestamp, step) << i;
    }
  }
  // What a receiver with a good jitter buffer hears: the packets laid out by their timestamps.
  std::vector<int16_t> heard() const {
    const uint32_t rate = codec::spec(to_.codec).sample_rate;
    const auto decoder = codec::make_decoder(to_.codec, rate);
    std::vector<int16_t> sound;
    for (const Sent& packet : sent()) {
      std::vector<int16_t> pcm(codec::kMaxPacketSamples);
      pcm.resize(decoder->decode(packet.payload, pcm));
      const auto begin =
          static_cast<size_t>(uint64_t{packet.header.timestamp - sent().front().header.timestamp} *
                              rate / to_.clock_rate);
      if (sound.size() < begin) sound.resize(begin);
      sound.resize(begin);
      sound.insert(sound.end(), pcm.begin(), pcm.end());
    }
    return sound;
  }

  AudioFormat to_;
  std::optional<rtp::Rewriter> stream_;
  std::unique_ptr<Pipe> pipe_;
  Sink sink_;
};

struct Measured {
  double level_db;  // of the tone, re full scale
  double snr_db;
};

inline Measured measure(std::span<const int16_t> pcm, double hertz, uint32_t rate) {
  double sine = 0, cosine = 0, total = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double phase = 2 * std::numbers::pi * hertz * static_cast<double>(i) / rate;
    sine += pcm[i] * std::sin(phase);
    cosine += pcm[i] * std::cos(phase);
    total += static_cast<double>(pcm[i]) * pcm[i];
  }
  const double n = static_cast<double>(pcm.size());
  const double amplitude = 2 / n * std::hypot(sine, cosine);
  const double signal = amplitude * amplitude / 2;
  return {20 * std::log10(std::max(amplitude, 1e-9) / 32768),
          10 * std::log10(signal / std::max(total / n - signal, 1e-9))};
}

inline double rms(std::span<const int16_t> pcm) {
  double sum = 0;
  for (const int16_t sample : pcm) sum += static_cast<double>(sample) * sample;
  return std::sqrt(sum / static_cast<double>(std::max<size_t>(pcm.size(), 1)));
}

}  // namespace patchcord::media::test

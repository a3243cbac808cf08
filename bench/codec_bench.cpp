// SPDX-License-Identifier: GPL-3.0-or-later
// What a packet of 20 ms costs in the codec room and in a pipe. "Streams" takes that many streams
// in turn, so that each finds its state cold, as a busy worker does.
#include <benchmark/benchmark.h>

#include <array>
#include <cmath>
#include <memory>
#include <numbers>
#include <vector>

#include "codec/registry.h"
#include "codec/resampler.h"
#include "media/pipe.h"

namespace patchcord {
namespace {

using codec::AudioCodec;

constexpr AudioCodec kCodecs[] = {AudioCodec::kOpus, AudioCodec::kPcma, AudioCodec::kPcmu,
                                  AudioCodec::kG722};

// Two seconds of something like speech: harmonics of a gliding pitch in syllables.
std::vector<int16_t> speech(uint32_t rate) {
  std::vector<int16_t> pcm(2 * rate);
  double phase = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    phase += (120 + 20 * std::sin(3 * t)) / rate;
    double sum = 0;
    for (int k = 1; k < 20; ++k) sum += std::sin(2 * std::numbers::pi * k * phase) / (1 + k);
    const double swell = std::pow(std::sin(4 * std::numbers::pi * t), 2);
    pcm[i] = static_cast<int16_t>(std::lrint(6000 * swell * sum));
  }
  return pcm;
}

struct Payload {
  std::array<uint8_t, 1400> bytes;
  size_t size;
};

std::vector<Payload> payloads(AudioCodec codec, uint32_t rate) {
  const auto encoder = codec::make_encoder(codec, {.sample_rate = rate, .bitrate = 32000});
  const auto pcm = speech(rate);
  std::vector<Payload> made(100);
  for (size_t i = 0; i < made.size(); ++i) {
    made[i].size = encoder->encode(std::span(pcm).subspan(i * rate / 50, rate / 50), made[i].bytes);
  }
  return made;
}

void encode(benchmark::State& state) {
  const AudioCodec codec = kCodecs[state.range(0)];
  const auto rate = static_cast<uint32_t>(state.range(1));
  const auto encoder = codec::make_encoder(
      codec, {.sample_rate = rate, .complexity = static_cast<int>(state.range(2))});
  const auto pcm = speech(rate);
  std::array<uint8_t, 1400> out;
  size_t i = 0;
  size_t bytes = 0;
  for (auto _ : state) {
    bytes += encoder->encode(std::span(pcm).subspan(i++ % 100 * rate / 50, rate / 50), out);
  }
  state.counters["kbit/s"] = static_cast<double>(bytes) * 8 * 50 / 1000 / static_cast<double>(i);
}
BENCHMARK(encode)
    ->ArgNames({"codec", "rate", "complexity"})
    ->ArgsProduct({{0}, {8000, 16000, 48000}, {0, 5, 10}})
    ->Args({1, 8000, 0})
    ->Args({3, 16000, 0});

void decode(benchmark::State& state) {
  const AudioCodec codec = kCodecs[state.range(0)];
  const auto rate = static_cast<uint32_t>(state.range(1));
  const auto made = payloads(codec, codec == AudioCodec::kOpus ? 48000 : rate);
  const auto decoder = codec::make_decoder(codec, rate);
  std::array<int16_t, codec::kMaxPacketSamples> pcm;
  size_t i = 0;
  for (auto _ : state) {
    const Payload& payload = made[i++ % made.size()];
    benchmark::DoNotOptimize(decoder->decode(ByteSpan(payload.bytes).first(payload.size), pcm));
  }
}
BENCHMARK(decode)
    ->ArgNames({"codec", "rate"})
    ->ArgsProduct({{0}, {8000, 16000, 48000}})
    ->Args({1, 8000})
    ->Args({3, 16000});

void conceal(benchmark::State& state) {
  const auto decoder = codec::make_decoder(AudioCodec::kPcma, 8000);
  const auto made = payloads(AudioCodec::kPcma, 8000);
  std::array<int16_t, codec::kMaxPacketSamples> pcm;
  size_t i = 0;
  for (auto _ : state) {
    const Payload& payload = made[i++ % made.size()];
    decoder->decode(ByteSpan(payload.bytes).first(payload.size), pcm);
    decoder->conceal(std::span(pcm).first(160));
  }
}
BENCHMARK(conceal);

void resample(benchmark::State& state) {
  const auto from = static_cast<uint32_t>(state.range(0));
  const auto to = static_cast<uint32_t>(state.range(1));
  codec::Resampler resampler(from, to);
  const auto pcm = speech(from);
  std::array<int16_t, codec::kMaxPacketSamples> out;
  for (auto _ : state) resampler.process(std::span(pcm).first(from / 50), out);
}
BENCHMARK(resample)->Args({8000, 16000})->Args({16000, 8000})->Args({48000, 8000});

// ---- a pipe

class Nowhere final : public media::PacketSink {
 public:
  void send(rtp::Packet& packet, MonoTime) override { benchmark::DoNotOptimize(packet); }
};

media::AudioFormat format(AudioCodec codec, uint8_t type) {
  const codec::Spec& spec = codec::spec(codec);
  return {PayloadType(type), codec, spec.clock_rate, spec.channels, {}};
}

void pipe(benchmark::State& state) {
  const AudioCodec from = kCodecs[state.range(0)];
  const AudioCodec to = kCodecs[state.range(1)];
  const auto streams = static_cast<size_t>(state.range(2));
  media::AudioPlan plan;
  plan.flow = media::AudioPlan::Flow::kOpen;
  plan.from = {format(from, 100)};
  plan.to = {format(to, 101)};
  struct Stream {
    explicit Stream(const media::AudioPlan& plan)
        : out({Ssrc(1), 0, 0, plan.to.front().clock_rate}), pipe(media::make_pipe(plan, {}, out)) {}
    rtp::Rewriter out;
    std::unique_ptr<media::Pipe> pipe;
  };
  std::vector<std::unique_ptr<Stream>> all;
  for (size_t i = 0; i < streams; ++i) all.push_back(std::make_unique<Stream>(plan));
  const uint32_t rate = codec::spec(from).sample_rate;
  const auto made = payloads(from, rate);
  const uint32_t step = plan.from.front().clock_rate / 50;
  Nowhere nowhere;
  std::array<uint8_t, 1600> buffer;
  size_t i = 0;
  for (auto _ : state) {
    const auto turn = static_cast<uint32_t>(i / streams);
    const Payload& payload = made[turn % made.size()];
    rtp::write_header(buffer,
                      {PayloadType(100), static_cast<uint16_t>(turn), turn * step, Ssrc(9), false});
    std::copy_n(payload.bytes.begin(), payload.size, buffer.begin() + rtp::kFixedHeaderSize);
    auto packet = rtp::Packet::parse(std::span(buffer).first(rtp::kFixedHeaderSize + payload.size));
    all[i++ % streams]->pipe->push(*packet, MonoTime(std::chrono::milliseconds(20) * turn),
                                   nowhere);
  }
}
BENCHMARK(pipe)
    ->ArgNames({"from", "to", "streams"})
    ->ArgsProduct({{0}, {1}, {1, 200}})
    ->ArgsProduct({{1}, {0}, {1, 200}})
    ->ArgsProduct({{1}, {1}, {1, 200}})
    ->ArgsProduct({{3}, {1}, {1, 200}});

}  // namespace
}  // namespace patchcord

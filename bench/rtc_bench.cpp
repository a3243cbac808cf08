// SPDX-License-Identifier: GPL-3.0-or-later
// What a packet and a call set-up cost in rtc/. "Streams" are taken in turn: with 500 of them the
// contexts are as cold as in a worker full of calls.
#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

#include "rtc/dtls.h"
#include "rtc/srtp.h"
#include "rtc/stun.h"

namespace patchcord::rtc {
namespace {

constexpr size_t kPacket = 12 + 80;  // 20 ms of Opus at 32 kb/s

std::array<uint8_t, kPacket + kSrtpMaxTrailer> packet_of(uint16_t sequence) {
  std::array<uint8_t, kPacket + kSrtpMaxTrailer> packet{0x80, 111};
  store_be16(&packet[2], sequence);
  return packet;
}

SrtpKey key_of(SrtpSuite suite) {
  SeededRandom random(1);
  return SrtpKey::generate(suite, random);
}

void protect(benchmark::State& state) {
  const SrtpKey key = key_of(static_cast<SrtpSuite>(state.range(0)));
  std::vector<SrtpSender> senders;
  for (int64_t i = 0; i < state.range(1); ++i) senders.emplace_back(key);
  uint16_t sequence = 0;
  size_t turn = 0;
  for (auto _ : state) {
    if (turn == senders.size()) turn = 0;
    if (turn == 0) ++sequence;
    auto packet = packet_of(sequence);
    benchmark::DoNotOptimize(senders[turn++].protect_rtp(packet, kPacket));
  }
}

void unprotect(benchmark::State& state) {
  const SrtpKey key = key_of(static_cast<SrtpSuite>(state.range(0)));
  SrtpSender sender(key);
  std::vector<SrtpReceiver> receivers;
  for (int64_t i = 0; i < state.range(1); ++i) receivers.emplace_back(key);
  std::vector<std::array<uint8_t, kPacket + kSrtpMaxTrailer>> sealed;
  std::vector<size_t> sizes;
  for (uint32_t i = 0; i < 65536 * 2; ++i) {
    sealed.push_back(packet_of(static_cast<uint16_t>(i)));
    sizes.push_back(sender.protect_rtp(sealed.back(), kPacket)->size());
  }
  size_t at = 0, turn = 0;
  for (auto _ : state) {
    if (turn == receivers.size()) {
      turn = 0;
      if (++at == sealed.size()) {
        at = 0;
        for (auto& receiver : receivers) receiver = SrtpReceiver(key);
      }
    }
    auto packet = sealed[at];
    benchmark::DoNotOptimize(
        receivers[turn++].unprotect_rtp(MutableByteSpan(packet).first(sizes[at])));
  }
}

void suites(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"suite", "streams"});
  for (const int suite : {0, 1, 2}) {
    for (const int streams : {1, 500}) bench->Args({suite, streams});
  }
}
BENCHMARK(protect)->Apply(suites);
BENCHMARK(unprotect)->Apply(suites);

void stun_parse_and_verify(benchmark::State& state) {
  std::array<uint8_t, 200> buffer;
  StunBuilder builder(buffer, StunType::kBindingRequest, {});
  const ByteSpan check =
      builder.username("abcdefgh:ijkl").priority(1).controlling(2).use_candidate().seal("password");
  for (auto _ : state) {
    const auto message = parse_stun(check);
    benchmark::DoNotOptimize(has_integrity(check, *message, "password"));
  }
}
BENCHMARK(stun_parse_and_verify);

struct Queue final : DatagramSink {
  void send(ByteSpan datagram, const SocketAddress&) override {
    sent.emplace_back(datagram.begin(), datagram.end());
  }
  std::vector<std::vector<uint8_t>> sent;
};

// Both sides of a handshake on one core.
void dtls_handshake(benchmark::State& state) {
  const auto certificate = Certificate::generate(WallTime(std::chrono::hours(24 * 20000)));
  const auto context = DtlsContext::create(*certificate);
  const MonoTime now{};
  for (auto _ : state) {
    Queue to_server, to_client;
    Dtls server(*context, DtlsRole::kServer), client(*context, DtlsRole::kClient);
    client.start(now, {to_server, {}});
    while (client.state() == Dtls::State::kHandshaking) {
      for (const auto& d : std::exchange(to_server.sent, {}))
        server.receive(d, now, {to_client, {}});
      for (const auto& d : std::exchange(to_client.sent, {}))
        client.receive(d, now, {to_server, {}});
    }
    benchmark::DoNotOptimize(server.export_keys());
  }
}
BENCHMARK(dtls_handshake)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace patchcord::rtc

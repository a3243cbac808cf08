// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/g711.h"

#include <array>

namespace patchcord::codec {
namespace {

// Both laws are sign, three bits of segment and four of step; what differs is the bias, which bits
// travel inverted, and how fine the smallest step is (A: 12 bits of magnitude, mu: 13).
// Magnitudes are taken in one's complement, as the decision values of G.711 tables 1 and 2 ask.

constexpr int kMuBias = 33;  // in units of the 14-bit mu-law scale

constexpr uint8_t segment_and_step(int magnitude) {  // magnitude >= 16: 1 mmmm followed by zeros
  int segment = 1;
  while (magnitude > 31) {
    magnitude >>= 1;
    ++segment;
  }
  return static_cast<uint8_t>(segment << 4 | (magnitude & 15));
}

constexpr uint8_t compress_a(int value) {  // a 16-bit sample >> 4: -2048..2047
  const bool positive = value >= 0;
  const int magnitude = positive ? value : ~value;
  const int code = magnitude < 16 ? magnitude : segment_and_step(magnitude);
  return static_cast<uint8_t>((code | (positive ? 0x80 : 0)) ^ 0x55);
}

constexpr uint8_t compress_mu(int value) {  // a 16-bit sample >> 2: -8192..8191
  const bool positive = value >= 0;
  const int magnitude = (positive ? value : ~value) + kMuBias;
  // The biased scale begins at 32, one binary place above A-law's: its first segment is 0.
  const int code = magnitude > 0x1FFF ? 0x7F : segment_and_step(magnitude >> 1) - 0x10;
  return static_cast<uint8_t>(~(code | (positive ? 0 : 0x80)));
}

constexpr int16_t expand_a(int code) {
  code ^= 0x55;
  const int segment = (code >> 4) & 7;
  const int step = code & 15;
  const int magnitude = segment == 0 ? (step << 4) + 8 : ((step << 4) + 0x108) << (segment - 1);
  return static_cast<int16_t>((code & 0x80) != 0 ? magnitude : -magnitude);
}

constexpr int16_t expand_mu(int code) {
  code = ~code;
  const int segment = (code >> 4) & 7;
  const int magnitude = ((((code & 15) << 3) + 4 * kMuBias) << segment) - 4 * kMuBias;
  return static_cast<int16_t>((code & 0x80) != 0 ? -magnitude : magnitude);
}

template <class T, size_t N, class Rule>
constexpr std::array<T, N> tabulate(Rule rule, int first) {
  std::array<T, N> table{};
  for (size_t i = 0; i < N; ++i) table[i] = rule(static_cast<int>(i) + first);
  return table;
}

constexpr auto kExpandA = tabulate<int16_t, 256>(expand_a, 0);
constexpr auto kExpandMu = tabulate<int16_t, 256>(expand_mu, 0);
constexpr auto kCompressA = tabulate<uint8_t, 4096>(compress_a, -2048);
constexpr auto kCompressMu = tabulate<uint8_t, 16384>(compress_mu, -8192);

}  // namespace

uint8_t g711_compress(G711Law law, int16_t sample) {
  return law == G711Law::kA ? kCompressA[static_cast<size_t>((sample >> 4) + 2048)]
                            : kCompressMu[static_cast<size_t>((sample >> 2) + 8192)];
}

int16_t g711_expand(G711Law law, uint8_t code) {
  return law == G711Law::kA ? kExpandA[code] : kExpandMu[code];
}

size_t G711Decoder::samples_in(ByteSpan payload) const {
  return payload.size() <= kMaxPacketMs * 8 ? payload.size() : 0;
}

size_t G711Decoder::decode(ByteSpan payload, std::span<int16_t> pcm) {
  const size_t samples = samples_in(payload);
  if (samples == 0 || samples > pcm.size()) return 0;
  const auto& table = law_ == G711Law::kA ? kExpandA : kExpandMu;
  for (size_t i = 0; i < samples; ++i) pcm[i] = table[payload[i]];
  concealment_.heard(pcm.first(samples));
  return samples;
}

size_t G711Encoder::encode(std::span<const int16_t> pcm, MutableByteSpan out) {
  if (pcm.size() > out.size()) return 0;
  for (size_t i = 0; i < pcm.size(); ++i) out[i] = g711_compress(law_, pcm[i]);
  return pcm.size();
}

}  // namespace patchcord::codec

// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/quality.h"

#include <algorithm>

namespace patchcord::call {
namespace {

// Two seconds of 20 ms packets: below that a single loss would say "bad".
constexpr uint64_t kFewestPackets = 100;

// ITU-T G.113 Appendix I: Ie is what the codec itself takes away, Bpl how well its concealment
// stands random loss. Opus is not in that table: it is taken as transparent, with the robustness
// that G.113 gives to a wideband codec with concealment.
struct CodecImpairment {
  double ie;
  double bpl;
};
CodecImpairment impairment(codec::AudioCodec codec) {
  switch (codec) {
    case codec::AudioCodec::kOpus:
      return {.ie = 0, .bpl = 20};
    case codec::AudioCodec::kG722:
      return {.ie = 0, .bpl = 16};
    default:
      return {.ie = 0, .bpl = 25.1};  // G.711 with packet loss concealment
  }
}

// G.107 7.4, the part of the delay impairment that matters below half a second.
double delay_impairment(double one_way_ms) {
  const double late = std::max(0.0, one_way_ms - 177.3);
  return 0.024 * one_way_ms + 0.11 * late;
}

}  // namespace

double mean_opinion_score(const StreamQuality& stream) {
  const auto ms = [](Duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
  // A jitter buffer of twice the jitter, and 20 ms of packet, stand between mouth and ear.
  const double one_way = ms(stream.round_trip) / 2 + 2 * ms(stream.jitter) + 20;
  const double loss = std::clamp(stream.loss, 0.0, 1.0) * 100;
  const CodecImpairment codec = impairment(stream.codec);
  const double ie_eff = codec.ie + (95 - codec.ie) * loss / (loss + codec.bpl);
  const double r = std::clamp(93.2 - delay_impairment(one_way) - ie_eff, 0.0, 100.0);
  return std::clamp(1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6, 1.0, 4.5);
}

std::optional<double> mean_opinion_score(const media::EndpointStats& stats,
                                         codec::AudioCodec codec) {
  const uint64_t expected = stats.packets_received + stats.packets_lost;
  if (expected < kFewestPackets) return std::nullopt;
  return mean_opinion_score(
      {.loss = static_cast<double>(stats.packets_lost) / static_cast<double>(expected),
       .jitter = std::chrono::microseconds(stats.jitter_us),
       .round_trip = stats.round_trip.value_or(Duration::zero()),
       .codec = codec});
}

}  // namespace patchcord::call

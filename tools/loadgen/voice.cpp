// SPDX-License-Identifier: GPL-3.0-or-later
#include "voice.h"

#include <cmath>
#include <numbers>
#include <numeric>
#include <string_view>

#include "codec/registry.h"

namespace patchcord::loadgen {
namespace {

constexpr double kLoudness = 4000;     // of 32767: -18 dBFS
constexpr double kAudible = 500;       // root mean square; far below the tone, far above silence
constexpr double kPurity = 0.5;        // share of the power that the pitch must have
constexpr uint32_t kOpusRate = 48000;  // as browsers encode
constexpr uint32_t kOpusBitrate = 32000;
constexpr size_t kLongestFrame = 512;

uint64_t hash_of(ByteSpan payload) {
  return std::hash<std::string_view>()(as_text(payload));
}

// A frame is 1/50 s: with a pitch that has no divisor in common with 50, the phase at the start of
// a frame comes back only after 50 of them.
int pitch(int tone) {
  int hertz = 400 + 41 * tone;
  while (std::gcd(hertz, static_cast<int>(Voice::kFrames)) != 1) ++hertz;
  return hertz;
}

}  // namespace

Voice::Voice(codec::AudioCodec codec, int tone) : codec_(codec), hertz_(pitch(tone)) {
  const bool is_opus = codec == codec::AudioCodec::kOpus;
  const uint32_t rate = is_opus ? kOpusRate : codec::spec(codec).sample_rate;
  const auto encoder =
      codec::make_encoder(codec, {.sample_rate = rate, .bitrate = is_opus ? kOpusBitrate : 0});
  std::vector<int16_t> pcm(rate / kFrames);
  // The first second is for the encoder to settle; the second one is kept.
  for (size_t number = 0; number < 2 * kFrames; ++number) {
    for (size_t i = 0; i < pcm.size(); ++i) {
      const double seconds = static_cast<double>(number * pcm.size() + i) / rate;
      pcm[i] = static_cast<int16_t>(
          std::lround(kLoudness * std::sin(2 * std::numbers::pi * hertz_ * seconds)));
    }
    std::vector<uint8_t> payload(kLongestFrame);
    payload.resize(encoder->encode(pcm, payload));
    if (number < kFrames) continue;
    index_[hash_of(payload)] = frames_.size();
    frames_.push_back(std::move(payload));
  }
}

std::optional<size_t> Voice::index_of(ByteSpan payload) const {
  const auto found = index_.find(hash_of(payload));
  if (found == index_.end()) return std::nullopt;
  return found->second;
}

Choir::Choir(codec::AudioCodec browsers, codec::AudioCodec phones) {
  for (int tone = 0; tone < Voice::kTones; tone += 2) {
    browsers_.emplace_back(browsers, tone);
    phones_.emplace_back(phones, tone + 1);
  }
}

const Voice& Choir::browser(uint64_t call) const {
  return browsers_[call % browsers_.size()];
}

// A step of its own, so that two calls that share one voice do not share the other.
const Voice& Choir::phone(uint64_t call) const {
  return phones_[(call * 5 + call / phones_.size()) % phones_.size()];
}

// Goertzel: the power at the pitch against the power of all.
bool is_tone(std::span<const int16_t> pcm, double hertz, double sample_rate) {
  const double coefficient = 2 * std::cos(2 * std::numbers::pi * hertz / sample_rate);
  double before = 0, last = 0, total = 0;
  for (const int16_t sample : pcm) {
    const double next = sample + coefficient * last - before;
    before = last;
    last = next;
    total += static_cast<double>(sample) * sample;
  }
  const double samples = static_cast<double>(pcm.size());
  if (total < samples * kAudible * kAudible) return false;
  const double power = last * last + before * before - coefficient * last * before;
  return 2 * power >= kPurity * samples * total;
}

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
#include "codec/registry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "codec/g711.h"
#include "codec/g722.h"
#include "codec/opus.h"
#include "core/assert.h"

namespace patchcord::codec {
namespace {

// By index of AudioCodec.
constexpr std::array<Spec, 6> kSpecs{{
    {AudioCodec::kOpus, "opus", 48000, 48000, 2},
    {AudioCodec::kPcma, "PCMA", 8000, 8000, 1},
    {AudioCodec::kPcmu, "PCMU", 8000, 8000, 1},
    {AudioCodec::kG722, "G722", 8000, 16000, 1},
    {AudioCodec::kTelephoneEvent, "telephone-event", 8000, 8000, 1},
    {AudioCodec::kComfortNoise, "CN", 8000, 8000, 1},
}};

// The G.722 code that, repeated, decodes to zeros: the smallest step of each band.
constexpr uint8_t kG722Silence = 0xFD;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_clock_free(AudioCodec codec) {
  return codec == AudioCodec::kTelephoneEvent || codec == AudioCodec::kComfortNoise;
}

void apply_opus_parameter(std::string_view name, std::string_view value,
                          EncoderSettings& settings) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size()) return;
  if (same_name(name, "maxaveragebitrate")) {
    // RFC 7587 6.1: 6000 to 510000; a ceiling, not a wish. Chrome names none, others 20000.
    settings.bitrate = std::clamp(number, 6000U, 510000U);
  } else if (same_name(name, "useinbandfec")) {
    settings.forward_error_correction = number == 1;
  } else if (same_name(name, "cbr")) {
    settings.constant_bitrate = number == 1;
  }
}

size_t repeated(uint8_t code, uint32_t microseconds, MutableByteSpan out) {
  const size_t bytes = microseconds * size_t{8} / 1000;  // all at 64 kbit/s
  if (bytes == 0 || bytes > out.size()) return 0;
  std::ranges::fill(out.first(bytes), code);
  return bytes;
}

}  // namespace

std::span<const Spec> known_codecs() {
  return kSpecs;
}

const Spec& spec(AudioCodec codec) {
  const Spec& found = kSpecs[static_cast<size_t>(codec)];
  PATCHCORD_ASSERT(found.codec == codec);
  return found;
}

std::optional<Spec> find_codec(std::string_view name, uint32_t clock_rate, uint8_t channels) {
  for (const Spec& known : kSpecs) {
    if (!same_name(known.name, name)) continue;
    Spec found = known;
    // RFC 4733 2.2 and RFC 3389 4: these take the clock of the sound they stand beside.
    if (is_clock_free(known.codec)) found.clock_rate = found.sample_rate = clock_rate;
    const bool channels_fit = channels <= 1 || channels == known.channels;
    if (clock_rate != 0 && found.clock_rate == clock_rate && channels_fit) return found;
  }
  return std::nullopt;
}

void apply_fmtp(AudioCodec codec, std::string_view fmtp, EncoderSettings& settings) {
  if (codec != AudioCodec::kOpus) return;
  while (!fmtp.empty()) {
    const auto semicolon = fmtp.find(';');
    const std::string_view parameter = trim(fmtp.substr(0, semicolon));
    fmtp = semicolon == std::string_view::npos ? std::string_view() : fmtp.substr(semicolon + 1);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos) continue;
    apply_opus_parameter(trim(parameter.substr(0, equals)), trim(parameter.substr(equals + 1)),
                         settings);
  }
}

uint32_t preferred_rate(AudioCodec codec, uint32_t far_rate) {
  if (codec != AudioCodec::kOpus) return spec(codec).sample_rate;
  const bool direct = far_rate == 8000 || far_rate == 12000 || far_rate == 16000 ||
                      far_rate == 24000 || far_rate == 48000;
  return direct ? far_rate : spec(codec).sample_rate;
}

std::unique_ptr<Decoder> make_decoder(AudioCodec codec, uint32_t sample_rate) {
  if (codec == AudioCodec::kOpus) return make_opus_decoder(sample_rate);
  if (sample_rate != spec(codec).sample_rate) return nullptr;
  switch (codec) {
    case AudioCodec::kPcma:
      return std::make_unique<G711Decoder>(G711Law::kA);
    case AudioCodec::kPcmu:
      return std::make_unique<G711Decoder>(G711Law::kMu);
    case AudioCodec::kG722:
      return make_g722_decoder();
    default:
      return nullptr;
  }
}

std::unique_ptr<Encoder> make_encoder(AudioCodec codec, const EncoderSettings& settings) {
  EncoderSettings filled = settings;
  if (filled.sample_rate == 0) filled.sample_rate = spec(codec).sample_rate;
  if (codec == AudioCodec::kOpus) return make_opus_encoder(filled);
  if (filled.sample_rate != spec(codec).sample_rate) return nullptr;
  switch (codec) {
    case AudioCodec::kPcma:
      return std::make_unique<G711Encoder>(G711Law::kA);
    case AudioCodec::kPcmu:
      return std::make_unique<G711Encoder>(G711Law::kMu);
    case AudioCodec::kG722:
      return make_g722_encoder();
    default:
      return nullptr;
  }
}

size_t silent_payload(AudioCodec codec, uint32_t microseconds, MutableByteSpan out) {
  switch (codec) {
    case AudioCodec::kOpus:
      return opus_silence(microseconds, out);
    case AudioCodec::kPcma:
      return repeated(g711_silence(G711Law::kA), microseconds, out);
    case AudioCodec::kPcmu:
      return repeated(g711_silence(G711Law::kMu), microseconds, out);
    case AudioCodec::kG722:
      return repeated(kG722Silence, microseconds, out);
    default:
      return 0;
  }
}

}  // namespace patchcord::codec

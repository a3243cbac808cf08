// SPDX-License-Identifier: GPL-3.0-or-later
// Arbitrary payloads into every decoder: byte 0 picks codec, rate and act, byte 1 the length of
// each payload. A decoder may refuse; what it gives must be what samples_in() promised, and inside
// pcm.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "codec/registry.h"

using namespace patchcord;
using namespace patchcord::codec;

namespace {

constexpr std::array kCodecs{AudioCodec::kOpus, AudioCodec::kPcma, AudioCodec::kPcmu,
                             AudioCodec::kG722};
constexpr std::array<uint32_t, 5> kRates{8000, 12000, 16000, 24000, 48000};

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Reader reader({data, size});
  const AudioCodec codec = kCodecs[reader.u8() % kCodecs.size()];
  const uint32_t rate = preferred_rate(codec, kRates[reader.u8() % kRates.size()]);
  const auto decoder = make_decoder(codec, rate);
  require(decoder != nullptr);
  static std::array<int16_t, kMaxPacketSamples + 1> pcm;
  for (int step = 0; step < 32 && reader.remaining() > 1; ++step) {
    const uint8_t act = reader.u8();
    const size_t room = act & 1 ? pcm.size() - 1 : rate / 50;
    const size_t length = std::min<size_t>(reader.u8() * (act & 2 ? 8U : 1U), reader.remaining());
    const ByteSpan payload = reader.bytes(length);
    pcm[room] = 4711;
    if (act & 4) {
      decoder->conceal(std::span(pcm).first(act & 8 ? room : std::min(length, room)));
    } else if (act & 8) {
      decoder->decode_fec(payload, std::span(pcm).first(room));
    } else {
      const size_t promised = decoder->samples_in(payload);
      const size_t given = decoder->decode(payload, std::span(pcm).first(room));
      require(given == 0 || given == promised);
    }
    require(pcm[room] == 4711);
  }
  return 0;
}

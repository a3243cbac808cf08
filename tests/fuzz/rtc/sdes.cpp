// SPDX-License-Identifier: GPL-3.0-or-later
// Keys and fingerprints of an SDP: what is parsed prints to a text that parses to the same value.
#include <cstdlib>

#include "rtc/certificate.h"
#include "rtc/srtp_key.h"

using namespace patchcord;
using namespace patchcord::rtc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto suite = static_cast<SrtpSuite>(data[0] % 3);
  const std::string_view text = as_text(ByteSpan(data + 1, size - 1));
  if (const auto key = parse_sdes_inline(suite, text)) {
    const auto again = parse_sdes_inline(suite, sdes_inline(*key));
    if (!again || !(*again == *key)) std::abort();
  }
  if (const auto fingerprint = Fingerprint::parse(text)) {
    const auto again = Fingerprint::parse(fingerprint->to_string());
    if (!again || !(*again == *fingerprint)) std::abort();
  }
  return 0;
}

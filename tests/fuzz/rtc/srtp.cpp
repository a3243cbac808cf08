// SPDX-License-Identifier: GPL-3.0-or-later
// First byte: suite and flow. The rest, taken as protected, must be refused; taken as plain, what
// is protected must come back as it was, and only once.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "rtc/srtp.h"

using namespace patchcord;
using namespace patchcord::rtc;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  static SystemRandom random;
  const SrtpKey key = SrtpKey::generate(static_cast<SrtpSuite>(data[0] % 3), random);
  const bool is_rtp = (data[0] & 0x80) != 0;
  const ByteSpan plain(data + 1, size - 1);
  SrtpSender sender(key);
  SrtpReceiver receiver(key);
  const auto protect = [&](MutableByteSpan buffer, size_t n) {
    return is_rtp ? sender.protect_rtp(buffer, n) : sender.protect_rtcp(buffer, n);
  };
  const auto unprotect = [&](MutableByteSpan packet) {
    return is_rtp ? receiver.unprotect_rtp(packet) : receiver.unprotect_rtcp(packet);
  };

  std::vector<uint8_t> forged(plain.begin(), plain.end());
  check(!unprotect(forged));

  std::vector<uint8_t> buffer(plain.begin(), plain.end());
  buffer.resize(plain.size() + kSrtpMaxTrailer);
  const auto sealed = protect(buffer, plain.size());
  if (!sealed) return 0;
  std::vector<uint8_t> copy(sealed->begin(), sealed->end());
  const auto opened = unprotect(*sealed);
  check(opened && std::equal(opened->begin(), opened->end(), plain.begin(), plain.end()));
  check(!unprotect(copy));
  return 0;
}

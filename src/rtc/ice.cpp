// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/ice.h"

namespace patchcord::rtc {

IceCredentials IceCredentials::generate(Random& random) {
  // RFC 8445 section 5.3 asks for 24 and 128 random bits; a ufrag also finds the call in the
  // worker.
  constexpr size_t kUfragLetters = 8, kPwdLetters = 24;
  return {random.token(kUfragLetters), random.token(kPwdLetters)};
}

}  // namespace patchcord::rtc

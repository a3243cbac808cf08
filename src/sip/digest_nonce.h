// SPDX-License-Identifier: GPL-3.0-or-later
// DigestNonces: the nonces of a server that keeps nothing of a request it has not yet believed. A
// nonce is its time of issue, a serial number, and an HMAC over both and the asker's address, so
// one that was not made here, or was made for another address, is known at a glance. Only for a
// user who has proved the password a count is kept (nc), so that nothing can be played twice.
// Thread: control. RFC 7616 3.3, 3.4, 5.4.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/address.h"
#include "core/random.h"
#include "core/time.h"

namespace patchcord::sip {

class DigestNonces {
 public:
  static constexpr std::chrono::seconds kLifetime{300};
  static constexpr size_t kMaxPerUser = 16;  // nonces in use at once, of all phones of a user

  explicit DigestNonces(Random& random) { random.fill(key_); }

  std::string issue(const IpAddress& source, MonoTime now);

  enum class State : uint8_t {
    kFresh,
    kOld,     // ours, but past its time: say "stale"
    kForged,  // not ours, or not for this source
  };
  State judge(std::string_view nonce, const IpAddress& source, MonoTime now) const;

  // Takes a right answer of `user` to a fresh nonce. False: this count was used, or the nonce is
  // one whose count is not kept any more; say "stale". An nc of 0 (no qop) may be used once.
  bool take(const std::string& user, std::string_view nonce, uint32_t nc);

 private:
  struct Counts {
    std::map<std::string, uint32_t, std::less<>> highest;  // by nonce: the oldest first
    std::string newest_dropped{};                          // older ones are not known any more
  };

  struct Stamp {
    uint32_t seconds;
    uint32_t serial;  // two phones that ask in one second are not given the same nonce
  };

  std::string sign(const Stamp& stamp, const IpAddress& source) const;

  std::array<uint8_t, 32> key_{};
  uint32_t serial_ = 0;
  std::unordered_map<std::string, Counts> users_;
};

}  // namespace patchcord::sip

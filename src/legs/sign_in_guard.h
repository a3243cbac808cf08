// SPDX-License-Identifier: GPL-3.0-or-later
// SignInGuard: passwords cannot be tried out. Wrong ones are counted for an account from one
// address, for an account from everywhere, and for an address whatever the account; too many lock
// for a while. An IPv6 /64 is one address; the loopback, where a proxy stands for everybody, is
// none as a whole. The log has one line a failure and one a lock, made for fail2ban
// (docs/configuration.md). Thread: control. Owner: BrowserSide.
#pragma once

#include <string>

#include "core/address.h"
#include "core/lock_out.h"

namespace patchcord::legs {

struct SignInLimits {
  uint32_t failures = 5;               // of an account from one address
  uint32_t failures_of_account = 50;   // so that nobody is locked out by a few strangers
  uint32_t failures_of_address = 100;  // an office behind one NAT shares it
  std::chrono::seconds lock{300};
};

class SignInGuard {
 public:
  explicit SignInGuard(const SignInLimits& limits);

  struct Attempt {
    std::string account;  // "1001@example.com"
    IpAddress from;
  };
  bool is_locked(const Attempt& attempt, MonoTime now) const;
  void failed(const Attempt& attempt, MonoTime now);
  void succeeded(const Attempt& attempt);

 private:
  LockOut of_both_, of_account_, of_address_;
};

}  // namespace patchcord::legs

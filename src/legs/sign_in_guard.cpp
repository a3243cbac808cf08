// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/sign_in_guard.h"

#include "core/log.h"

namespace patchcord::legs {
namespace {

std::string both(const SignInGuard::Attempt& attempt) {
  return attempt.account + ' ' + attempt.from.network().to_string();
}

std::string address(const SignInGuard::Attempt& attempt) {
  return attempt.from.network().to_string();
}

}  // namespace

SignInGuard::SignInGuard(const SignInLimits& limits)
    : of_both_({.failures = limits.failures, .time = limits.lock}),
      of_account_({.failures = limits.failures_of_account, .time = limits.lock}),
      of_address_({.failures = limits.failures_of_address, .time = limits.lock}) {}

bool SignInGuard::is_locked(const Attempt& attempt, MonoTime now) const {
  return of_both_.is_locked(both(attempt), now) || of_account_.is_locked(attempt.account, now) ||
         of_address_.is_locked(address(attempt), now);
}

void SignInGuard::failed(const Attempt& attempt, MonoTime now) {
  const std::string from = attempt.from.to_string();
  log::warn("sign_in.failed", {{"from", from}, {"account", attempt.account}});
  if (of_both_.failed(both(attempt), now)) {
    log::warn("sign_in.locked", {{"from", from}, {"account", attempt.account}, {"of", "both"}});
  }
  if (of_account_.failed(attempt.account, now)) {
    log::warn("sign_in.locked", {{"from", from}, {"account", attempt.account}, {"of", "account"}});
  }
  if (!attempt.from.is_loopback() && of_address_.failed(address(attempt), now)) {
    log::warn("sign_in.locked", {{"from", from}, {"account", attempt.account}, {"of", "address"}});
  }
}

// One good password of an address is no pardon for the accounts it tried besides.
void SignInGuard::succeeded(const Attempt& attempt) {
  of_both_.succeeded(both(attempt));
}

}  // namespace patchcord::legs

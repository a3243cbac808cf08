// SPDX-License-Identifier: GPL-3.0-or-later
#include "registrar/lockout.h"

#include <algorithm>

namespace patchcord::registrar {
namespace {

constexpr size_t kMaxName = 64;  // of an account that a stranger claims

std::string name_of(std::string_view account) {
  return "@" + std::string(account.substr(0, kMaxName));  // never "", which is the whole source
}

}  // namespace

bool Lockout::is_locked(const IpAddress& source, std::string_view account, MonoTime now) const {
  return is_over({source, name_of(account)}, kPerAccount, now) ||
         is_over({source, {}}, kPerSource, now);
}

bool Lockout::is_over(const Key& key, int limit, MonoTime now) const {
  const auto found = failures_.find(key);
  return found != failures_.end() && found->second.count >= limit &&
         now - found->second.last < kTime;
}

Lockout::Locked Lockout::failed(const IpAddress& source, std::string_view account, MonoTime now) {
  const Locked of_source = count({source, {}}, kPerSource, now);
  const Locked of_account = count({source, name_of(account)}, kPerAccount, now);
  return of_source == Locked::kYes ? of_source : of_account;
}

Lockout::Locked Lockout::count(const Key& key, int limit, MonoTime now) {
  make_room(now);
  Failures& failures = failures_[key];
  if (now - failures.last >= kTime) failures.count = 0;
  failures.last = now;
  return ++failures.count == limit ? Locked::kYes : Locked::kNo;
}

void Lockout::succeeded(const IpAddress& source, std::string_view account) {
  failures_.erase({source, name_of(account)});
}

void Lockout::make_room(MonoTime now) {
  if (failures_.size() < kMaxKept) return;
  std::erase_if(failures_, [now](const auto& entry) { return now - entry.second.last >= kTime; });
  if (failures_.size() < kMaxKept) return;
  failures_.erase(
      std::min_element(failures_.begin(), failures_.end(),
                       [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
}

}  // namespace patchcord::registrar

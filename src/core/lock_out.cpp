// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lock_out.h"

namespace patchcord {

bool LockOut::is_locked(std::string_view key, MonoTime now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return false;
  const Entry& entry = *found->second;
  return entry.failures >= rule_.failures && now - entry.last < rule_.time;
}

bool LockOut::failed(std::string_view key, MonoTime now) {
  if (is_locked(key, now)) return false;
  while (!entries_.empty() && now - entries_.front().last >= rule_.time) forget(entries_.begin());
  auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (entries_.size() >= rule_.max_keys) forget(entries_.begin());
    entries_.push_back({std::string(key)});
    found = by_key_.emplace(entries_.back().key, std::prev(entries_.end())).first;
  } else {
    entries_.splice(entries_.end(), entries_, found->second);
  }
  Entry& entry = *found->second;
  entry.last = now;
  return ++entry.failures == rule_.failures;
}

void LockOut::succeeded(std::string_view key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) forget(found->second);
}

void LockOut::forget(Entries::iterator entry) {
  by_key_.erase(entry->key);
  entries_.erase(entry);
}

}  // namespace patchcord

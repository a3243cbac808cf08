// SPDX-License-Identifier: GPL-3.0-or-later
// LockOut: who failed too often is locked for a while, by any key (an account, an address, both). A
// table without a clock and of bounded size: the keys that failed longest ago are forgotten first.
// Thread: that of its owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/time.h"

namespace patchcord {

class LockOut {
 public:
  struct Rule {
    uint32_t failures = 5;                    // so many lock
    Duration time = std::chrono::minutes(5);  // of a lock; failures this old are forgotten
    size_t max_keys = 20'000;
  };

  explicit LockOut(const Rule& rule) : rule_(rule) {}

  bool is_locked(std::string_view key, MonoTime now) const;
  // True when this failure locks the key; a locked key is not counted on.
  bool failed(std::string_view key, MonoTime now);
  void succeeded(std::string_view key);
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string key;
    uint32_t failures = 0;
    MonoTime last{};  // failure
  };
  using Entries = std::list<Entry>;  // the one that failed longest ago first

  void forget(Entries::iterator entry);

  const Rule rule_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // of the entries' own texts
};

}  // namespace patchcord

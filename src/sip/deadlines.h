// SPDX-License-Identifier: GPL-3.0-or-later
// Deadlines<Id>: for thousands of objects with one deadline each, which is next. A binary heap; a
// deadline that was moved stays in the heap until it comes up and is then passed over.
// Not a timer: its owner asks next() and take().
// Thread: that of its owner.
#pragma once

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/time.h"

namespace patchcord::sip {

template <class Id>
class Deadlines {
 public:
  // kNever takes the id out.
  void set(Id id, MonoTime when) {
    if (when == kNever) {
      current_.erase(id);
      return;
    }
    const auto [it, is_new] = current_.try_emplace(id, when);
    if (!is_new && it->second == when) return;
    it->second = when;
    heap_.emplace_back(when, id);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }

  MonoTime next() {
    pass_over_stale();
    return heap_.empty() ? kNever : heap_.front().first;
  }

  // One id whose deadline is not after now; it is taken out.
  std::optional<Id> take(MonoTime now) {
    if (next() > now || heap_.empty()) return std::nullopt;
    const Id id = heap_.front().second;
    drop_front();
    current_.erase(id);
    return id;
  }

 private:
  using Entry = std::pair<MonoTime, Id>;
  static bool later(const Entry& a, const Entry& b) { return a.first > b.first; }

  void drop_front() {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    heap_.pop_back();
  }
  void pass_over_stale() {
    while (!heap_.empty()) {
      const auto it = current_.find(heap_.front().second);
      if (it != current_.end() && it->second == heap_.front().first) return;
      drop_front();
    }
  }

  std::vector<Entry> heap_;
  std::unordered_map<Id, MonoTime> current_;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// TimerHeap: the one-shot timers of a loop: tasks by due time, in the order they were set when due
// together. Not for deadlines that move with each packet (those are a Resident's own).
// Thread: that of the loop. Owner: a Loop, real or simulated.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/executor.h"
#include "core/id.h"
#include "core/time.h"

namespace patchcord::net {

class TimerHeap {
 public:
  TimerId add(MonoTime due, Task task);
  void cancel(TimerId timer);  // an unknown id is ignored
  MonoTime next_due() const;   // kNever: none is set
  // Runs what is due. A timer set by one of these tasks waits for the next call, even if due.
  void run(MonoTime now);
  size_t size() const { return tasks_.size(); }

 private:
  struct Entry {
    MonoTime due;
    uint64_t id;  // grows, so it keeps the order of setting
    bool operator>(const Entry& other) const {
      return due != other.due ? due > other.due : id > other.id;
    }
  };

  void drop_cancelled();

  std::vector<Entry> heap_;  // the earliest first; its top is never a cancelled one
  std::unordered_map<uint64_t, Task> tasks_;
  uint64_t last_id_ = 0;
};

}  // namespace patchcord::net

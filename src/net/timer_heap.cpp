// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/timer_heap.h"

#include <algorithm>
#include <functional>

namespace patchcord::net {

TimerId TimerHeap::add(MonoTime due, Task task) {
  const uint64_t id = ++last_id_;
  tasks_.emplace(id, std::move(task));
  heap_.push_back({due, id});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  return TimerId(id);
}

void TimerHeap::cancel(TimerId timer) {
  if (tasks_.erase(timer.value()) > 0) drop_cancelled();
}

MonoTime TimerHeap::next_due() const {
  return heap_.empty() ? kNever : heap_.front().due;
}

void TimerHeap::run(MonoTime now) {
  const uint64_t newest = last_id_;
  while (!heap_.empty() && heap_.front().due <= now && heap_.front().id <= newest) {
    const auto found = tasks_.find(heap_.front().id);
    Task task = std::move(found->second);
    tasks_.erase(found);
    drop_cancelled();
    task();
  }
}

void TimerHeap::drop_cancelled() {
  while (!heap_.empty() && !tasks_.contains(heap_.front().id)) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    heap_.pop_back();
  }
  // Timers that are set and cancelled over and over must not pile up behind a far one.
  if (heap_.size() > 2 * tasks_.size() + 64) {
    std::erase_if(heap_, [this](const Entry& entry) { return !tasks_.contains(entry.id); });
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
}

}  // namespace patchcord::net

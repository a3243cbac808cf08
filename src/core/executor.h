// SPDX-License-Identifier: GPL-3.0-or-later
// Executor: the face of a loop (control or media) to what lives on it, and Mailbox, the only door
// between threads. Values cross it, never a pointer or a reference to what lives on the other side.
// post() may be called from any thread; all else only on the loop's own thread.
#pragma once

#include <mutex>
#include <vector>

#include "core/assert.h"
#include "core/function.h"
#include "core/id.h"
#include "core/time.h"

namespace patchcord {

using Task = Function<void()>;

class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(Task task) = 0;                      // any thread; runs in a later turn
  virtual TimerId after(Duration delay, Task task) = 0;  // one shot
  virtual void cancel(TimerId timer) = 0;                // an unknown id is ignored
  virtual bool is_current() const = 0;                   // any thread
  virtual MonoTime now() const = 0;                      // the time this turn began
};

class Mailbox {
 public:
  // True if the box was empty, so that the owner must be woken.
  bool put(Task task);
  // Runs what was there when it was called; what those tasks post waits for the next call.
  void run();

 private:
  std::mutex mutex_;
  std::vector<Task> tasks_;
};

}  // namespace patchcord

#ifdef PATCHCORD_CHECKS
#define PATCHCORD_ON(executor) PATCHCORD_ASSERT((executor).is_current())
#else
#define PATCHCORD_ON(executor) ((void)0)
#endif

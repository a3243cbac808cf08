// SPDX-License-Identifier: GPL-3.0-or-later
// ControlLoop: the control thread's loop as a core::Executor over one Asio io_context: all
// signalling lives here, on one thread and without a lock. Web and SIP sockets use the same
// io_context. A task that takes over 200 ms writes it into the log.
// Thread: control; post() from any.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <thread>

#include "core/executor.h"
#include "net/timer_heap.h"

namespace patchcord::app {

class ControlLoop final : public Executor {
 public:
  static constexpr Duration kSlow = std::chrono::milliseconds(200);

  ControlLoop(boost::asio::io_context& io, const Clock& clock);

  void post(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  bool is_current() const override { return std::this_thread::get_id() == thread_; }
  MonoTime now() const override { return clock_.now(); }

 private:
  void arm();
  void warn_if_slow(MonoTime began, const char* what) const;

  boost::asio::io_context& io_;
  const Clock& clock_;
  const std::thread::id thread_;
  Mailbox mailbox_;
  net::TimerHeap timers_;
  boost::asio::steady_timer timer_;
  MonoTime armed_for_ = kNever;
};

}  // namespace patchcord::app

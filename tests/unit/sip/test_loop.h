// SPDX-License-Identifier: GPL-3.0-or-later
// TestLoop: the control loop for tests of what IS sockets: an io_context as an Executor on the
// system's clock, run until something is so or a time limit is over. Loopback only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <unordered_map>
#include <utility>

#include "core/executor.h"

namespace patchcord::sip {

class TestLoop final : public Executor {
 public:
  void post(Task task) override {
    boost::asio::post(io, [task = std::move(task)]() mutable { task(); });
  }
  TimerId after(Duration delay, Task task) override {
    const TimerId id(++last_);
    auto& timer = timers_[id] = std::make_unique<boost::asio::steady_timer>(io, delay);
    timer->async_wait([this, id, task = std::move(task)](auto error) mutable {
      if (error || !timers_.contains(id)) return;
      timers_.erase(id);
      task();
    });
    return id;
  }
  void cancel(TimerId timer) override { timers_.erase(timer); }
  bool is_current() const override { return true; }
  MonoTime now() const override { return clock_.now(); }

  // True as soon as `done` says so, false after `limit`.
  template <class Done>
  bool run_until(Done done, Duration limit = std::chrono::seconds(5)) {
    const MonoTime end = now() + limit;
    while (!done() && now() < end) io.run_one_for(std::chrono::milliseconds(20));
    return done();
  }

  boost::asio::io_context io;

 private:
  SystemClock clock_;
  uint64_t last_ = 0;
  std::unordered_map<TimerId, std::unique_ptr<boost::asio::steady_timer>> timers_;
};

}  // namespace patchcord::sip

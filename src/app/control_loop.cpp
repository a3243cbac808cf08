// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/control_loop.h"

#include <boost/asio/post.hpp>

#include "core/log.h"

namespace patchcord::app {

ControlLoop::ControlLoop(boost::asio::io_context& io, const Clock& clock)
    : io_(io), clock_(clock), thread_(std::this_thread::get_id()), timer_(io) {}

void ControlLoop::post(Task task) {
  if (!mailbox_.put(std::move(task))) return;
  boost::asio::post(io_, [this] {
    const MonoTime began = now();
    mailbox_.run();
    warn_if_slow(began, "tasks");
  });
}

TimerId ControlLoop::after(Duration delay, Task task) {
  const TimerId id = timers_.add(now() + delay, std::move(task));
  arm();
  return id;
}

void ControlLoop::cancel(TimerId timer) {
  timers_.cancel(timer);
}

void ControlLoop::arm() {
  const MonoTime due = timers_.next_due();
  if (due >= armed_for_) return;
  armed_for_ = due;
  timer_.expires_at(std::chrono::steady_clock::time_point(due.time_since_epoch()));
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;  // armed anew for an earlier time
    const MonoTime began = now();
    timers_.run(began);
    armed_for_ = kNever;
    arm();
    warn_if_slow(began, "timers");
  });
}

void ControlLoop::warn_if_slow(MonoTime began, const char* what) const {
  const Duration took = now() - began;
  if (took > kSlow) log::warn("control.slow", {{"what", what}, {"ms", to_ms(took)}});
}

}  // namespace patchcord::app

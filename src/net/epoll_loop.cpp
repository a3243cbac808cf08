// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/epoll_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string>

#include "core/log.h"

namespace patchcord::net {
namespace {

constexpr size_t kMaxEvents = 256;   // descriptors looked at in one turn
constexpr size_t kMaxAccepted = 64;  // connections taken from one listener in one turn

bool add_to_epoll(int epoll, int descriptor) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = descriptor;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

Result<std::unique_ptr<EpollLoop>> EpollLoop::make(const Clock& clock) {
  FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
  FileDescriptor wake(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!epoll.is_open() || !wake.is_open() || !add_to_epoll(epoll.get(), wake.get())) {
    return {ErrorCode::kNetwork, std::string("cannot make a media loop: ") + std::strerror(errno)};
  }
  return std::make_unique<EpollLoop>(clock, std::move(epoll), std::move(wake));
}

EpollLoop::EpollLoop(const Clock& clock, FileDescriptor epoll, FileDescriptor wake)
    : clock_(clock),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      now_(clock.now()),
      part_began_(now_),
      thread_(std::this_thread::get_id()) {}

EpollLoop::~EpollLoop() = default;

void EpollLoop::run() {
  thread_ = std::this_thread::get_id();
  while (!stopping_) turn();
  mailbox_.run();
  outbox().flush();
  thread_ = std::thread::id();
}

void EpollLoop::stop() {
  stopping_ = true;
  post([] {});  // so that a sleeping loop looks
}

void EpollLoop::post(Task task) {
  if (!mailbox_.put(std::move(task))) return;
  const uint64_t one = 1;
  // It can fail only when the counter is full, and then the loop is awake anyway.
  [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
}

TimerId EpollLoop::after(Duration delay, Task task) {
  PATCHCORD_ON(*this);
  return timers_.add(now_ + delay, std::move(task));
}

void EpollLoop::cancel(TimerId timer) {
  PATCHCORD_ON(*this);
  timers_.cancel(timer);
}

bool EpollLoop::is_current() const {
  const std::thread::id thread = thread_;
  return thread == std::this_thread::get_id() || thread == std::thread::id();
}

void EpollLoop::watch(Port& port, DatagramHandler handler) {
  add_watch(port.descriptor(), port.local(),
            {.port = &port, .on_datagrams = std::move(handler), .on_connection = {}});
}

void EpollLoop::watch(Listener& listener, ConnectionHandler handler) {
  add_watch(listener.descriptor(), listener.local(),
            {.listener = &listener, .on_datagrams = {}, .on_connection = std::move(handler)});
}

void EpollLoop::add_watch(int descriptor, const SocketAddress& local, Watch watch) {
  PATCHCORD_ON(*this);
  if (!add_to_epoll(epoll_.get(), descriptor)) {
    log::error("loop.watch_failed",
               {{"local", local.to_string()}, {"error", std::strerror(errno)}});
    return;
  }
  watches_[descriptor] = std::make_unique<Watch>(std::move(watch));
}

void EpollLoop::unwatch(Port& port) {
  remove_watch(port.descriptor());
}

void EpollLoop::unwatch(Listener& listener) {
  remove_watch(listener.descriptor());
}

void EpollLoop::remove_watch(int descriptor) {
  PATCHCORD_ON(*this);
  const auto found = watches_.find(descriptor);
  if (found == watches_.end()) return;
  outbox().flush();
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
  found->second->is_gone = true;
  gone_.push_back(std::move(found->second));
  watches_.erase(found);
}

void EpollLoop::attach(Resident& resident) {
  PATCHCORD_ON(*this);
  residents_.push_back(&resident);
}

void EpollLoop::detach(Resident& resident) {
  PATCHCORD_ON(*this);
  std::erase(residents_, &resident);
}

void EpollLoop::turn() {
  std::array<epoll_event, kMaxEvents> events;
  const int count =
      epoll_wait(epoll_.get(), events.data(), static_cast<int>(kMaxEvents), milliseconds_to_wait());
  now_ = clock_.now();
  part_began_ = now_;
  const std::span ready(events.data(), static_cast<size_t>(std::max(count, 0)));
  const auto is_wake = [this](const epoll_event& event) { return event.data.fd == wake_.get(); };
  // Tasks first: a packet that comes because of what control has said already (an ACK, an answer)
  // must not be treated as if it had not been said.
  if (std::any_of(ready.begin(), ready.end(), is_wake)) run_tasks();
  for (const epoll_event& event : ready) {
    if (!is_wake(event)) on_readable(event.data.fd);
  }
  gone_.clear();
  end_of_part("datagrams");
  timers_.run(now_);
  end_of_part("timers");
  for (size_t i = 0; i < residents_.size(); ++i) residents_[i]->on_turn(now_);
  outbox().flush();
  gone_.clear();
  end_of_part("residents");
}

void EpollLoop::run_tasks() {
  // Emptied before the box is: what is put meanwhile wakes the loop again.
  uint64_t ignored;
  [[maybe_unused]] const ssize_t size = ::read(wake_.get(), &ignored, sizeof ignored);
  mailbox_.run();
  end_of_part("tasks");
}

int EpollLoop::milliseconds_to_wait() const {
  MonoTime next = timers_.next_due();
  for (const Resident* resident : residents_) next = std::min(next, resident->next_deadline());
  if (next == kNever) return -1;
  const MonoTime now = clock_.now();
  if (next <= now) return 0;
  // Rounded up: waking a moment early would only mean waking twice.
  const int64_t ms = to_ms(next - now + std::chrono::nanoseconds(999'999));
  return static_cast<int>(std::min<int64_t>(ms, 60'000));
}

void EpollLoop::on_readable(int descriptor) {
  const auto found = watches_.find(descriptor);
  if (found == watches_.end()) return;  // an earlier handler of this turn gave it up
  Watch& watch = *found->second;
  return watch.port ? read(watch) : accept(watch);
}

void EpollLoop::read(Watch& watch) {
  do {
    const std::span<Datagram> datagrams = watch.port->receive(slab_);
    if (!datagrams.empty() || watch.port->is_broken()) watch.on_datagrams(datagrams);
  } while (!watch.is_gone && watch.port->has_more());
}

void EpollLoop::accept(Watch& watch) {
  for (size_t i = 0; i < kMaxAccepted && !watch.is_gone; ++i) {
    auto accepted = watch.listener->accept();
    if (!accepted) return;
    watch.on_connection(std::move(*accepted));
  }
}

void EpollLoop::end_of_part(const char* part) {
  const MonoTime ended = clock_.now();
  const Duration took = ended - part_began_;
  part_began_ = ended;
  if (took <= kSlow) return;
  ++slow_parts_;
  if (ended < next_slow_line_) return;  // a busy machine must not fill the log as well
  log::warn("loop.slow", {{"part", part}, {"ms", to_ms(took)}, {"times", slow_parts_}});
  slow_parts_ = 0;
  next_slow_line_ = ended + kSlowLineInterval;
}

}  // namespace patchcord::net

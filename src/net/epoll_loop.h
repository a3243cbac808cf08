// SPDX-License-Identifier: GPL-3.0-or-later
// EpollLoop: the loop of one media thread. A turn: wait, read the clock once, then datagrams,
// timers, posted tasks, residents, flush. A part of a turn that takes over 20 ms writes its name
// into the log. It does not start a thread: the caller of run() is the thread.
// Thread: post() and stop() any; the rest that of run(); before run() its maker's, after it
// anyone's.
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/executor.h"
#include "core/result.h"
#include "core/time.h"
#include "net/file_descriptor.h"
#include "net/receive_slab.h"
#include "net/timer_heap.h"
#include "net/wire.h"

namespace patchcord::net {

class EpollLoop final : public Loop {
 public:
  static constexpr Duration kSlow = std::chrono::milliseconds(20);
  static constexpr Duration kSlowLineInterval = std::chrono::seconds(10);

  // The clock must outlive the loop. Errors: kNetwork when the system gives no descriptor.
  static Result<std::unique_ptr<EpollLoop>> make(const Clock& clock);
  EpollLoop(const Clock& clock, FileDescriptor epoll, FileDescriptor wake);
  ~EpollLoop() override;

  void run();   // until stop(); what was posted before stop() has run when it returns
  void stop();  // any thread

  void post(Task task) override;
  TimerId after(Duration delay, Task task) override;
  void cancel(TimerId timer) override;
  bool is_current() const override;
  MonoTime now() const override { return now_; }

  void watch(Port& port, DatagramHandler handler) override;
  void unwatch(Port& port) override;
  void watch(Listener& listener, ConnectionHandler handler) override;
  void unwatch(Listener& listener) override;
  void attach(Resident& resident) override;
  void detach(Resident& resident) override;

 private:
  struct Watch {
    Port* port = nullptr;  // or
    Listener* listener = nullptr;
    DatagramHandler on_datagrams;
    ConnectionHandler on_connection;
    bool is_gone = false;  // kept until the turn ends: its handler may be running
  };

  void turn();
  void run_tasks();
  int milliseconds_to_wait() const;
  void add_watch(int descriptor, const SocketAddress& local, Watch watch);
  void remove_watch(int descriptor);
  void on_readable(int descriptor);
  void read(Watch& watch);
  static void accept(Watch& watch);
  void end_of_part(const char* part);

  const Clock& clock_;
  FileDescriptor epoll_;
  FileDescriptor wake_;
  Mailbox mailbox_;
  TimerHeap timers_;
  std::unordered_map<int, std::unique_ptr<Watch>> watches_;  // by descriptor
  std::vector<std::unique_ptr<Watch>> gone_;
  std::vector<Resident*> residents_;
  ReceiveSlab slab_;
  MonoTime now_;
  MonoTime part_began_;
  MonoTime next_slow_line_{};
  uint64_t slow_parts_ = 0;  // since the last line about them
  std::atomic<std::thread::id> thread_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace patchcord::net

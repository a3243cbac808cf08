// SPDX-License-Identifier: GPL-3.0-or-later
// Load: so many pages at once, each making one call after the other, no faster than told; until so
// many calls are made, or the time is over and the last call has ended.
// Thread: that of the loop. Owner: main.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "call.h"
#include "page.h"
#include "stage.h"

namespace patchcord::loadgen {

class Load final : private Ticking {
 public:
  // on_done is called once, on the loop.
  Load(Stage& stage, Function<void()> on_done);
  ~Load();

  size_t talking() const { return talking_; }  // any thread
  size_t made() const { return made_; }        // any thread

 private:
  struct Seat {
    std::unique_ptr<Page> page;
    std::unique_ptr<Call> call;
    MonoTime not_before;
  };

  void on_tick(MonoTime now) override;
  void tend(Seat& seat, MonoTime now);
  void reap(Seat& seat, MonoTime now);
  void open_page(Seat& seat, MonoTime now);
  void start_call(Seat& seat);
  bool may_start(MonoTime now);
  bool is_enough(MonoTime now) const;
  Script draw_script();

  Stage& stage_;
  Function<void()> on_done_;
  std::vector<Seat> seats_;
  std::atomic<size_t> made_ = 0, talking_ = 0;
  uint64_t logins_ = 0;
  double allowance_ = 1;  // calls that may be begun now
  MonoTime allowed_at_;
  MonoTime until_ = kNever;
  bool is_done_ = false;
};

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
#include "load.h"

#include <fmt/format.h>

#include <algorithm>

#include "attack.h"

namespace patchcord::loadgen {
namespace {

constexpr Duration kBetweenCalls = std::chrono::milliseconds(50);
constexpr Duration kUntilNextPage = std::chrono::milliseconds(200);

}  // namespace

Load::Load(Stage& stage, Function<void()> on_done)
    : stage_(stage), on_done_(std::move(on_done)), allowed_at_(stage.loop.now()) {
  if (stage_.options.duration.count() > 0) until_ = allowed_at_ + stage_.options.duration;
  seats_.resize(stage_.options.at_once);
  stage_.metronome.add(*this);
}

Load::~Load() {
  stage_.metronome.remove(*this);
}

void Load::on_tick(MonoTime now) {
  if (is_done_) return;
  size_t busy = 0;
  for (Seat& seat : seats_) {
    tend(seat, now);
    if (seat.call) ++busy;
  }
  talking_ = static_cast<size_t>(std::count_if(
      seats_.begin(), seats_.end(), [](Seat& s) { return s.call && s.call->is_talking(); }));
  if (busy > 0 || !is_enough(now)) return;
  is_done_ = true;
  // In a later turn: this one is still using the pages.
  stage_.loop.post([this] {
    seats_.clear();
    on_done_();
  });
}

void Load::tend(Seat& seat, MonoTime now) {
  if (seat.call) return reap(seat, now);
  if (now < seat.not_before || is_enough(now)) return;
  if (!seat.page || seat.page->state() == Page::State::kGone) return open_page(seat, now);
  if (seat.page->state() == Page::State::kReady && may_start(now)) start_call(seat);
}

void Load::reap(Seat& seat, MonoTime now) {
  Call& call = *seat.call;
  if (!call.is_over()) return;
  if (stage_.attack) stage_.attack->on_call_over(call);
  ScriptTotals& totals = stage_.totals.scripts[static_cast<size_t>(call.script())];
  ++totals.calls;
  if (call.problem().empty()) {
    ++totals.well;
  } else {
    const std::string problem = fmt::format("{}: {}", row(call.script()).name, call.problem());
    if (++stage_.totals.problems[problem] == 1) {
      fmt::print(stderr, "call {}: {}\n", call.number(), problem);
    }
  }
  seat.call.reset();
  seat.not_before = now + kBetweenCalls;
}

void Load::open_page(Seat& seat, MonoTime now) {
  seat.not_before = now + kUntilNextPage;
  seat.page.reset();
  auto page = Page::open(stage_.options.web, stage_.loop, fmt::format("load{}", ++logins_),
                         stage_.phones.local().to_string());
  if (page) {
    seat.page = std::move(*page);
  } else {
    ++stage_.totals.problems[page.error().text];
  }
}

void Load::start_call(Seat& seat) {
  seat.call = std::make_unique<Call>(stage_, ++made_, draw_script(), *seat.page);
  seat.call->begin();
}

bool Load::may_start(MonoTime now) {
  const double rate = stage_.options.rate;
  allowance_ += rate * std::chrono::duration<double>(now - allowed_at_).count();
  allowance_ = std::min(allowance_, std::max(1.0, rate / 10));
  allowed_at_ = now;
  if (allowance_ < 1) return false;
  allowance_ -= 1;
  return true;
}

bool Load::is_enough(MonoTime now) const {
  return now >= until_ || (stage_.options.calls > 0 && made_ >= stage_.options.calls);
}

Script Load::draw_script() {
  uint32_t total = 0;
  for (const Weighted& one : stage_.options.mix) total += one.weight;
  uint32_t drawn = stage_.random.below(total);
  for (const Weighted& one : stage_.options.mix) {
    if (drawn < one.weight) return one.script;
    drawn -= one.weight;
  }
  return Script::kTalk;
}

}  // namespace patchcord::loadgen

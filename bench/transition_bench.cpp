// SPDX-License-Identifier: GPL-3.0-or-later
// What the table of the house costs: one event of a call that is set up, answered and ended.
#include <benchmark/benchmark.h>

#include "call/transition.h"

namespace patchcord::call {
namespace {

constexpr Event kStory[] = {
    {EventKind::kBegin, Side::kA},    {EventKind::kPrepared, Side::kB},
    {EventKind::kRinging, Side::kB},  {EventKind::kEarly, Side::kB},
    {EventKind::kAnswered, Side::kB}, {EventKind::kDigits, Side::kA},
    {EventKind::kLegEnded, Side::kA}, {EventKind::kMediaClosed, Side::kB},
};

void one_event(benchmark::State& state) {
  State at = State::kIdle;
  size_t event = 0;
  for (auto _ : state) {
    Event next = kStory[event];
    benchmark::DoNotOptimize(next);
    const Step step = transition(at, next);
    benchmark::DoNotOptimize(step);
    at = step.next;
    if (++event == std::size(kStory)) {
      if (at != State::kEnded) return state.SkipWithError("the call did not end");
      event = 0;
      at = State::kIdle;
    }
  }
}
BENCHMARK(one_event)->Name("transition");

}  // namespace
}  // namespace patchcord::call

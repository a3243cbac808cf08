// SPDX-License-Identifier: GPL-3.0-or-later
// Report: a run as one line of JSON for programs and a page of text for people, and the verdict:
// whether all was well.
// Thread: any, when the run is over.
#pragma once

#include <string>
#include <vector>

#include "attack.h"
#include "options.h"
#include "process_watch.h"
#include "result.h"

namespace patchcord::loadgen {

struct Run {
  const Options& options;
  const Totals& totals;
  const ProcessWatch& watch;  // its first sample is before the load, its last one after it
  const Attack* attack;       // none: nullptr
  double seconds = 0;
  uint64_t stalls = 0;  // how often we came too late ourselves
  Duration longest_stall{};
  bool is_alive = true;  // the gateway
};

// What is not as it must be, one text each; none: all is well.
std::vector<std::string> faults_of(const Run& run);
std::string to_json(const Run& run, const std::vector<std::string>& faults);
std::string to_text(const Run& run, const std::vector<std::string>& faults);

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
// Figures: many measurements of one thing, told as what matters of them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/time.h"

namespace patchcord::bench {

class Figures {
 public:
  void add(Duration value) { values_.push_back(value); }
  size_t count() const { return values_.size(); }

  // The smallest value that `share` (0..1) of all are not above; zero without any.
  Duration at(double share) const {
    if (values_.empty()) return {};
    std::vector<Duration> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    const double rank = share * static_cast<double>(sorted.size());
    const size_t index = static_cast<size_t>(rank);
    return sorted[std::min(index, sorted.size() - 1)];
  }

  static void print_head() {
    fmt::print("{:<44}{:>6}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "milliseconds", "n", "min", "median",
               "p90", "p99", "max");
  }
  void print(std::string_view name) const {
    fmt::print("{:<44}{:>6}", name, count());
    for (const double share : {0.0, 0.5, 0.9, 0.99, 1.0}) {
      fmt::print("{:>9.3f}", std::chrono::duration<double, std::milli>(at(share)).count());
    }
    fmt::print("\n");
  }

 private:
  std::vector<Duration> values_;
};

}  // namespace patchcord::bench

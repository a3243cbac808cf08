// SPDX-License-Identifier: GPL-3.0-or-later
// TargetHealth: which next hops failed lately, so that the next request begins with another one
// (RFC 3263 4.3, RFC 3261 21.5.4). A memory, not a ban: where all have failed, they are tried all
// the same, the one that may be back soonest first. Thread: that of its owner. Owner:
// RequestSender.
#pragma once

#include <algorithm>
#include <map>

#include "core/time.h"
#include "sip/outside.h"

namespace patchcord::sip {

class TargetHealth {
 public:
  void note_failure(const Target& target, MonoTime until) {
    if (until_.size() >= kMax) until_.clear();
    MonoTime& known = until_[key(target)];
    known = std::max(known, until);
  }
  void note_success(const Target& target) { until_.erase(key(target)); }
  bool is_out(const Target& target, MonoTime now) const { return out_until(target) > now; }

  // The order of the resolver, the ones that failed behind.
  void order(Targets& targets, MonoTime now) const {
    std::stable_sort(targets.begin(), targets.end(), [&](const Target& a, const Target& b) {
      return std::max(out_until(a), now) < std::max(out_until(b), now);
    });
  }

 private:
  static constexpr size_t kMax = 1000;

  static Target key(Target target) {
    target.connection = {};
    return target;
  }
  MonoTime out_until(const Target& target) const {
    const auto it = until_.find(key(target));
    return it == until_.end() ? MonoTime() : it->second;
  }

  std::map<Target, MonoTime> until_;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Throttle: how many challenges strangers are given, by source and in all. A source may be forged
// and there may be many, so the table has a limit and the sum has one too. It knows no SIP.
// Thread: control. Owner: Gatekeeper.
#pragma once

#include <unordered_map>

#include "core/address.h"
#include "core/time.h"

namespace patchcord::registrar {

class Throttle {
 public:
  // A hundred phones behind one address come back at once after a restart; nobody needs more.
  static constexpr double kBurst = 100, kPerSecond = 20;
  static constexpr double kBurstOfAll = 1000, kPerSecondOfAll = 500;
  static constexpr size_t kMaxSources = 4096;

  bool allows(const IpAddress& source, MonoTime now);
  size_t size() const { return sources_.size(); }

 private:
  struct Bucket {
    double tokens;
    MonoTime filled;
  };
  static bool take(Bucket& bucket, double burst, double per_second, MonoTime now);
  bool makes_room(MonoTime now);

  std::unordered_map<IpAddress, Bucket> sources_;
  Bucket all_{kBurstOfAll, MonoTime()};
};

}  // namespace patchcord::registrar

// SPDX-License-Identifier: GPL-3.0-or-later
#include "registrar/throttle.h"

#include <algorithm>

namespace patchcord::registrar {

bool Throttle::allows(const IpAddress& source, MonoTime now) {
  if (!sources_.contains(source) && !makes_room(now)) return false;
  Bucket& own = sources_.try_emplace(source, Bucket{kBurst, now}).first->second;
  return take(own, kBurst, kPerSecond, now) && take(all_, kBurstOfAll, kPerSecondOfAll, now);
}

bool Throttle::take(Bucket& bucket, double burst, double per_second, MonoTime now) {
  const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(burst, bucket.tokens + seconds * per_second);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

// A bucket that would be full again says no more than none at all.
bool Throttle::makes_room(MonoTime now) {
  if (sources_.size() < kMaxSources) return true;
  if (all_.tokens + std::chrono::duration<double>(now - all_.filled).count() * kPerSecondOfAll <
      1) {
    return false;  // nobody would be answered: the table need not be walked
  }
  std::erase_if(sources_, [now](const auto& source) {
    const std::chrono::duration<double> quiet = now - source.second.filled;
    return source.second.tokens + quiet.count() * kPerSecond >= kBurst;
  });
  return sources_.size() < kMaxSources;
}

}  // namespace patchcord::registrar

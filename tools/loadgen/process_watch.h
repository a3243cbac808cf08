// SPDX-License-Identifier: GPL-3.0-or-later
// ProcessWatch: how much of the machine a process holds, and what the gateway says of itself
// (/healthz): taken before, during and after a load, so that what grows is seen.
// Thread: any one; it blocks, so not that of the loop.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/address.h"
#include "core/time.h"

namespace patchcord::loadgen {

struct Sample {
  double at = 0;  // seconds since the watch began
  int64_t rss_kb = 0;
  int64_t descriptors = 0;
  int64_t threads = 0;
  double cpu = 0;                         // seconds, user and system, since the process began
  std::map<std::string, int64_t> health;  // the whole numbers of /healthz, by name
  size_t talking = 0;                     // our own calls at that moment

  int64_t health_of(const std::string& name) const;
};

class ProcessWatch {
 public:
  ProcessWatch(pid_t process, std::optional<SocketAddress> admin, const Clock& clock);

  bool is_alive() const;
  const Sample& take(size_t talking);  // kept
  const std::vector<Sample>& samples() const { return samples_; }
  // kB a minute, by least squares over what was taken while calls talked, less the first third.
  double rss_slope() const;

 private:
  const pid_t process_;
  const std::optional<SocketAddress> admin_;
  const Clock& clock_;
  const MonoTime began_;
  std::vector<Sample> samples_;
};

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
// What /proc says of this process (proc(5)), under the names that Prometheus' own clients use.
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "admin/metrics.h"

namespace patchcord::admin {
namespace {

size_t entries(const char* folder) {
  std::error_code error;
  size_t count = 0;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++count;
  }
  return count;
}

double resident_bytes() {
  double total_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

std::vector<Reading> process_readings() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  using Kind = Reading::Kind;
  return {
      {"process_resident_memory_bytes", "Resident memory size in bytes.", Kind::kGauge,
       resident_bytes()},
      {"process_open_fds", "Number of open file descriptors.", Kind::kGauge,
       static_cast<double>(entries("/proc/self/fd"))},
      {"process_max_fds", "Maximum number of open file descriptors.", Kind::kGauge,
       static_cast<double>(files.rlim_cur)},
      {"process_threads", "Number of threads.", Kind::kGauge,
       static_cast<double>(entries("/proc/self/task"))},
      {"process_cpu_seconds_total", "User and system CPU time spent in seconds.", Kind::kCounter,
       cpu_seconds()},
  };
}

}  // namespace patchcord::admin

// SPDX-License-Identifier: GPL-3.0-or-later
// Metrics: what Prometheus reads at GET /metrics. Calls are counted here as an observer; what
// others count is handed in as readings at each scrape. Few labels, none that a stranger chooses.
// docs/admin.md names every metric with its unit.
// Thread: control. Owner: app::Server.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "call/observer.h"

namespace patchcord::admin {

struct Reading {
  enum class Kind : uint8_t { kGauge, kCounter };  // a counter never falls while the process lives
  std::string name;                                // "patchcord_sessions"
  std::string help;
  Kind kind = Kind::kGauge;
  double value = 0;
  std::string label = {};  // name and value of the one label; empty: none
  std::string label_value = {};
};

class Metrics final : public call::Observer {
 public:
  explicit Metrics(std::string version);
  ~Metrics() override;

  void on_call_started(const call::Snapshot& call) override;
  void on_call_answered(const call::Snapshot& call) override;
  void on_call_ended(const call::Snapshot& call) override;

  // The text exposition format, version 0.0.4. Readings of one name must stand together.
  std::string text(const std::vector<Reading>& readings) const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

// What the system says of this process: memory, descriptors, CPU time, threads.
std::vector<Reading> process_readings();

}  // namespace patchcord::admin

// SPDX-License-Identifier: GPL-3.0-or-later
// What call/ tells to those who only watch (log, API, records, metrics). They cannot answer back.
// Thread: control.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "call/leg.h"
#include "call/transition.h"
#include "core/id.h"
#include "core/time.h"
#include "media/engine.h"

namespace patchcord::call {

struct Snapshot {  // a call as it is now
  CallId id;
  State state = State::kIdle;
  std::array<LegInfo, 2> legs;  // by index(Side)
  WallTime began;
  std::optional<Duration> since_answer;
  Duration age{};
  media::Stats media;            // at most a second old
  bool media_connected = false;  // ICE and DTLS of every browser side
  std::array<bool, 2> first_packet{};
  media::MediaPlan plan;
  std::optional<Ending> ending;
};

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_call_started(const Snapshot& call) = 0;
  virtual void on_call_answered(const Snapshot& call) = 0;
  virtual void on_call_ended(const Snapshot& call) = 0;
};

}  // namespace patchcord::call

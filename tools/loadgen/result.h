// SPDX-License-Identifier: GPL-3.0-or-later
// Totals: what the calls of a run add up to.
// Thread: that of the loop; read when the run is over.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "histogram.h"
#include "script.h"
#include "sound_path.h"

namespace patchcord::loadgen {

struct ScriptTotals {
  uint64_t calls = 0;
  uint64_t well = 0;
};

struct Totals {
  std::array<ScriptTotals, kScripts.size()> scripts{};
  std::map<std::string, uint64_t> problems;  // how often, by text
  // Times of calls that were answered: page's call sent ...
  Histogram to_invite;                         // ... to the INVITE at the phone
  Histogram to_connected;                      // ... to DTLS done
  Histogram to_sound;                          // ACK at the phone to sound heard at both ends
  Histogram delay_to_phone, delay_to_browser;  // of relayed frames, from send to receipt
  PathFigures to_phone, to_browser;

  uint64_t calls() const;
  uint64_t well() const;
};

}  // namespace patchcord::loadgen

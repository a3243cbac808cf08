// SPDX-License-Identifier: GPL-3.0-or-later
// Stage: what all calls of a run share, and outlive them not. Thread: that of the loop.
#pragma once

#include "metronome.h"
#include "net/wire.h"
#include "options.h"
#include "phones.h"
#include "result.h"
#include "rtc/certificate.h"
#include "rtc/dtls.h"
#include "voice.h"

namespace patchcord::loadgen {

class Attack;

struct Stage {
  const Options& options;
  net::Loop& loop;
  net::Wire& wire;
  Random& random;
  Metronome& metronome;
  Phones& phones;
  const Choir& choir;
  const rtc::Certificate& certificate;  // of all browsers
  const rtc::DtlsContext& dtls;
  Totals& totals;
  Attack* attack;  // none: nullptr
};

}  // namespace patchcord::loadgen

// SPDX-License-Identifier: GPL-3.0-or-later
// Verdict: says in words how the sound of a call is and, when there is none, why. Pure.
// Thread: any.
#pragma once

#include <string>

#include "call/observer.h"

namespace patchcord::admin {

// "Sound flows both ways." or the first thing that stands in its way, named with addresses.
std::string verdict(const call::Snapshot& call);

}  // namespace patchcord::admin

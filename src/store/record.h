// SPDX-License-Identifier: GPL-3.0-or-later
// Record: what is kept of a call that ended, as one line of JSON: who, when, how long, by which
// codecs, with how much loss, how good, and why it ended. docs/admin.md describes every field with
// its unit. Pure: a file is RecordFile's.
// Thread: any.
#pragma once

#include <string>

#include "call/observer.h"

namespace patchcord::store {

// Without a line end. Never a secret; texts of peers are escaped as JSON asks.
std::string record_json(const call::Snapshot& call);

}  // namespace patchcord::store

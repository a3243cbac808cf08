// SPDX-License-Identifier: GPL-3.0-or-later
// PATCHCORD_ASSERT: for faults of our own only, never for what the network sent.
// Aborts in test builds (PATCHCORD_CHECKS); in production it logs the place once per failure and
// goes on, and the caller ends the one call that is wrong.
#pragma once

namespace patchcord {
void assertion_failed(const char* condition, const char* file, int line);
}  // namespace patchcord

#define PATCHCORD_ASSERT(condition) \
  ((condition) ? (void)0 : ::patchcord::assertion_failed(#condition, __FILE__, __LINE__))

// SPDX-License-Identifier: GPL-3.0-or-later
// How often operator new was called on this thread: for tests that something allocates nothing.
// A test that includes this has its operator new and delete replaced.
#pragma once

#include <cstddef>

namespace patchcord::test {

size_t allocations();

}  // namespace patchcord::test

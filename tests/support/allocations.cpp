// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/allocations.h"

#include <cstdlib>
#include <new>

namespace {
thread_local size_t count = 0;
}

namespace patchcord::test {

size_t allocations() {
  return count;
}

}  // namespace patchcord::test

// noinline: g++ takes an inlined free() for one that does not fit to new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++count;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

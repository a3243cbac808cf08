// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/lock_out.h"

#include <gtest/gtest.h>

namespace patchcord {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr MonoTime kStart{seconds(1000)};

TEST(LockOut, TheLastAllowedFailureLocksForItsTime) {
  LockOut table({.failures = 3, .time = minutes(5)});
  EXPECT_FALSE(table.failed("ann", kStart));
  EXPECT_FALSE(table.failed("ann", kStart + seconds(1)));
  EXPECT_FALSE(table.is_locked("ann", kStart + seconds(1)));
  EXPECT_TRUE(table.failed("ann", kStart + seconds(2)));
  EXPECT_TRUE(table.is_locked("ann", kStart + seconds(2)));
  EXPECT_FALSE(table.is_locked("bob", kStart + seconds(2)));
  EXPECT_TRUE(table.is_locked("ann", kStart + seconds(301)));
  EXPECT_FALSE(table.is_locked("ann", kStart + seconds(302)));
}

TEST(LockOut, FailuresWhileLockedDoNotProlongIt) {
  LockOut table({.failures = 1, .time = minutes(5)});
  EXPECT_TRUE(table.failed("ann", kStart));
  EXPECT_FALSE(table.failed("ann", kStart + minutes(4)));
  EXPECT_FALSE(table.is_locked("ann", kStart + minutes(5)));
  EXPECT_TRUE(table.failed("ann", kStart + minutes(6))) << "counted from nothing again";
}

TEST(LockOut, ASuccessForgetsTheFailures) {
  LockOut table({.failures = 2});
  table.failed("ann", kStart);
  table.succeeded("ann");
  EXPECT_EQ(table.size(), 0u);
  EXPECT_FALSE(table.failed("ann", kStart));
}

TEST(LockOut, OldFailuresAreForgottenSoAreTheOldestKeysOfAFullTable) {
  LockOut table({.failures = 2, .time = minutes(5), .max_keys = 100});
  for (int i = 0; i < 1000; ++i) table.failed("key " + std::to_string(i), kStart);
  EXPECT_EQ(table.size(), 100u);
  EXPECT_TRUE(table.failed("key 999", kStart));
  EXPECT_FALSE(table.failed("key 0", kStart)) << "it had been forgotten";
  table.failed("late", kStart + minutes(5));
  EXPECT_EQ(table.size(), 1u);
}

}  // namespace
}  // namespace patchcord

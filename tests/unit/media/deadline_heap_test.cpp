// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/deadline_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>

#include "core/random.h"

namespace patchcord::media {
namespace {

struct Item : HasDeadline {};

MonoTime at(int64_t ms) {
  return MonoTime(std::chrono::milliseconds(ms));
}

TEST(DeadlineHeapTest, TheEarliestComesFirstAndOnlyWhenDue) {
  DeadlineHeap<Item> heap;
  Item late, early;
  heap.set(late, at(20));
  heap.set(early, at(10));
  EXPECT_EQ(heap.next(), at(10));
  EXPECT_EQ(heap.pop_due(at(9)), nullptr);
  EXPECT_EQ(heap.pop_due(at(30)), &early);
  EXPECT_EQ(early.deadline(), kNever);
  EXPECT_EQ(heap.pop_due(at(30)), &late);
  EXPECT_EQ(heap.pop_due(at(30)), nullptr);
  EXPECT_EQ(heap.next(), kNever);
}

TEST(DeadlineHeapTest, MovingLeavesNothingBehind) {
  DeadlineHeap<Item> heap;
  Item item, other;
  heap.set(other, at(50));
  for (int i = 0; i < 1000; ++i) heap.set(item, at(1000 - i));
  EXPECT_EQ(heap.size(), 2U);
  EXPECT_EQ(heap.next(), at(1));
  heap.set(item, at(100));
  EXPECT_EQ(heap.next(), at(50));
  heap.set(item, kNever);
  heap.set(item, kNever);
  EXPECT_EQ(heap.size(), 1U);
}

TEST(DeadlineHeapTest, AgreesWithASortAfterAnyWalk) {
  SeededRandom random(3);
  DeadlineHeap<Item> heap;
  std::deque<Item> items(50);
  for (int step = 0; step < 5000; ++step) {
    Item& item = items[random.below(50)];
    heap.set(item, random.below(4) == 0 ? kNever : at(random.below(1000)));
    const auto least =
        std::min_element(items.begin(), items.end(),
                         [](const auto& a, const auto& b) { return a.deadline() < b.deadline(); });
    ASSERT_EQ(heap.next(), least->deadline());
  }
  MonoTime last = at(0);
  while (Item* item = heap.pop_due(at(2000))) {
    EXPECT_EQ(item->deadline(), kNever);
    const MonoTime next = heap.next();
    EXPECT_TRUE(next >= last);
    last = next == kNever ? last : next;
  }
  EXPECT_EQ(heap.size(), 0U);
}

}  // namespace
}  // namespace patchcord::media

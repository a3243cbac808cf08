// SPDX-License-Identifier: GPL-3.0-or-later
// DeadlineHeap: who must be woken next, among many whose deadlines move all the time. Each item has
// at most one entry, which knows its place, so moving or taking it out costs log n and nothing is
// left behind. Allocates only when it grows.
// Thread: media. Owner: Worker.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "core/time.h"

namespace patchcord::media {

// What an item of a heap derives from; must be out of every heap when it dies.
class HasDeadline {
 public:
  MonoTime deadline() const { return deadline_; }  // kNever: not in a heap

 private:
  template <class Item>
  friend class DeadlineHeap;
  MonoTime deadline_ = kNever;
  size_t place_ = 0;
};

template <class Item>
class DeadlineHeap {
 public:
  MonoTime next() const { return items_.empty() ? kNever : items_.front()->deadline_; }
  size_t size() const { return items_.size(); }

  // kNever takes it out.
  void set(Item& item, MonoTime deadline) {
    if (deadline == item.deadline_) return;
    if (deadline == kNever) return remove(item);
    if (item.deadline_ == kNever) {
      item.place_ = items_.size();
      items_.push_back(&item);
    }
    item.deadline_ = deadline;
    settle(item.place_);
  }

  // Takes out the earliest if it is due; null if none is.
  Item* pop_due(MonoTime now) {
    if (next() > now || items_.empty()) return nullptr;
    Item* item = items_.front();
    remove(*item);
    return item;
  }

 private:
  void remove(Item& item) {
    const size_t place = item.place_;
    item.deadline_ = kNever;
    Item* last = items_.back();
    items_.pop_back();
    if (last == &item) return;
    put(place, last);
    settle(place);
  }

  void put(size_t place, Item* item) {
    items_[place] = item;
    item->place_ = place;
  }

  bool is_earlier(size_t a, size_t b) const { return items_[a]->deadline_ < items_[b]->deadline_; }

  void swap(size_t a, size_t b) {
    Item* item = items_[a];
    put(a, items_[b]);
    put(b, item);
  }

  // Moves the item at this place up or down to where it belongs.
  void settle(size_t place) {
    while (place > 0 && is_earlier(place, (place - 1) / 2)) {
      swap(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
    while (true) {
      size_t least = place;
      for (size_t child = 2 * place + 1; child <= 2 * place + 2 && child < items_.size(); ++child) {
        if (is_earlier(child, least)) least = child;
      }
      if (least == place) return;
      swap(place, least);
      place = least;
    }
  }

  std::vector<Item*> items_;
};

}  // namespace patchcord::media

// SPDX-License-Identifier: GPL-3.0-or-later
// Recent: the records of the calls that ended last, kept in memory, for whoever asks right after a
// call why it went as it did. The whole story is in the file (Recorder).
// Thread: control. Owner: app::Server.
#pragma once

#include <deque>
#include <string>

#include "call/observer.h"
#include "store/record.h"

namespace patchcord::store {

class Recent final : public call::Observer {
 public:
  void on_call_started(const call::Snapshot&) override {}
  void on_call_answered(const call::Snapshot&) override {}
  void on_call_ended(const call::Snapshot& call) override {
    records_.push_front(record_json(call));
    if (records_.size() > kKept) records_.pop_back();
  }

  // {"calls": [...]}, the last one first.
  std::string json() const {
    std::string list;
    for (const std::string& record : records_) list += (list.empty() ? "" : ",\n") + record;
    return "{\"calls\": [" + list + "]}\n";
  }

 private:
  static constexpr size_t kKept = 200;

  std::deque<std::string> records_;
};

}  // namespace patchcord::store

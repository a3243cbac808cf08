// SPDX-License-Identifier: GPL-3.0-or-later
// Recorder: the observer that gives each call that ended to the record file.
// Thread: control. Owner: app::Server.
#pragma once

#include "call/observer.h"
#include "store/record.h"
#include "store/record_file.h"

namespace patchcord::store {

class Recorder final : public call::Observer {
 public:
  explicit Recorder(RecordFile& file) : file_(file) {}  // outlives the recorder

  void on_call_started(const call::Snapshot&) override {}
  void on_call_answered(const call::Snapshot&) override {}
  void on_call_ended(const call::Snapshot& call) override { file_.append(record_json(call)); }

 private:
  RecordFile& file_;
};

}  // namespace patchcord::store

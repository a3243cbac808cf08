// SPDX-License-Identifier: GPL-3.0-or-later
// Registry: all calls by id, the door they come in by (admission), and the end of each: a call that
// ended is reaped in a later turn, never inside its own call stack.
// Thread: control. Owner: app::Gateway.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "call/call.h"

namespace patchcord::call {

class Registry final : public media::EngineListener {
 public:
  Registry(CallServices services, const AdmissionLimits& limits);
  ~Registry() override;

  // May a further call come in? The reason if not: kOverloaded, kDraining or kTooManyCalls.
  std::optional<Reason> refusal(const Applicant& applicant = {});
  // Takes the parts (their id is given here) and begins. Ask refusal() first.
  CallId start(CallParts parts);

  void on_media_event(MediaId id, const media::MediaEvent& event) override;

  // For calls to come; those in progress stay.
  void set_limits(const AdmissionLimits& limits) { door_.set_limits(limits); }
  void refuse_new_calls() { door_.stop(); }
  void finish_all(Reason reason);
  Call* find(CallId id);
  std::vector<Snapshot> snapshots() const;
  size_t size() const { return calls_.size(); }

 private:
  void reap(CallId id);

  CallServices services_;
  Admission door_;
  uint64_t last_id_ = 0;
  struct Entry {
    std::unique_ptr<Call> call;
    Applicant applicant;
  };
  std::unordered_map<CallId, Entry> calls_;
  std::unordered_map<MediaId, CallId> by_media_;
};

}  // namespace patchcord::call

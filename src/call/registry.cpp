// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/registry.h"

namespace patchcord::call {

Registry::Registry(CallServices services, const AdmissionLimits& limits)
    : services_(services), door_(limits) {}

Registry::~Registry() = default;

std::optional<Reason> Registry::refusal(const Applicant& applicant) {
  return door_.refusal(applicant, services_.control.now());
}

CallId Registry::start(CallParts parts) {
  const CallId id(++last_id_);
  parts.id = id;
  Applicant applicant = std::move(parts.applicant);
  door_.begin(applicant, services_.control.now());
  auto call = std::make_unique<Call>(std::move(parts), services_, [this](CallId ended) {
    services_.control.post([this, ended] { reap(ended); });
  });
  Call& started = *call;
  calls_.emplace(id, Entry{std::move(call), std::move(applicant)});
  started.begin();
  by_media_.emplace(started.media(), id);
  return id;
}

void Registry::on_media_event(MediaId media, const media::MediaEvent& event) {
  const auto found = by_media_.find(media);
  if (found == by_media_.end()) return;
  if (Call* call = find(found->second)) call->on_media_event(event);
}

void Registry::finish_all(Reason reason) {
  std::vector<CallId> ids;
  for (const auto& [id, entry] : calls_) ids.push_back(id);
  for (const CallId id : ids) {
    if (Call* call = find(id)) call->finish(reason);
  }
}

Call* Registry::find(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.call.get();
}

std::vector<Snapshot> Registry::snapshots() const {
  std::vector<Snapshot> all;
  all.reserve(calls_.size());
  for (const auto& [id, entry] : calls_) all.push_back(entry.call->snapshot());
  return all;
}

void Registry::reap(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  by_media_.erase(found->second.call->media());
  door_.end(found->second.applicant);
  calls_.erase(found);
}

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/registry.h"

namespace patchcord::call {

Registry::Registry(CallServices services, AdmissionLimits limits)
    : services_(services), limits_(limits) {}

Registry::~Registry() = default;

std::optional<Reason> Registry::refusal() const {
  if (is_draining_) return Reason::kDraining;
  if (calls_.size() >= limits_.calls) return Reason::kOverloaded;
  return std::nullopt;
}

CallId Registry::start(CallParts parts) {
  const CallId id(++last_id_);
  parts.id = id;
  auto call = std::make_unique<Call>(std::move(parts), services_, [this](CallId ended) {
    services_.control.post([this, ended] { reap(ended); });
  });
  Call& started = *call;
  calls_.emplace(id, std::move(call));
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
  for (const auto& [id, call] : calls_) ids.push_back(id);
  for (const CallId id : ids) {
    if (Call* call = find(id)) call->finish(reason);
  }
}

Call* Registry::find(CallId id) {
  const auto found = calls_.find(id);
  return found == calls_.end() ? nullptr : found->second.get();
}

std::vector<Snapshot> Registry::snapshots() const {
  std::vector<Snapshot> all;
  all.reserve(calls_.size());
  for (const auto& [id, call] : calls_) all.push_back(call->snapshot());
  return all;
}

void Registry::reap(CallId id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  by_media_.erase(found->second->media());
  calls_.erase(found);
}

}  // namespace patchcord::call

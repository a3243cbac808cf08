// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/admission.h"

namespace patchcord::call {

std::optional<Reason> Admission::refusal(const Applicant& applicant, MonoTime now) {
  if (is_draining_) return Reason::kDraining;
  if (calls_ >= limits_.calls) return Reason::kOverloaded;
  forget_old(now);
  const auto user = users_.find(applicant.user);
  if (user != users_.end() &&
      (user->second.calls >= limits_.per_user || user->second.begun >= limits_.per_minute)) {
    return Reason::kTooManyCalls;
  }
  const auto network = networks_.find(applicant.network);
  if (network != networks_.end() && network->second >= limits_.per_address) {
    return Reason::kTooManyCalls;
  }
  return std::nullopt;
}

void Admission::begin(const Applicant& applicant, MonoTime now) {
  ++calls_;
  const bool is_somebody = !applicant.network.is_unspecified() && !applicant.network.is_loopback();
  if (is_somebody) ++networks_[applicant.network];
  if (applicant.user.empty()) return;
  User& user = users_[applicant.user];
  ++user.calls;
  ++user.begun;
  begun_.emplace_back(now, applicant.user);
}

void Admission::end(const Applicant& applicant) {
  --calls_;
  const auto network = networks_.find(applicant.network);
  if (network != networks_.end() && --network->second == 0) networks_.erase(network);
  const auto user = users_.find(applicant.user);
  if (user == users_.end()) return;
  --user->second.calls;
  drop_if_idle(applicant.user);
}

void Admission::forget_old(MonoTime now) {
  while (!begun_.empty() && now - begun_.front().first >= std::chrono::minutes(1)) {
    const std::string user = std::move(begun_.front().second);
    begun_.pop_front();
    --users_.at(user).begun;
    drop_if_idle(user);
  }
}

void Admission::drop_if_idle(const std::string& user) {
  const auto found = users_.find(user);
  if (found->second.calls == 0 && found->second.begun == 0) users_.erase(found);
}

}  // namespace patchcord::call

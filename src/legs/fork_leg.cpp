// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/fork_leg.h"

#include <algorithm>
#include <utility>

namespace patchcord::legs {
namespace {

using call::Reason;

// What the caller is told when nobody answered: that somebody is busy says more than silence.
bool says_more(const call::Ending& one, const call::Ending& other) {
  const auto weight = [](Reason reason) { return reason == Reason::kBusy ? 1 : 0; };
  return weight(one.reason) > weight(other.reason);
}

}  // namespace

ForkLeg::ForkLeg(std::vector<std::unique_ptr<call::Leg>> places) {
  for (auto& place : places) branches_.push_back(std::make_unique<Branch>(*this, std::move(place)));
}

void ForkLeg::attach(call::LegListener& listener, call::Side side) {
  listener_ = &listener;
  side_ = side;
  for (const auto& branch : branches_) branch->leg->attach(*branch, side);
}

call::EndpointKind ForkLeg::media_kind() const {
  return branches_.front()->leg->media_kind();
}

ForkLeg::Branch& ForkLeg::front() const {
  if (answered_) return *answered_;
  return heard_ ? *heard_ : *branches_.front();
}

call::LegInfo ForkLeg::info() const {
  return front().leg->info();
}

void ForkLeg::prepare() {
  for (const auto& branch : branches_) branch->leg->prepare();
}

void ForkLeg::invite(const call::Invitation& invitation) {
  for (const auto& branch : branches_) {
    if (!branch->is_over) branch->leg->invite(invitation);
  }
}

// ---- what the places say

void ForkLeg::on_event(Branch& branch, call::LegEvent event) {
  if (branch.is_over) return;
  if (answered_ == &branch) return say(std::move(event));
  if (auto* prepared = std::get_if<call::Prepared>(&event)) {
    on_prepared(branch, *prepared);
  } else if (auto* answered = std::get_if<call::Answered>(&event)) {
    on_answered(branch, std::move(*answered));
  } else if (auto* ended = std::get_if<call::LegEnded>(&event)) {
    on_ended(branch, std::move(*ended));
  } else if (std::holds_alternative<call::Ringing>(event)) {
    if (!std::exchange(has_rung_, true)) say(std::move(event));
  } else if (std::holds_alternative<call::Early>(event)) {
    if (!heard_) heard_ = &branch;
    if (heard_ == &branch) say(std::move(event));
  }
}

void ForkLeg::on_prepared(Branch& branch, const call::Prepared& way) {
  branch.way = way;
  tell_prepared();
}

// One offer serves all, so all ways are waited for; the address it names is that of the first.
void ForkLeg::tell_prepared() {
  const bool all_known = std::all_of(branches_.begin(), branches_.end(), [](const auto& branch) {
    return branch->way || branch->is_over;
  });
  if (!all_known || std::exchange(has_told_way_, true)) return;
  const auto first = std::find_if(branches_.begin(), branches_.end(),
                                  [](const auto& branch) { return !branch->is_over; });
  say(*(*first)->way);
}

void ForkLeg::on_answered(Branch& branch, call::Answered answered) {
  answered_ = &branch;
  end_others(&branch, {.reason = Reason::kAnsweredElsewhere});
  say(std::move(answered));
}

void ForkLeg::on_ended(Branch& branch, call::LegEnded ended) {
  branch.is_over = true;
  if (heard_ == &branch) heard_ = nullptr;
  if (ended.ending.reason == Reason::kDeclined) {
    end_others(nullptr, {.reason = Reason::kAnsweredElsewhere});
    return say(std::move(ended));
  }
  if (!ending_ || says_more(ended.ending, *ending_)) ending_ = std::move(ended.ending);
  const bool is_last = std::all_of(branches_.begin(), branches_.end(),
                                   [](const auto& other) { return other->is_over; });
  if (is_last) return say(call::LegEnded{*ending_});
  if (!has_told_way_) tell_prepared();
}

void ForkLeg::end_others(const Branch* kept, const call::Ending& ending) {
  for (const auto& branch : branches_) {
    if (branch.get() == kept || std::exchange(branch->is_over, true)) continue;
    branch->leg->end(ending);
  }
}

// ---- what the call says

void ForkLeg::describe(std::string sdp) {
  front().leg->describe(std::move(sdp));
}
void ForkLeg::ring() {
  front().leg->ring();
}
void ForkLeg::early() {
  front().leg->early();
}
void ForkLeg::talk() {
  front().leg->talk();
}
void ForkLeg::send_digits(std::string_view digits) {
  front().leg->send_digits(digits);
}
void ForkLeg::accept_reoffer(std::string sdp) {
  front().leg->accept_reoffer(std::move(sdp));
}
void ForkLeg::refuse_reoffer(Reason reason) {
  front().leg->refuse_reoffer(reason);
}

void ForkLeg::end(const call::Ending& ending) {
  end_others(nullptr, ending);
}

}  // namespace patchcord::legs

// SPDX-License-Identifier: GPL-3.0-or-later
// ForkLeg: a callee who is at several places at once. All of them are rung; the first that answers
// has the call, and the others stop. To the call it is one leg, so all its branches take the same
// offer and must be of the same kind of media.
//
//   Call ──▶ ForkLeg ──▶ branch, branch, branch ─Answered─▶ one branch, as if it had been alone
//
// One that is busy or silent leaves the others ringing; one that declines speaks for the person.
// Thread: control. Owner: call::Call. RFC 3261 16.7, RFC 3326.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "call/leg.h"

namespace patchcord::legs {

class ForkLeg final : public call::Leg {
 public:
  explicit ForkLeg(std::vector<std::unique_ptr<call::Leg>> places);  // two or more

  void attach(call::LegListener& listener, call::Side side) override;
  call::EndpointKind media_kind() const override;
  call::LegInfo info() const override;
  void prepare() override;
  void invite(const call::Invitation& invitation) override;
  void describe(std::string sdp) override;
  void ring() override;
  void early() override;
  void talk() override;
  void send_digits(std::string_view digits) override;
  void accept_reoffer(std::string sdp) override;
  void refuse_reoffer(call::Reason reason) override;
  void end(const call::Ending& ending) override;

 private:
  struct Branch final : call::LegListener {
    Branch(ForkLeg& owner, std::unique_ptr<call::Leg> place) : fork(owner), leg(std::move(place)) {}
    void on_leg_event(call::Side, call::LegEvent event) override {
      fork.on_event(*this, std::move(event));
    }

    ForkLeg& fork;
    std::unique_ptr<call::Leg> leg;
    std::optional<call::Prepared> way;
    bool is_over = false;
  };

  void on_event(Branch& branch, call::LegEvent event);
  void on_prepared(Branch& branch, const call::Prepared& way);
  void on_answered(Branch& branch, call::Answered answered);
  void on_ended(Branch& branch, call::LegEnded ended);
  void tell_prepared();
  void end_others(const Branch* kept, const call::Ending& ending);
  // The branch that speaks for all: the one that has the call, or sounds before the answer.
  Branch& front() const;
  void say(call::LegEvent event) { listener_->on_leg_event(side_, std::move(event)); }

  std::vector<std::unique_ptr<Branch>> branches_;
  Branch* heard_ = nullptr;     // whose early media is heard
  Branch* answered_ = nullptr;  // who has the call
  bool has_told_way_ = false;
  bool has_rung_ = false;
  std::optional<call::Ending> ending_;  // the most telling one so far
  call::LegListener* listener_ = nullptr;
  call::Side side_ = call::Side::kB;
};

}  // namespace patchcord::legs

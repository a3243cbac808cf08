// SPDX-License-Identifier: GPL-3.0-or-later
// ServiceLeg: a callee that is inside: the echo or the announcement. It rings and answers at once;
// its sound is made by media's endpoint of the same kind; here are only its manners.
// Thread: control. Owner: call::Call.
#pragma once

#include "call/leg.h"
#include "call/router.h"

namespace patchcord::registrar {

class ServiceLeg final : public call::Leg {
 public:
  explicit ServiceLeg(call::Service service) : service_(service) {}

  void attach(call::LegListener& listener, call::Side side) override {
    listener_ = &listener;
    side_ = side;
  }
  call::EndpointKind media_kind() const override {
    return service_ == call::Service::kEcho ? call::EndpointKind::kEcho
                                            : call::EndpointKind::kAnnouncement;
  }
  call::LegInfo info() const override {
    const char* const name = service_ == call::Service::kEcho ? "echo" : "announcement";
    return {.protocol = name, .party = name, .peer = {}, .protocol_id = {}};
  }
  void prepare() override { say(call::Prepared{}); }
  void invite(const call::Invitation&) override {
    say(call::Ringing{});
    say(call::Answered{});
  }
  void describe(std::string) override {}
  void ring() override {}
  void early() override {}
  void talk() override {}
  void send_digits(std::string_view) override {}
  void accept_reoffer(std::string) override {}
  void refuse_reoffer(call::Reason) override {}
  void end(const call::Ending&) override {}

 private:
  void say(call::LegEvent event) { listener_->on_leg_event(side_, std::move(event)); }

  const call::Service service_;
  call::LegListener* listener_ = nullptr;
  call::Side side_ = call::Side::kB;
};

}  // namespace patchcord::registrar

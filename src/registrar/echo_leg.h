// SPDX-License-Identifier: GPL-3.0-or-later
// EchoLeg: the callee that is inside: it rings, answers at once and gives back what it hears. Its
// sound is media's echo endpoint; here are only its manners.
// Thread: control. Owner: call::Call.
#pragma once

#include "call/leg.h"

namespace patchcord::registrar {

class EchoLeg final : public call::Leg {
 public:
  void attach(call::LegListener& listener, call::Side side) override {
    listener_ = &listener;
    side_ = side;
  }
  call::EndpointKind media_kind() const override { return call::EndpointKind::kEcho; }
  call::LegInfo info() const override {
    return {.protocol = "echo", .party = "echo", .peer = {}, .protocol_id = {}};
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

  call::LegListener* listener_ = nullptr;
  call::Side side_ = call::Side::kB;
};

}  // namespace patchcord::registrar

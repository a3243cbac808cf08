// SPDX-License-Identifier: GPL-3.0-or-later
// SipLeg: a SIP phone as a side of a call: call::Leg over one dialog of the SIP user agent. It
// translates words and decides nothing.
// Thread: control. Owner: call::Call. While it lives, SipLegs knows it by its dialog.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/leg.h"
#include "core/executor.h"
#include "sip/user_agent.h"

namespace patchcord::legs {

// By which of our addresses a next hop reaches us: what c= of our SDP must say. The answer may come
// at once or later; an error says why there is no way.
class WayFinder {
 public:
  virtual ~WayFinder() = default;
  using Answer = Function<void(Result<OwnAddress>)>;
  virtual void find(const sip::ResolveQuery& query, Answer answer) = 0;
  // By which transport a next hop (host and port) is asked that names none; unset: as DNS says.
  virtual std::optional<sip::TransportKind> transport_for(std::string_view, uint16_t) const {
    return std::nullopt;
  }
};

class SipLeg;

// Which leg a dialog belongs to, and what every SIP leg needs.
struct SipLegs {
  sip::UserAgent& user_agent;
  WayFinder& ways;
  Executor& control;
  std::unordered_map<sip::DialogId, SipLeg*> by_dialog;
  // Who waits for a way: an answer for a leg that is gone finds nobody.
  std::unordered_map<uint64_t, SipLeg*> waiting;
  uint64_t last_ticket = 0;
};

class SipLeg final : public call::Leg {
 public:
  // A call from the network.
  SipLeg(const sip::IncomingCall& incoming, SipLegs& table);
  // A call of ours; it has no dialog before invite().
  SipLeg(sip::Account account, sip::Uri callee, std::vector<sip::ExtraHeader> headers,
         SipLegs& table);
  ~SipLeg() override;

  void attach(call::LegListener& listener, call::Side side) override;
  call::EndpointKind media_kind() const override { return call::EndpointKind::kRtp; }
  call::LegInfo info() const override;
  void prepare() override;
  void invite(const call::Invitation& invitation) override;
  void describe(std::string sdp) override { description_ = std::move(sdp); }
  void ring() override;
  void early() override;
  void talk() override;
  void send_digits(std::string_view digits) override;
  void accept_reoffer(std::string sdp) override;
  void refuse_reoffer(call::Reason reason) override;
  void end(const call::Ending& ending) override;

  void on_event(const sip::Event& event);

 private:
  void take(const sip::Ringing&) { say(call::Ringing{}); }
  void take(const sip::EarlyMedia& event);
  void take(const sip::Answered& event);
  void take(const sip::Acknowledged& event);
  void take(const sip::Reoffered& event) { say(call::Reoffered{event.sdp}); }
  void take(const sip::InfoDigit& event) { say(call::DigitsAsked{std::string(1, event.digit)}); }
  void take(const sip::Ended& event);
  template <class Other>
  void take(const Other&) {}  // of registrations, or without meaning for a call

  void say(call::LegEvent event) { listener_->on_leg_event(side_, std::move(event)); }
  void on_way(const Result<OwnAddress>& way);
  MonoTime now() const { return table_.control.now(); }

  SipLegs& table_;
  sip::DialogId dialog_;  // zero before invite() and after Ended
  sip::Account account_;
  sip::Uri callee_;
  std::vector<sip::ExtraHeader> headers_;
  std::string party_;
  std::string call_id_;
  sip::Target peer_;
  std::string description_;  // our answer to the caller, for 183 and 200
  call::LegListener* listener_ = nullptr;
  call::Side side_ = call::Side::kB;
  bool is_answered_ = false;
  uint64_t way_ticket_ = 0;  // of the question to the way finder that is open
};

// What it means that a request had no answer.
call::Reason reason_of(sip::Unanswered unanswered);
// What the end of a dialog means.
call::Ending ending_of(const sip::Ended& ended, call::Side side, bool was_answered);

}  // namespace patchcord::legs

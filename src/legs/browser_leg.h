// SPDX-License-Identifier: GPL-3.0-or-later
// BrowserLeg: a browser as a side of a call: call::Leg over one call of a wcs session. It
// translates words and decides nothing.
// Thread: control. Owner: call::Call. While it lives, it is in BrowserSide's table.
#pragma once

#include <string>

#include "call/leg.h"
#include "core/id.h"
#include "wcs/hub.h"

namespace patchcord::legs {

class BrowserLegs;

class BrowserLeg final : public call::Leg {
 public:
  struct Identity {
    SessionId session;
    std::string call_id;  // of the browser
    std::string party;    // "login@domain"
    std::string peer;     // the browser's signalling address
  };
  BrowserLeg(Identity identity, wcs::Hub& hub, BrowserLegs& table);
  ~BrowserLeg() override;

  void attach(call::LegListener& listener, call::Side side) override;
  call::EndpointKind media_kind() const override { return call::EndpointKind::kWebrtc; }
  call::LegInfo info() const override;
  void prepare() override;
  void invite(const call::Invitation& invitation) override;
  void describe(std::string sdp) override;
  void ring() override;
  void early() override;
  void talk() override;
  void send_digits(std::string_view) override {}  // a page has no use for the phone's keys
  void accept_reoffer(std::string) override {}    // a browser never offers twice
  void refuse_reoffer(call::Reason) override {}
  void end(const call::Ending& ending) override;

  // From BrowserSide, for this call of the session.
  void on_answer(std::string_view sdp);
  void on_hangup(std::string_view reason);  // the page's word for it, or empty
  void on_digits(std::string_view digits);
  void on_away(wcs::Keeping keeping);
  void on_back(wcs::Memory memory);
  void on_session_gone();

 private:
  void say(call::LegEvent event) { listener_->on_leg_event(side_, std::move(event)); }
  bool rings_here() const { return side_ == call::Side::kB && !is_answered_; }
  void leave(call::Reason reason);

  const Identity identity_;
  wcs::Hub& hub_;
  BrowserLegs& table_;
  call::LegListener* listener_ = nullptr;
  call::Side side_ = call::Side::kA;
  bool is_answered_ = false;
  bool is_over_ = false;  // the browser has had, or cannot have, its finish
};

// Which leg is call `call_id` of a session.
class BrowserLegs {
 public:
  void add(SessionId session, const std::string& call_id, BrowserLeg& leg);
  void remove(SessionId session, const std::string& call_id);
  BrowserLeg* find(SessionId session, std::string_view call_id) const;
  std::vector<std::string> calls_of(SessionId session) const;

 private:
  std::unordered_map<SessionId, std::map<std::string, BrowserLeg*, std::less<>>> legs_;
};

// What the browser is told of an ending, seen from `side`.
wcs::CallEnd end_for(const call::Ending& ending, call::Side side);

}  // namespace patchcord::legs

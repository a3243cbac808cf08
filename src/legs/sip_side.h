// SPDX-License-Identifier: GPL-3.0-or-later
// SipSide: what the SIP network says, brought to the house: an event of a dialog to its leg, of a
// registration to its browser, a call from outside to the browser it is for, a call of a phone of
// ours to whom it dialled.
// Thread: control. Owner: app::Gateway.
#pragma once

#include "legs/browser_side.h"
#include "sip/user_agent.h"

namespace patchcord::legs {

class SipSide final : public sip::UserAgentListener {
 public:
  explicit SipSide(Sides sides, BrowserSide& browsers, wcs::Hub& hub,
                   Function<OwnAddress(const sip::Target&)> own_address)
      : sides_(sides),
        browsers_(browsers),
        hub_(hub),
        switchboard_(sides, hub),
        own_address_(std::move(own_address)) {}

  void on_event(const sip::Event& event) override;

 private:
  void on_incoming(const sip::IncomingCall& incoming);
  call::Applicant applicant_of(const sip::IncomingCall& incoming) const;
  void from_server(const sip::IncomingCall& incoming);
  void from_phone(const sip::IncomingCall& incoming);
  void start(const sip::IncomingCall& incoming, call::Party callee, std::unique_ptr<call::Leg> leg);
  void refuse(const sip::IncomingCall& incoming, call::Reason reason);

  Sides sides_;
  BrowserSide& browsers_;
  wcs::Hub& hub_;
  Switchboard switchboard_;
  Function<OwnAddress(const sip::Target&)> own_address_;
};

}  // namespace patchcord::legs

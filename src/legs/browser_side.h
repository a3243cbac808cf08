// SPDX-License-Identifier: GPL-3.0-or-later
// BrowserSide: what browsers ask for, brought to the house: a sign-in to the directory or to a SIP
// registration, a call to the router and the registry, the rest to the leg it is for.
// Thread: control. Owner: app::Gateway.
#pragma once

#include <optional>

#include "legs/sign_in_guard.h"
#include "legs/switchboard.h"
#include "wcs/hub.h"

namespace patchcord::legs {

struct BrowserLimits {
  SignInLimits sign_in{};
  size_t sessions_per_account = 100;
};

class BrowserSide final : public wcs::HubListener {
 public:
  BrowserSide(Sides sides, const BrowserLimits& limits)
      : sides_(sides), limits_(limits), guard_(limits.sign_in) {}
  void set_sessions_per_account(size_t most) { limits_.sessions_per_account = most; }
  void attach(wcs::Hub& hub) {  // once, before the first browser
    hub_ = &hub;
    switchboard_.emplace(sides_, hub);
  }

  void on_sign_in(SessionId session, const wcs::SignIn& sign_in) override;
  void on_sign_out(SessionId session, wcs::SignOut why) override;
  void on_away(SessionId session, wcs::Keeping keeping) override;
  void on_back(SessionId session, wcs::Memory memory) override;
  void on_call(SessionId session, const wcs::CallRequest& call) override;
  void on_answer(SessionId session, std::string_view call_id, std::string_view sdp) override;
  void on_hangup(SessionId session, std::string_view call_id, std::string_view reason) override;
  void on_dtmf(SessionId session, std::string_view call_id, std::string_view digits,
               wcs::DtmfType type) override;

  // Of a registration.
  void on_registered(SessionId session);
  void on_registration_failed(SessionId session, const sip::RegistrationFailed& failed);

 private:
  template <class Act>
  void with_legs_of(SessionId session, Act act);
  void sign_in_at_home(SessionId session, const wcs::SignIn& sign_in);
  void sign_in_at_server(SessionId session, const wcs::SignIn& sign_in);
  void refuse(SessionId session, call::Reason reason, std::string_view status,
              std::string_view info = {});
  void end_at_once(SessionId session, std::string_view call_id, call::Reason reason,
                   std::string_view info = {});

  Sides sides_;
  BrowserLimits limits_;
  SignInGuard guard_;
  wcs::Hub* hub_ = nullptr;
  std::optional<Switchboard> switchboard_;
};

// The INVITE headers a page may set: names that begin with X-, values of one line.
std::vector<sip::ExtraHeader> allowed_headers(const wcs::Parameters& parameters);

}  // namespace patchcord::legs

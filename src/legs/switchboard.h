// SPDX-License-Identifier: GPL-3.0-or-later
// Switchboard: from who calls and what was dialled to the leg of the callee, for a call of a
// browser as for one of a phone of ours. It asks the router what is meant, and finds where that is:
// a service inside, the browsers or the phones of a user, or the caller's own SIP account.
//
// A user who is at several places is rung at all of one kind: the browsers, or the phones,
// whichever came last (docs/decisions/0017). Thread: control. Owner: the side that uses it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "call/directory.h"
#include "call/registry.h"
#include "legs/accounts.h"
#include "legs/browser_leg.h"
#include "legs/sip_leg.h"
#include "sip/local_domain.h"
#include "wcs/hub.h"

namespace patchcord::legs {

struct Sides {  // what the two sides share; all outlive them
  Executor& control;
  Random& random;
  Accounts& accounts;
  BrowserLegs& browser_legs;
  SipLegs& sip_legs;
  call::Directory& directory;
  const sip::LocalDomain* phones;  // null: no phone registers here
  call::Registry& calls;
};

struct Caller {
  call::AccountKind kind = call::AccountKind::kLocal;
  std::string login;
  std::optional<SessionId> session;  // of a browser: it does not ring itself
  sip::Account account;              // of a trunk
};

struct NoCallee {
  call::Reason reason;
  std::string info;  // for the person, where the reason's own text says too little
};
using Callee = std::variant<std::unique_ptr<call::Leg>, NoCallee>;

class Switchboard {
 public:
  Switchboard(Sides sides, wcs::Hub& hub) : sides_(sides), hub_(hub) {}

  Callee find(const Caller& caller, const call::Dialled& dialled,
              std::vector<sip::ExtraHeader> headers);

 private:
  Callee to_user(const Caller& caller, const std::string& login);
  Callee to_trunk(const Caller& caller, const call::Dialled& dialled,
                  std::vector<sip::ExtraHeader> headers);
  std::unique_ptr<call::Leg> browser(SessionId session);
  std::unique_ptr<call::Leg> phone(const Caller& caller, const sip::Phone& phone);

  Sides sides_;
  wcs::Hub& hub_;
};

}  // namespace patchcord::legs

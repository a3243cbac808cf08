// SPDX-License-Identifier: GPL-3.0-or-later
// Router: who is called. Pure: the caller's account and the text that was dialled, to a route. The
// callee never chooses the next hop: a call from a SIP account leaves through that account's own
// proxy or domain, whatever host the dialled text names.
// Thread: any.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "core/result.h"

namespace patchcord::call {

// What was dialled, cleaned: "+49 (30) 123" is user "+4930123"; a sip: or tel: URI keeps its host.
struct Dialled {
  std::string user;
  std::string host;  // empty: the caller's own domain
  bool operator==(const Dialled&) const = default;
};

// Errors: kMalformed, with what is wrong for a person. Control characters are never let through.
Result<Dialled> read_dialled(std::string_view text);

struct ToEcho {};  // the far end that is inside
struct ToUser {    // a browser signed in to the gateway's own domain
  std::string login;
};
struct ToTrunk {  // through the caller's own SIP account
  Dialled dialled;
};
using Route = std::variant<ToEcho, ToUser, ToTrunk>;

enum class AccountKind : uint8_t {
  kLocal,  // a user of the gateway's own registrar
  kTrunk,  // an account at a SIP server
};

inline constexpr std::string_view kEchoNumber = "600";

Route route(AccountKind caller, std::string_view own_domain, const Dialled& dialled);

}  // namespace patchcord::call

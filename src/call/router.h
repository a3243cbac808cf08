// SPDX-License-Identifier: GPL-3.0-or-later
// Router: who is called. Pure: the caller's account and the text that was dialled, to a route. The
// callee never chooses the next hop: a call from a SIP account leaves through that account's own
// proxy or domain, whatever host the dialled text names.
// Thread: any.
#pragma once

#include <functional>
#include <map>
#include <optional>
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

enum class Service : uint8_t {
  kEcho,          // 600: gives back what it hears
  kAnnouncement,  // 601: plays and hangs up
};

struct ToService {  // a far end that is inside
  Service service;
};
struct ToUser {  // of the gateway's own domain; whether there is such a one is the directory's
  std::string login;
};
struct ToTrunk {  // through the caller's own SIP account
  Dialled dialled;
};
struct Nowhere {};  // a user of our own domain reaches nobody of another: there is no open relay
using Route = std::variant<ToService, ToUser, ToTrunk, Nowhere>;

enum class AccountKind : uint8_t {
  kLocal,  // a user of the gateway's own registrar
  kTrunk,  // an account at a SIP server
};

inline constexpr std::string_view kEchoNumber = "600";
inline constexpr std::string_view kAnnouncementNumber = "601";

// What the gateway's own domain is called, and which numbers ring which of its users.
struct NumberPlan {
  std::string domain;
  std::map<std::string, std::string, std::less<>> numbers;  // "+15550100" to login
};

// The user that a number rings, however it was dialled: "+1 555 0100", 0015550100, 01115550100, or
// without its country code where only one number ends so. Nothing: none.
std::optional<std::string> user_of_number(const NumberPlan& plan, std::string_view dialled);

Route route(AccountKind caller, const NumberPlan& plan, const Dialled& dialled);

}  // namespace patchcord::call

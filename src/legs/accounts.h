// SPDX-License-Identifier: GPL-3.0-or-later
// Accounts: who is signed in, and with what. One entry a session: a user of our own domain, or an
// account at a SIP server with its registration. A table; it decides nothing and tells nobody.
// Thread: control. Owner: app::Gateway.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "call/router.h"
#include "core/id.h"
#include "core/result.h"
#include "sip/call_events.h"
#include "wcs/session.h"

namespace patchcord::legs {

struct Entry {
  call::AccountKind kind = call::AccountKind::kTrunk;
  std::string login;
  std::string domain;
  std::string display_name;
  sip::Account account;  // of a trunk
  std::optional<sip::RegistrationId> registration;
  IpAddress address{};  // of the browser
  MonoTime since{};     // of the sign-in
};

// The SIP account a page asked for (T16, T17, T31). Errors: kMalformed, with the field's name.
Result<sip::Account> account_of(const wcs::SignIn& sign_in);

class Accounts {
 public:
  void add(SessionId session, Entry entry);
  void remove(SessionId session);
  const Entry* find(SessionId session) const;
  void set_registration(SessionId session, std::optional<sip::RegistrationId> registration);
  std::optional<SessionId> session_of(sip::RegistrationId registration) const;
  // The session that registered this Contact.
  std::optional<SessionId> session_at(std::string_view contact_user) const;
  // The browser an INVITE is for: the session whose account is `user` at `domain`, else the one
  // account with that user part; the latest sign-in wins.
  std::optional<SessionId> callee(std::string_view user, std::string_view domain) const;
  // The browsers signed in to our own domain as this user, the latest first.
  std::vector<SessionId> at_home(std::string_view login) const;
  size_t size() const { return entries_.size(); }

 private:
  std::unordered_map<SessionId, Entry> entries_;
  std::unordered_map<sip::RegistrationId, SessionId> by_registration_;
  std::map<std::string, SessionId, std::less<>> by_contact_;
  std::multimap<std::string, SessionId, std::less<>> by_login_;
};

}  // namespace patchcord::legs

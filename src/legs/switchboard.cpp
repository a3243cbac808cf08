// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/switchboard.h"

#include <algorithm>

#include "legs/fork_leg.h"

namespace patchcord::legs {
namespace {

using Leg = std::unique_ptr<call::Leg>;
using call::Reason;

Leg one_of(std::vector<Leg> places) {
  if (places.size() == 1) return std::move(places.front());
  return std::make_unique<ForkLeg>(std::move(places));
}

}  // namespace

Callee Switchboard::find(const Caller& caller, const call::Dialled& dialled,
                         std::vector<sip::ExtraHeader> headers) {
  const call::Route route = call::route(caller.kind, sides_.directory.plan(), dialled);
  if (const auto* to = std::get_if<call::ToService>(&route)) {
    return sides_.directory.service(to->service);
  }
  if (const auto* to = std::get_if<call::ToUser>(&route)) return to_user(caller, to->login);
  if (std::holds_alternative<call::Nowhere>(route)) return NoCallee{Reason::kDomainNotAllowed, {}};
  return to_trunk(caller, dialled, std::move(headers));
}

Callee Switchboard::to_user(const Caller& caller, const std::string& login) {
  if (!sides_.directory.has_user(login)) return NoCallee{Reason::kNotFound, {}};
  std::vector<SessionId> sessions = sides_.accounts.at_home(login);
  std::erase_if(sessions, [&](SessionId session) { return session == caller.session; });
  std::vector<sip::Phone> phones;
  if (sides_.phones) phones = sides_.phones->phones_of(login, sides_.control.now());
  if (sessions.empty() && phones.empty()) return NoCallee{Reason::kNotOnline, {}};

  const bool phones_came_last =
      sessions.empty() ||
      (!phones.empty() && phones.front().since > sides_.accounts.find(sessions.front())->since);
  std::vector<Leg> places;
  if (phones_came_last) {
    for (const sip::Phone& one : phones) places.push_back(phone(caller, one));
  } else {
    for (const SessionId session : sessions) places.push_back(browser(session));
  }
  return one_of(std::move(places));
}

Callee Switchboard::to_trunk(const Caller& caller, const call::Dialled& dialled,
                             std::vector<sip::ExtraHeader> headers) {
  const sip::Uri& aor = caller.account.aor;
  const std::string& host = dialled.host.empty() ? aor.host() : dialled.host;
  const uint16_t port = host == aor.host() ? aor.port() : uint16_t{0};
  auto uri = sip::Uri::sip(dialled.user, host, port);
  if (!uri) return NoCallee{Reason::kBadNumber, "the address names no valid host"};
  return std::make_unique<SipLeg>(caller.account, std::move(*uri), std::move(headers),
                                  sides_.sip_legs);
}

Leg Switchboard::browser(SessionId session) {
  const Entry& entry = *sides_.accounts.find(session);
  return std::make_unique<BrowserLeg>(
      BrowserLeg::Identity{.session = session,
                           .call_id = sides_.random.token(22),
                           .party = entry.login + "@" + entry.domain,
                           .peer = {}},
      hub_, sides_.browser_legs);
}

// The phone is shown who calls; nothing of the caller but the name reaches it.
Leg Switchboard::phone(const Caller& caller, const sip::Phone& phone) {
  sip::Account account;
  account.aor = sip::Uri::sip(caller.login, sides_.directory.plan().domain).value_or(sip::Uri());
  account.flow = phone.flow;
  return std::make_unique<SipLeg>(std::move(account), phone.contact,
                                  std::vector<sip::ExtraHeader>(), sides_.sip_legs);
}

}  // namespace patchcord::legs

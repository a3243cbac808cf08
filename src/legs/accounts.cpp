// SPDX-License-Identifier: GPL-3.0-or-later
#include "legs/accounts.h"

#include <algorithm>
#include <charconv>

namespace patchcord::legs {
namespace {

struct HostPort {
  std::string_view host;
  uint16_t port = 0;
};

// "pbx.example.com", "pbx.example.com:5080", "192.0.2.1:5080", "[2001:db8::1]:5080"
std::optional<HostPort> split(std::string_view text) {
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == text.npos &&
                        (text.front() == '[' || text.find(':') == colon);
  if (!has_port) return HostPort{text};
  uint16_t port = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + colon + 1, last, port);
  if (error != std::errc() || end != last || port == 0) return std::nullopt;
  return HostPort{text.substr(0, colon), port};
}

// An outbound proxy is a host, a host with a port, or a whole SIP URI with its transport.
std::optional<sip::Uri> proxy_uri(std::string_view text) {
  if (text.substr(0, 4) == "sip:" || text.substr(0, 5) == "sips:") return sip::Uri::parse(text);
  return sip::Uri::parse("sip:" + std::string(text));
}

}  // namespace

Result<sip::Account> account_of(const wcs::SignIn& sign_in) {
  sip::Account account;
  const auto domain = split(sign_in.domain);
  std::optional<sip::Uri> aor;
  if (domain) aor = sip::Uri::sip(sign_in.login, domain->host, domain->port);
  if (!aor) return {ErrorCode::kMalformed, "sipDomain is no host name or address"};
  account.aor = std::move(*aor);
  account.display_name = sign_in.visible_name;
  account.auth_username = sign_in.authentication_name;
  account.password = sign_in.password;

  const std::string& proxy = sign_in.outbound_proxy;
  const bool proxy_is_domain = proxy.empty() || proxy == sign_in.domain;
  if (proxy_is_domain && sign_in.port == 0) return account;
  std::optional<sip::Uri> next_hop = proxy_is_domain
                                         ? sip::Uri::sip("", account.aor.host(), account.aor.port())
                                         : proxy_uri(proxy);
  if (!next_hop || !next_hop->is_sip()) {
    return {ErrorCode::kMalformed, "sipOutboundProxy is no host, host:port or SIP URI"};
  }
  if (next_hop->port() == 0) next_hop->set_port(sign_in.port);
  next_hop->params().set_flag("lr");
  account.outbound_proxy = std::move(next_hop);
  return account;
}

void Accounts::add(SessionId session, Entry entry) {
  remove(session);
  by_login_.emplace(entry.login, session);
  if (!entry.account.contact_user.empty()) by_contact_[entry.account.contact_user] = session;
  entries_.emplace(session, std::move(entry));
}

void Accounts::remove(SessionId session) {
  const auto found = entries_.find(session);
  if (found == entries_.end()) return;
  set_registration(session, std::nullopt);
  by_contact_.erase(found->second.account.contact_user);
  const auto [first, last] = by_login_.equal_range(found->second.login);
  for (auto it = first; it != last; ++it) {
    if (it->second == session) {
      by_login_.erase(it);
      break;
    }
  }
  entries_.erase(found);
}

const Entry* Accounts::find(SessionId session) const {
  const auto found = entries_.find(session);
  return found == entries_.end() ? nullptr : &found->second;
}

void Accounts::set_registration(SessionId session,
                                std::optional<sip::RegistrationId> registration) {
  const auto found = entries_.find(session);
  if (found == entries_.end()) return;
  if (found->second.registration) by_registration_.erase(*found->second.registration);
  found->second.registration = registration;
  if (registration) by_registration_.emplace(*registration, session);
}

std::optional<SessionId> Accounts::session_of(sip::RegistrationId registration) const {
  const auto found = by_registration_.find(registration);
  if (found == by_registration_.end()) return std::nullopt;
  return found->second;
}

std::optional<SessionId> Accounts::session_at(std::string_view contact_user) const {
  const auto found = by_contact_.find(contact_user);
  if (found == by_contact_.end()) return std::nullopt;
  return found->second;
}

std::vector<SessionId> Accounts::at_home(std::string_view login) const {
  std::vector<SessionId> found;
  const auto [first, last] = by_login_.equal_range(login);
  for (auto it = first; it != last; ++it) {
    if (entries_.at(it->second).kind == call::AccountKind::kLocal) found.push_back(it->second);
  }
  std::sort(found.begin(), found.end(), [this](SessionId a, SessionId b) {
    return entries_.at(a).since > entries_.at(b).since;
  });
  return found;
}

std::optional<SessionId> Accounts::callee(std::string_view user, std::string_view domain) const {
  std::optional<SessionId> exact, by_user;
  const auto [first, last] = by_login_.equal_range(user);
  for (auto it = first; it != last; ++it) {
    const SessionId session = it->second;
    const Entry& entry = entries_.at(session);
    const bool is_trunk = entry.kind == call::AccountKind::kTrunk;
    if (is_trunk && (!by_user || *by_user < session)) by_user = session;
    const std::string& own = is_trunk ? entry.account.aor.host() : entry.domain;
    if (own == domain && (!exact || *exact < session)) exact = session;
  }
  return exact ? exact : by_user;
}

}  // namespace patchcord::legs

// SPDX-License-Identifier: GPL-3.0-or-later
#include "registrar/gatekeeper.h"

#include <algorithm>

#include "core/log.h"

namespace patchcord::registrar {
namespace {

using sip::Header;
using sip::Message;

constexpr std::string_view kNobody = "a password that no user has";

// A datagram's source may be forged: what goes there is no more than a quarter larger than what
// came.
bool may_be_sent(const Message& response, const Message& request, const sip::Target& from) {
  if (sip::is_reliable(from.transport)) return true;
  return response.text().size() * 4 <= request.text().size() * 5;
}

}  // namespace

sip::Admission Gatekeeper::check(const Message& request, As as, const sip::Target& from,
                                 MonoTime now) {
  using State = sip::DigestNonces::State;
  const auto given = given_in(request, as);
  if (!given) return challenge(request, as, Stale::kNo, from, now);
  const State state = nonces_.judge(given->nonce, from.address.ip(), now);
  if (state != State::kFresh) {
    return challenge(request, as, state == State::kOld ? Stale::kYes : Stale::kNo, from, now);
  }
  if (lockout_.is_locked(from.address.ip(), given->username, now)) {
    if (!throttle_.allows(from.address.ip(), now)) return sip::Silence{};
    return refuse(request, 403);
  }
  if (!is_right(*given, request)) {
    note_failure(*given, from, now);
    return challenge(request, as, Stale::kNo, from, now);
  }
  if (!nonces_.take(given->username, given->nonce, given->nc)) {
    return challenge(request, as, Stale::kYes, from, now);
  }
  lockout_.succeeded(from.address.ip(), given->username);
  return sip::Admit{given->username};
}

// Of several credentials, those for our realm.
std::optional<sip::Authorization> Gatekeeper::given_in(const Message& request, As as) const {
  const Header header = as == As::kProxy ? Header::kProxyAuthorization : Header::kAuthorization;
  for (const std::string_view value : request.all(header)) {
    auto given = sip::parse_authorization(value);
    if (given && given->realm == realm_) return given;
  }
  return std::nullopt;
}

bool Gatekeeper::is_offered(const sip::Authorization& given) const {
  const bool is_known =
      std::find(algorithms_.begin(), algorithms_.end(), given.algorithm) != algorithms_.end();
  return is_known && given.qop != sip::Qop::kAuthInt;
}

// The same work is done for a user who does not exist.
bool Gatekeeper::is_right(const sip::Authorization& given, const Message& request) const {
  if (!is_offered(given)) return false;
  const auto user = users_.find(given.username);
  const bool exists = user != users_.end() && !user->second.empty();
  const std::string ha1 = sip::digest_ha1(given.algorithm, given.username, realm_,
                                          exists ? std::string_view(user->second) : kNobody);
  const bool equal = sip::verify(given, {request.method_text(), request.request_uri(), {}}, ha1);
  return exists && equal && given.uri == request.request_uri();
}

void Gatekeeper::note_failure(const sip::Authorization& given, const sip::Target& from,
                              MonoTime now) {
  const std::string source = from.address.ip().to_string();
  log::warn("registrar.wrong_password", {{"source", source}, {"account", given.username}});
  if (lockout_.failed(from.address.ip(), given.username, now) == Lockout::Locked::kYes) {
    log::warn("registrar.locked", {{"source", source}, {"account", given.username}});
  }
}

sip::Admission Gatekeeper::challenge(const Message& request, As as, Stale stale,
                                     const sip::Target& from, MonoTime now) {
  if (!throttle_.allows(from.address.ip(), now)) return sip::Silence{};
  const bool is_proxy = as == As::kProxy;
  sip::Challenge challenge;
  challenge.realm = realm_;
  challenge.nonce = nonces_.issue(from.address.ip(), now);
  challenge.stale = stale == Stale::kYes;
  challenge.offers_auth = true;
  // If all of them do not fit, the last alone is better than no phone at all.
  for (size_t first = 0; first < algorithms_.size(); ++first) {
    sip::Builder builder = sip::make_response(request, is_proxy ? 407 : 401, {},
                                              sip::stateless_tag(request, tag_key_));
    for (size_t i = first; i < algorithms_.size(); ++i) {
      challenge.algorithm = algorithms_[i];
      builder.add(is_proxy ? Header::kProxyAuthenticate : Header::kWwwAuthenticate,
                  challenge.to_string());
    }
    auto response = builder.build();
    if (response && may_be_sent(*response, request, from)) {
      return sip::DomainAnswer{std::move(response).value()};
    }
  }
  return sip::Silence{};
}

sip::Admission Gatekeeper::refuse(const Message& request, int status) const {
  auto response =
      sip::make_response(request, status, {}, sip::stateless_tag(request, tag_key_)).build();
  if (!response) return sip::Silence{};
  return sip::DomainAnswer{std::move(response).value()};
}

}  // namespace patchcord::registrar

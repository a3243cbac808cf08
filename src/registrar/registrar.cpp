// SPDX-License-Identifier: GPL-3.0-or-later
#include "registrar/registrar.h"

#include <algorithm>
#include <array>

#include "core/log.h"
#include "registrar/register_request.h"
#include "sip/request_check.h"

namespace patchcord::registrar {
namespace {

using sip::Header;
using sip::Message;
using sip::Method;

constexpr ExpiryRules kExpiry{};
constexpr std::array kRegistrarMethods = {Method::kRegister};

sip::Uri uri_in(const Message& request, Header header) {
  return sip::address_of(request, header).value_or(sip::NameAddr()).uri;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

sip::Admission kept(sip::Builder builder) {
  auto response = builder.build();
  if (!response) return sip::Silence{};
  return sip::DomainAnswer{std::move(response).value(), sip::DomainAnswer::Keeping::kTransaction};
}

}  // namespace

Registrar::Registrar(RegistrarSettings settings, const Users& users, sip::Outside& outside,
                     Random& random)
    : domain_(std::move(settings.domain)),
      trust_(settings.trust),
      outside_(outside),
      gatekeeper_(domain_, std::move(settings.algorithms), users, random),
      tag_key_(random.u64()) {}

bool Registrar::is_ours(const sip::Uri& uri, const sip::Target& from) const {
  if (!uri.is_sip()) return false;
  if (equals_ignoring_case(uri.host(), domain_)) return true;
  const auto ip = uri.ip();
  return ip && *ip == outside_.local_address(from).ip();
}

// Whoever says that he is one of ours has to prove it. By address instead of by name only a phone
// may say so that has registered: else a SIP server beside us could not call in under its own.
bool Registrar::claims(const Message& request, const sip::Target& from, MonoTime now) const {
  if (request.is(Method::kRegister)) {
    const auto registrar = sip::Uri::parse(request.request_uri());
    return registrar && is_ours(*registrar, from);
  }
  if (request.is(Method::kAck) || request.is(Method::kCancel)) return false;
  const sip::Uri caller = uri_in(request, Header::kFrom);
  if (equals_ignoring_case(caller.host(), domain_)) return true;
  return is_ours(caller, from) && bindings_.has_flow(caller.user_text(), from, now);
}

sip::Admission Registrar::receive(const Message& request, const sip::Target& from, MonoTime now) {
  if (request.is(Method::kRegister)) return on_register(request, from, now);
  const std::string user = uri_in(request, Header::kFrom).user_text();
  const bool is_here = bindings_.has_flow(user, from, now);
  if (!request.is(Method::kInvite)) {
    if (is_here) return sip::Admit{user};
    return sip::Silence{};
  }
  if (is_here && trust_ == FlowTrust::kCalls) return sip::Admit{user};
  sip::Admission admission = gatekeeper_.check(request, Gatekeeper::As::kProxy, from, now);
  const auto* proved = std::get_if<sip::Admit>(&admission);
  if (proved && proved->user != user) return gatekeeper_.refuse(request, 403);
  return admission;
}

sip::Admission Registrar::on_register(const Message& request, const sip::Target& from,
                                      MonoTime now) {
  sip::Admission admission = gatekeeper_.check(request, Gatekeeper::As::kRegistrar, from, now);
  const auto* proved = std::get_if<sip::Admit>(&admission);
  if (!proved) return admission;
  const std::string& user = proved->user;
  const sip::Uri aor = uri_in(request, Header::kTo);
  if (aor.user_text() != user || !is_ours(aor, from)) return answer(request, 403);
  if (const auto refusal = sip::check_request(request, {kRegistrarMethods, {}, {}})) {
    return answer(request, refusal->status, refusal->header, refusal->value);
  }
  const RegisterRequest asked = read_register(request, from, kExpiry, now);
  if (const auto* refused = std::get_if<RefusedRegister>(&asked)) {
    if (refused->status != 423) return answer(request, refused->status);
    return answer(request, 423, Header::kMinExpires, std::to_string(kExpiry.shortest.count()));
  }
  Bindings::Wrote wrote = Bindings::Wrote::kYes;
  if (std::holds_alternative<ClearAll>(asked)) {
    wrote = bindings_.clear(user, request.call_id(), request.cseq());
  } else if (const auto* wanted = std::get_if<std::vector<Binding>>(&asked)) {
    wrote = bindings_.write(user, *wanted, now);
  }
  switch (wrote) {
    case Bindings::Wrote::kOutOfOrder:
      return answer(request, 500);
    case Bindings::Wrote::kFull:
      return answer(request, 403);
    case Bindings::Wrote::kYes:
      break;
  }
  return current(user, request, from, now);
}

sip::Admission Registrar::answer(const Message& request, int status, Header header,
                                 std::string_view value) const {
  sip::Builder builder =
      sip::make_response(request, status, {}, sip::stateless_tag(request, tag_key_));
  if (!value.empty()) builder.add(header, value);
  return kept(std::move(builder));
}

// "The response MUST contain Contact header field values enumerating all current bindings" (10.3).
sip::Admission Registrar::current(const std::string& user, const Message& request,
                                  const sip::Target& from, MonoTime now) const {
  sip::Builder builder =
      sip::make_response(request, 200, {}, sip::stateless_tag(request, tag_key_));
  const std::vector<Binding> bindings = bindings_.of(user, now);
  for (const Binding& binding : bindings) {
    sip::NameAddr contact{{}, binding.contact, {}};
    if (!binding.q.empty()) contact.params.set("q", binding.q);
    const auto left = std::chrono::ceil<std::chrono::seconds>(binding.expires - now);
    contact.params.set("expires", std::to_string(left.count()));
    builder.add(Header::kContact, contact);
  }
  log::info("registrar.registered", {{"user", user},
                                     {"from", from.address.to_string()},
                                     {"transport", sip::to_string(from.transport)},
                                     {"phones", bindings.size()}});
  return kept(std::move(builder));
}

std::vector<sip::Phone> Registrar::phones_of(std::string_view user, MonoTime now) const {
  std::vector<sip::Phone> phones;
  for (const Binding& binding : bindings_.of(user, now)) {
    phones.push_back({binding.contact, binding.flow, binding.since});
  }
  return phones;
}

}  // namespace patchcord::registrar

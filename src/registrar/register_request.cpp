// SPDX-License-Identifier: GPL-3.0-or-later
#include "registrar/register_request.h"

#include <algorithm>
#include <optional>

#include "sip/headers.h"

namespace patchcord::registrar {
namespace {

using std::chrono::seconds;

constexpr int kMalformed = 400;
constexpr int kTooBrief = 423;

// "If a Contact has an expires parameter, that; else the Expires header; else a local default"
// (10.3, step 6). A malformed one counts as absent.
seconds asked_for(const sip::NameAddr& contact, const sip::Message& request,
                  const ExpiryRules& rules) {
  auto number = sip::parse_number(contact.params.text("expires"));
  if (!number) number = sip::parse_number(request.header(sip::Header::kExpires));
  return number ? seconds(*number) : rules.usual;
}

RegisterRequest read_star(const sip::Message& request) {
  const bool is_alone = request.all(sip::Header::kContact).count() == 1;
  const auto expires = sip::parse_number(request.header(sip::Header::kExpires));
  if (!is_alone || expires != 0u) return RefusedRegister{kMalformed};
  return ClearAll{};
}

}  // namespace

RegisterRequest read_register(const sip::Message& request, const sip::Target& flow,
                              const ExpiryRules& rules, MonoTime now) {
  std::vector<Binding> wanted;
  for (const std::string_view value : request.all(sip::Header::kContact)) {
    if (sip::is_star(value)) return read_star(request);
    auto contact = sip::parse_name_addr(value);
    if (!contact || !contact->uri.is_sip()) return RefusedRegister{kMalformed};
    const seconds asked = asked_for(*contact, request, rules);
    if (asked.count() > 0 && asked < rules.shortest) return RefusedRegister{kTooBrief};
    contact->uri.clear_headers();
    wanted.push_back({.contact = contact->uri,
                      .flow = flow,
                      .instance = contact->params.text("+sip.instance"),
                      .q = contact->params.text("q"),
                      .call_id = std::string(request.call_id()),
                      .cseq = request.cseq(),
                      .expires = now + std::min(asked, rules.longest),
                      .since = now});
  }
  if (wanted.empty()) return Fetch{};
  return wanted;
}

}  // namespace patchcord::registrar

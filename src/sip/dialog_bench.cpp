// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/dialog_bench.h"

namespace patchcord::sip {

bool DialogBench::may_send_to(const Uri& next_hop) const {
  const auto query = resolve_query(next_hop);
  return query && policy.may_send_to &&
         policy.may_send_to(query->host, query->port, query->transport);
}

NameAddr DialogBench::contact_toward(TransactionId id, std::string_view user) const {
  const Target* target = transactions.target(id);
  const Target to = target ? *target : Target();
  return contact_at({to.transport, wire.local_address(to)}, user);
}

void DialogBench::respond(TransactionId id, const Message& request, Builder response,
                          std::string_view local_tag, MonoTime now) const {
  if (!config.product.empty()) response.add(Header::kServer, config.product);
  auto built = response.build();
  if (!built.ok()) built = make_response(request, 500, {}, local_tag).build();
  if (built.ok()) transactions.respond(id, *built, now);
}

std::string sdp_of(const Message& message) {
  const auto type = parse_parameterized(message.header(Header::kContentType));
  if (!type || type->value != "application/sdp") return {};
  return std::string(message.body());
}

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/request_draft.h"

#include "sip/builder.h"

namespace patchcord::sip {

namespace {

// RFC 3261 8.1.1.8: where the Request-URI or the first route is sips, so is the Contact.
NameAddr contact_for(const RequestDraft& draft, const Vantage& vantage) {
  NameAddr contact = contact_at(vantage, *draft.contact_user);
  const Uri& first = draft.routes.empty() ? draft.target : draft.routes.front().uri;
  const bool is_sips =
      first.scheme() == Uri::Scheme::kSips || draft.target.scheme() == Uri::Scheme::kSips;
  if (!is_sips) return contact;
  contact.uri.set_secure();
  contact.uri.params().remove("transport");
  return contact;
}

}  // namespace

NameAddr contact_at(const Vantage& vantage, std::string_view user) {
  NameAddr contact;
  contact.uri = Uri::sip(user, vantage.address);
  if (vantage.transport == TransportKind::kTcp) contact.uri.params().set("transport", "tcp");
  if (vantage.transport == TransportKind::kTls) contact.uri.params().set("transport", "tls");
  return contact;
}

Result<Message> print(const RequestDraft& draft, const Vantage& vantage, std::string_view branch,
                      std::string_view product) {
  Builder builder = Builder::request(draft.method, draft.target);
  Via via;
  via.transport = to_string(vantage.transport);
  via.host = vantage.address.ip().is_v6() ? '[' + vantage.address.ip().to_string() + ']'
                                          : vantage.address.ip().to_string();
  via.port = vantage.address.port();
  via.params.set_flag("rport");  // RFC 3581: behind a NAT the answer finds us
  via.params.set("branch", branch);
  builder.add(via);
  for (const NameAddr& route : draft.routes) builder.add(Header::kRoute, route);
  builder.add(Header::kMaxForwards, 70)
      .add(Header::kFrom, draft.from)
      .add(Header::kTo, draft.to)
      .add(Header::kCallId, draft.call_id)
      .add(CSeq{draft.cseq, std::string(method_name(draft.method))});
  if (draft.contact_user) {
    builder.add(Header::kContact, contact_for(draft, vantage).to_string() + draft.contact_params);
  }
  for (const ExtraHeader& extra : draft.headers) builder.add(extra.name, extra.value);
  if (!product.empty()) builder.add(Header::kUserAgent, product);
  if (!draft.body.empty()) builder.body(draft.content_type, draft.body);
  return builder.build();
}

}  // namespace patchcord::sip

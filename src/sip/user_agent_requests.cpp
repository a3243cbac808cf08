// SPDX-License-Identifier: GPL-3.0-or-later
// The part of UserAgent that receives requests: who may ask, what it belongs to, and the refusals
// that need no state. Outside a dialog only an INVITE that we take makes a transaction; everything
// else is answered from the request alone (RFC 3261 8.2.7), so a flood finds nothing to fill.
#include <strings.h>

#include <utility>

#include "sip/capabilities.h"
#include "sip/user_agent.h"

namespace patchcord::sip {

namespace {

constexpr size_t kMaxPassedHeaders = 32;

std::vector<ExtraHeader> x_headers(const Message& invite) {
  std::vector<ExtraHeader> found;
  for (size_t i = 0; i < invite.field_count() && found.size() < kMaxPassedHeaders; ++i) {
    const Message::Field field = invite.field(i);
    if (field.header != Header::kOther || strncasecmp(field.name.data(), "X-", 2) != 0) continue;
    found.push_back({std::string(field.name), std::string(field.value)});
  }
  return found;
}

Capabilities capabilities_for(Method method) {
  Capabilities ours = our_capabilities();
  if (method == Method::kInfo) ours.content_types = kInfoTypes;
  return ours;
}

}  // namespace

bool UserAgent::is_welcome(const Message& request, const Target& from) {
  if (next_hops_.contains(from.address.ip())) return true;
  if (policy_.may_call_us && policy_.may_call_us(from)) return true;
  if (is_of_an_invite(request, from)) return true;
  const auto dialog = dialogs_.find(dialog_of(request));
  return dialog != dialogs_.end() && dialog->second.is_peer(from.address.ip());
}

// The CANCEL of an INVITE that was let in, or the ACK of its failure: from where that came.
bool UserAgent::is_of_an_invite(const Message& request, const Target& from) const {
  if (!request.is(Method::kCancel) && !request.is(Method::kAck)) return false;
  const Target* caller = transactions_.target(transactions_.invite_of(request));
  return caller && caller->address.ip() == from.address.ip();
}

DialogId UserAgent::dialog_of(const Message& request) const {
  const std::string_view tag = to_tag(request);
  if (tag.empty()) return {};
  const auto it = dialogs_by_key_.find(dialog_key(request.call_id(), tag));
  if (it == dialogs_by_key_.end()) return {};
  const auto dialog = dialogs_.find(it->second);
  const bool is_its = dialog != dialogs_.end() && dialog->second.has_remote_tag(from_tag(request));
  return is_its ? it->second : DialogId();
}

void UserAgent::on_wrong_request(const Parsed& parsed, const Target& from) {
  if (!is_welcome(parsed.message, from)) return drops_.add(SipDrop::kUnknownSource);
  drops_.add(SipDrop::kMalformed);
  reply(parsed.message, from, parsed.status, parsed.reason);
}

void UserAgent::on_request(const Message& request, const Target& from, MonoTime now) {
  const bool is_for_domain =
      domain_ && to_tag(request).empty() && domain_->claims(request, from, now);
  if (!is_for_domain && !is_welcome(request, from)) return drops_.add(SipDrop::kUnknownSource);
  if (request.is(Method::kAck)) return on_ack(request, now);
  switch (transactions_.receive_request(request, now)) {
    case TransactionTable::Match::kAbsorbed:
      return;
    case TransactionTable::Match::kMerged:
      return reply(request, from, 482);
    case TransactionTable::Match::kNew:
      break;
  }
  if (request.is(Method::kCancel)) return on_cancel(request, from, now);
  if (is_for_domain) return on_domain_request(request, from, now);
  if (refuses(request, from)) return;
  if (!to_tag(request).empty()) {
    const DialogId id = dialog_of(request);
    return id == DialogId() ? reply(request, from, 481) : on_dialog_request(id, request, from, now);
  }
  if (request.is(Method::kInvite)) return on_call(request, from, {}, now);
  if (request.is(Method::kOptions)) return on_options(request, from);
  reply(request, from, 481);  // BYE, UPDATE, INFO: only in a dialog
}

// A request outside a dialog that is for the server of our own domain.
void UserAgent::on_domain_request(const Message& request, const Target& from, MonoTime now) {
  const Admission admission = domain_->receive(request, from, now);
  if (const auto* answer = std::get_if<DomainAnswer>(&admission)) {
    return give(*answer, request, from, now);
  }
  const auto* admitted = std::get_if<Admit>(&admission);
  if (!admitted) return drops_.add(SipDrop::kUnknownSource);
  if (refuses(request, from)) return;
  if (request.is(Method::kInvite)) return on_call(request, from, admitted->user, now);
  if (request.is(Method::kOptions)) return on_options(request, from);
  reply(request, from, 481);
}

void UserAgent::give(const DomainAnswer& answer, const Message& request, const Target& from,
                     MonoTime now) {
  if (answer.keeping == DomainAnswer::Keeping::kTransaction) {
    const TransactionId transaction = transactions_.accept(request, from, now);
    if (transaction == TransactionId()) return drops_.add(SipDrop::kFull);
    return transactions_.respond(transaction, answer.response, now);
  }
  wire_.send(response_target(request, from), answer.response.text());
}

void UserAgent::on_ack(const Message& ack, MonoTime now) {
  if (transactions_.receive_request(ack, now) == TransactionTable::Match::kAbsorbed) return;
  const DialogId id = dialog_of(ack);
  if (id == DialogId()) return drops_.add(SipDrop::kStray);
  with(id, now, [&](Dialog& d) { d.on_ack(ack, now); });
}

// RFC 3261 9.2: a CANCEL takes the way of its INVITE. The 200 has the To tag of the INVITE's
// answers.
void UserAgent::on_cancel(const Message& cancel, const Target& from, MonoTime now) {
  const auto it = invites_.find(transactions_.invite_of(cancel));
  const auto dialog = it == invites_.end() ? dialogs_.end() : dialogs_.find(it->second);
  const Target* way = it == invites_.end() ? nullptr : transactions_.target(it->first);
  const bool is_its = way && way->address.ip() == from.address.ip();
  if (dialog == dialogs_.end() || !is_its) return reply(cancel, from, 481);
  reply(cancel, from, make_response(cancel, 200, {}, dialog->second.local_tag()));
  if (dialog->second.invite_transaction() != it->first) return;
  with(dialog->first, now, [&](Dialog& d) { d.on_cancel(cancel, now); });
}

void UserAgent::on_dialog_request(DialogId id, const Message& request, const Target& from,
                                  MonoTime now) {
  const TransactionId transaction = transactions_.accept(request, from, now);
  if (transaction == TransactionId()) return drops_.add(SipDrop::kFull);
  if (request.is(Method::kInvite)) invites_[transaction] = id;
  with(id, now, [&](Dialog& d) {
    d.on_request(request, transaction, now);
    if (d.invite_transaction() != transaction) return;
    bench_.respond(transaction, request, make_response(request, 100), {}, now);
  });
}

void UserAgent::on_call(const Message& invite, const Target& from, std::string local_user,
                        MonoTime now) {
  if (asks_too_small_a_timer(invite, config_.min_se)) {
    const auto least = static_cast<uint32_t>(config_.min_se.count());
    Builder builder = make_response(invite, 422, {}, stateless_tag(invite, tag_key_));
    return reply(invite, from, std::move(builder.add(Header::kMinSe, least)));
  }
  auto state = DialogState::as_callee(invite, random_.token(12));
  if (!state) return reply(invite, from, 400, "Unusable Contact Or Record-Route");
  if (!local_user.empty()) state->set_flow(from);
  if (dialogs_.size() >= config_.max_dialogs || transactions_.is_full()) {
    drops_.add(SipDrop::kFull);
    return reply(invite, from, 503);
  }
  const TransactionId transaction = transactions_.accept(invite, from, now);
  transactions_.respond(transaction, *make_response(invite, 100).build(), now);
  const DialogId id(++last_id_);
  dialogs_by_key_[dialog_key(state->call_id(), state->local_tag())] = id;
  invites_[transaction] = id;
  dialogs_.try_emplace(id, bench_, id, std::move(*state), invite, transaction, now);
  settle(id, now);
  const auto caller = address_of(invite, Header::kFrom).value_or(NameAddr());
  const auto callee = address_of(invite, Header::kTo).value_or(NameAddr());
  events_.push(IncomingCall{.dialog = id,
                            .request_uri = Uri::parse(invite.request_uri()).value_or(Uri()),
                            .from = caller.uri,
                            .to = callee.uri,
                            .display_name = caller.display_name,
                            .call_id = std::string(invite.call_id()),
                            .sdp = sdp_of(invite),
                            .source = from,
                            .headers = x_headers(invite),
                            .local_user = std::move(local_user)});
}

void UserAgent::on_options(const Message& request, const Target& from) {
  Builder builder = make_response(request, 200, {}, stateless_tag(request, tag_key_));
  builder.add(Header::kAllow, our_allow())
      .add(Header::kSupported, our_supported())
      .add(Header::kAccept, token_list(kOfferTypes));
  reply(request, from, std::move(builder));
}

bool UserAgent::refuses(const Message& request, const Target& from) {
  const auto refusal = check_request(request, capabilities_for(request.method()));
  if (!refusal) return false;
  // A BYE ends the call whatever body it brings (statistics, mostly).
  if (request.is(Method::kBye) && refusal->status == 415) return false;
  Builder builder = make_response(request, refusal->status, {}, stateless_tag(request, tag_key_));
  builder.add(refusal->header, refusal->value);
  reply(request, from, std::move(builder));
  return true;
}

void UserAgent::reply(const Message& request, const Target& from, int status,
                      std::string_view phrase) {
  reply(request, from, make_response(request, status, phrase, stateless_tag(request, tag_key_)));
}

void UserAgent::reply(const Message& request, const Target& from, Builder response) {
  const auto built = response.build();
  if (built.ok()) wire_.send(response_target(request, from), built->text());
}

}  // namespace patchcord::sip

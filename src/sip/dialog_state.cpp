// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/dialog_state.h"

#include <algorithm>

namespace patchcord::sip {

namespace {

// A Contact that is not a SIP URI cannot be sent to.
std::optional<Uri> contact_of(const Message& message) {
  auto contact = address_of(message, Header::kContact);
  if (!contact || !contact->uri.is_sip()) return std::nullopt;
  contact->uri.clear_headers();
  return std::move(contact->uri);
}

bool all_sip(const std::vector<NameAddr>& routes) {
  return std::all_of(routes.begin(), routes.end(),
                     [](const NameAddr& route) { return route.uri.is_sip(); });
}

}  // namespace

std::optional<DialogState> DialogState::as_caller(const RequestDraft& invite, const Uri& next_hop,
                                                  const Message& response) {
  DialogState state;
  auto remote = address_of(response, Header::kTo);
  auto routes = addresses_of(response, Header::kRecordRoute);
  auto target = contact_of(response);
  if (!remote || !routes || !all_sip(*routes)) return std::nullopt;
  std::reverse(routes->begin(), routes->end());  // "taken in reverse order"
  state.call_id_ = invite.call_id;
  state.local_ = invite.from;
  state.remote_ = std::move(*remote);
  // A 2xx without a Contact breaks the RFC; the way the INVITE went is the best guess left (and not
  // the callee's domain, which is for the next hop to find).
  if (!target && routes->empty()) {
    routes->push_back(NameAddr{{}, next_hop, {}});
    routes->back().uri.params().set_flag("lr");
  }
  state.remote_target_ = target ? std::move(*target) : invite.target;
  state.route_set_ = std::move(*routes);
  state.local_cseq_ = invite.cseq;
  state.flow_ = invite.flow;
  return state;
}

std::optional<DialogState> DialogState::as_callee(const Message& invite,
                                                  std::string_view local_tag) {
  DialogState state;
  auto local = address_of(invite, Header::kTo);
  auto remote = address_of(invite, Header::kFrom);
  auto routes = addresses_of(invite, Header::kRecordRoute);
  auto target = contact_of(invite);
  if (!local || !remote || !routes || !all_sip(*routes)) return std::nullopt;
  if (!target && !remote->uri.is_sip()) return std::nullopt;
  local->params.set("tag", local_tag);
  state.call_id_ = invite.call_id();
  state.local_ = std::move(*local);
  // RFC 2543 callers send no Contact: their From is where they are (RFC 4475 3.4.1).
  state.remote_target_ = target ? std::move(*target) : remote->uri;
  state.remote_ = std::move(*remote);
  state.route_set_ = std::move(*routes);
  state.remote_cseq_ = invite.cseq();
  return state;
}

RequestDraft DialogState::request(Method method) {
  return draft(method, next_cseq());
}

RequestDraft DialogState::ack(uint32_t invite_cseq) const {
  return draft(Method::kAck, invite_cseq);
}

RequestDraft DialogState::draft(Method method, uint32_t cseq) const {
  RequestDraft draft;
  draft.method = method;
  draft.target = remote_target_;
  draft.routes = route_set_;
  if (!draft.routes.empty() && !draft.routes.front().uri.is_loose_router()) {
    // A strict router: it is the Request-URI, and the target becomes the last Route (12.2.1.1).
    draft.target = draft.routes.front().uri;
    draft.routes.erase(draft.routes.begin());
    draft.routes.push_back(NameAddr{{}, remote_target_, {}});
  }
  draft.from = local_;
  draft.to = remote_;
  draft.call_id = call_id_;
  draft.cseq = cseq;
  draft.flow = flow_;
  if (method == Method::kInvite || method == Method::kUpdate) draft.contact_user = contact_user_;
  return draft;
}

const Uri& DialogState::next_hop() const {
  return route_set_.empty() ? remote_target_ : route_set_.front().uri;
}

bool DialogState::names(const IpAddress& address) const {
  return remote_target_.ip() == address ||
         std::any_of(route_set_.begin(), route_set_.end(),
                     [&](const NameAddr& route) { return route.uri.ip() == address; });
}

bool DialogState::takes_cseq(uint32_t cseq) {
  if (remote_cseq_ && cseq < *remote_cseq_) return false;
  remote_cseq_ = cseq;
  return true;
}

void DialogState::take_counts(const DialogState& early) {
  local_cseq_ = early.local_cseq_;
  remote_cseq_ = early.remote_cseq_;
}

void DialogState::refresh_target(const Message& message) {
  if (auto target = contact_of(message)) remote_target_ = std::move(*target);
}

}  // namespace patchcord::sip

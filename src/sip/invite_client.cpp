// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/invite_client.h"

#include <utility>

#include "sip/capabilities.h"

namespace patchcord::sip {

const Uri& next_hop_of(const Account& account) {
  return account.outbound_proxy ? *account.outbound_proxy : account.aor;
}

std::vector<NameAddr> preloaded_route(const Account& account) {
  if (!account.outbound_proxy) return {};
  NameAddr route{{}, *account.outbound_proxy, {}};
  route.uri.params().set_flag("lr");
  return {std::move(route)};
}

Uri identity_of(Uri uri) {
  uri.set_port(0);
  uri.clear_headers();
  for (const char* name : {"transport", "maddr", "ttl", "lr", "method"}) uri.params().remove(name);
  return uri;
}

namespace {

RequestDraft draft_of(OutgoingCall call, Random& random) {
  RequestDraft draft;
  draft.method = Method::kInvite;
  draft.target = call.callee;
  draft.routes = preloaded_route(call.account);
  draft.flow = call.account.flow;
  draft.from = NameAddr{call.account.display_name, identity_of(call.account.aor), {}};
  draft.from.params.set("tag", random.token(12));
  draft.to = NameAddr{{}, identity_of(call.callee), {}};
  draft.call_id = call.call_id.empty() ? random.token(24) : std::move(call.call_id);
  draft.cseq = 1 + random.below(1000);
  draft.contact_user = call.account.aor.user_text();
  draft.headers = std::move(call.headers);
  draft.headers.push_back({"Allow", our_allow()});
  draft.headers.push_back({"Supported", our_supported()});
  if (!call.sdp.empty()) draft.content_type = "application/sdp";
  draft.body = std::move(call.sdp);
  return draft;
}

}  // namespace

InviteClient::InviteClient(const DialogBench& bench, DialogId id, OutgoingCall call, MonoTime now)
    : bench_(bench), id_(id), next_hop_(next_hop_of(call.account)), auth_(call.account) {
  draft_ = draft_of(std::move(call), bench_.random);
  redirection_.begin(draft_.target);
  send(now);
}

void InviteClient::send(MonoTime now) {
  RequestDraft signed_draft = draft_;
  auth_.sign(signed_draft, bench_.random);
  request_ = bench_.requests.send(std::move(signed_draft), next_hop_, id_, now);
}

InviteClient::Outcome InviteClient::on_answer(const Message& response, MonoTime now) {
  const int status = response.status();
  if (status < 200) return on_provisional(response, now);
  if (status < 300) return on_success(response, now);
  if (state_) return {};  // another fork failed after one had answered
  // A challenge that crossed our cancel is the end of a call nobody wants any more.
  if (is_cancelled_) return {News::kFailed};
  if ((status == 401 || status == 407) &&
      auth_.challenged(response, AccountAuth::Request::kOpening)) {
    send_again(now);
    return {};
  }
  if (status < 600 && follow_redirection(response, now)) return {};  // 6xx: nowhere else either
  return {News::kFailed};
}

// RFC 3261 22.2, 8.1.3.4: the same Call-ID, To and From, the next CSeq.
void InviteClient::send_again(MonoTime now) {
  ++draft_.cseq;
  early_.clear();
  send(now);
}

bool InviteClient::follow_redirection(const Message& response, MonoTime now) {
  if (response.status() < 400) redirection_.take(response, bench_);
  const auto step = redirection_.next();
  if (!step) return false;
  if (step->is_proxy) {
    next_hop_ = step->uri;
    draft_.routes.clear();
    auth_ = AccountAuth();  // the password is for the account's own server
  } else {
    draft_.target = step->uri;
    auth_.begin();
  }
  send_again(now);
  return true;
}

InviteClient::Outcome InviteClient::on_provisional(const Message& response, MonoTime now) {
  if (state_) return {};
  if (response.status() == 100) {
    if (std::exchange(has_tried_, true)) return {};
    return {News::kTrying};
  }
  EarlyDialogs::News news = early_.take(draft_, next_hop_, response);
  if (news.prack) send_prack(std::move(*news.prack), now);
  if (!news.sdp.empty()) return {News::kEarly, std::move(news.sdp)};
  if (!news.is_ringing || std::exchange(last_ringing_, response.status()) == response.status()) {
    return {};
  }
  return {News::kRinging};
}

void InviteClient::send_prack(Prack prack, MonoTime now) {
  RequestDraft draft = prack.draft;
  auth_.sign(draft, bench_.random);
  const RequestId request = bench_.requests.send(std::move(draft), prack.next_hop, id_, now);
  pracks_.emplace(request, std::move(prack));
}

void InviteClient::on_prack_answer(RequestId request, const Message& response, MonoTime now) {
  const int status = response.status();
  if (status < 200) return;
  Prack prack = std::move(pracks_.extract(request).mapped());
  EarlyDialog* dialog = early_.find(prack.tag);
  const bool is_challenge = status == 401 || status == 407;
  if (!dialog || !is_challenge || !auth_.challenged(response, AccountAuth::Request::kInDialog)) {
    return;
  }
  prack.draft.cseq = dialog->state.next_cseq();
  send_prack(std::move(prack), now);
}

InviteClient::Outcome InviteClient::on_success(const Message& response, MonoTime now) {
  std::string tag(to_tag(response));
  if (const auto known = acks_.find(tag); known != acks_.end()) {
    bench_.requests.repeat(known->second);  // "an ACK for each repetition" (13.2.2.4)
    return {};
  }
  if (acks_.size() >= kMaxForks) return {};
  if (state_ || answer_) {
    end_stray_fork(response, tag, now);
    return {};
  }
  state_ = DialogState::as_caller(draft_, next_hop_, response);
  if (!state_) return {News::kFailed};
  state_->set_contact_user(draft_.contact_user.value_or(""));
  answer_ = response;
  const std::optional<EarlyDialog> early = early_.extract(tag);
  if (early) state_->take_counts(early->state);
  RequestDraft ack = state_->ack(draft_.cseq);
  auth_.sign(ack, bench_.random);  // 22.1: the ACK carries what the INVITE carried
  acks_[tag] = bench_.requests.send(std::move(ack), state_->next_hop(), id_, now);
  std::string sdp = sdp_of(response);
  // RFC 3261 13.2.1: the first answer stands, once it came reliably.
  if (early && (sdp.empty() || early->is_agreed)) sdp = early->sdp;
  return {News::kAnswered, std::move(sdp), early && early->is_peers_offer};
}

void InviteClient::end_stray_fork(const Message& response, const std::string& tag, MonoTime now) {
  auto stray = DialogState::as_caller(draft_, next_hop_, response);
  if (!stray) return;
  acks_[tag] = bench_.requests.send(stray->ack(draft_.cseq), stray->next_hop(), id_, now);
  bench_.requests.send(stray->request(Method::kBye), stray->next_hop(), {}, now);
}

void InviteClient::close(MonoTime now) {
  if (answer_) {
    bench_.requests.release(request_);  // for a late 2xx of another fork
  } else {
    bench_.requests.abandon(request_, now);
  }
  for (const auto& [tag, ack] : acks_) bench_.requests.abandon(ack, now);
  for (const auto& [request, prack] : pracks_) bench_.requests.abandon(request, now);
}

}  // namespace patchcord::sip

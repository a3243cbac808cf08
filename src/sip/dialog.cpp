// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/dialog.h"

#include <algorithm>
#include <utility>

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

ReofferClient::CallIdOwner owner_of(bool is_ours) {
  return is_ours ? ReofferClient::CallIdOwner::kUs : ReofferClient::CallIdOwner::kPeer;
}

}  // namespace

Dialog::Dialog(const DialogBench& bench, DialogId id, OutgoingCall call, MonoTime now)
    : bench_(bench),
      id_(id),
      phase_(Phase::kCalling),
      local_sdp_(call.sdp),
      reoffer_(bench, owner_of(true)),
      answer_by_(now + bench.config.max_ringing) {
  client_.emplace(bench_, id_, std::move(call), now);
  call_id_ = client_->call_id();
  local_tag_ = client_->local_tag();
}

Dialog::Dialog(const DialogBench& bench, DialogId id, DialogState state, const Message& invite,
               TransactionId transaction, MonoTime now)
    : bench_(bench),
      id_(id),
      phase_(Phase::kOffered),
      call_id_(state.call_id()),
      local_tag_(state.local_tag()),
      state_(std::move(state)),
      remote_sdp_(sdp_of(invite)),
      reoffer_(bench, owner_of(false)),
      peer_has_update_(lists_token(invite, Header::kAllow, "UPDATE")),
      answer_by_(now + bench.config.max_ringing) {
  server_.emplace(bench_, transaction, invite, local_tag_);
  sources_.insert(invite.source().ip());
  contact_user_ = server_->contact_user();
  state_.set_contact_user(contact_user_);
}

// ---- commands

void Dialog::ring(MonoTime now) {
  if (phase_ == Phase::kOffered) server_->provisional(180, {}, now);
}

void Dialog::progress(std::string sdp, MonoTime now) {
  if (phase_ != Phase::kOffered) return;
  if (!server_->is_agreed()) local_sdp_ = std::move(sdp);
  server_->provisional(183, local_sdp_, now);
}

void Dialog::answer(std::string sdp, MonoTime now) {
  if (phase_ != Phase::kOffered) return;
  if (server_->must_wait()) {
    answer_after_prack_ = std::move(sdp);
    return;
  }
  if (!server_->is_agreed()) local_sdp_ = std::move(sdp);
  server_->accept(local_sdp_, session_timer_.accept(server_->invite(), now), now);
  phase_ = Phase::kUp;
  answer_by_ = kNever;
}

void Dialog::reject(int status, std::string_view phrase, MonoTime now) {
  if (phase_ == Phase::kOffered) refuse_call(status, phrase, {}, now);
}

void Dialog::refuse_call(int status, std::string_view phrase, const std::string& reason,
                         MonoTime now) {
  const int legal = status >= 300 && status <= 699 ? status : 480;
  std::vector<ExtraHeader> lines;
  if (!reason.empty()) lines.push_back({"Reason", reason});
  server_->refuse(legal, phrase, lines, now);
  tell_ended(EndedBy::kLocal, legal, phrase, nullptr);
  phase_ = Phase::kGone;
}

void Dialog::hangup(const Hangup& how, MonoTime now) {
  const auto given = parse_reason(how.reason);
  const std::string reason = given ? given->to_string() : std::string();
  switch (phase_) {
    case Phase::kCalling:
      client_->cancel(reason, now);
      tell_ended(EndedBy::kLocal, 487, {}, nullptr);
      phase_ = Phase::kEnding;
      break;
    case Phase::kOffered:
      refuse_call(how.status, {}, reason, now);
      break;
    case Phase::kUp:
      tell_ended(EndedBy::kLocal, 200, {}, nullptr);
      end_with_bye(reason, now);
      break;
    case Phase::kEnding:
    case Phase::kGone:
      break;
  }
}

void Dialog::reoffer(std::string sdp, MonoTime now) {
  if (phase_ != Phase::kUp) return;
  start_reoffer({.sdp = std::move(sdp), .lines = session_timer_.refresh_lines()}, now);
}

void Dialog::send_info(std::string content_type, std::string body, MonoTime now) {
  if (phase_ != Phase::kUp) return;
  auth_.begin();
  send_plain({Method::kInfo, {}, std::move(content_type), std::move(body)}, now);
}

// ---- time, and what the network does by itself

void Dialog::on_server_failed(MonoTime now) {
  if (phase_ == Phase::kOffered) {
    tell_ended(EndedBy::kNetwork, 503, {}, nullptr);
    phase_ = Phase::kGone;
  } else if (server_ && server_->state() == InviteServer::State::kPending) {
    drop_offer(500, now);
  }
}

void Dialog::on_time(MonoTime now) {
  if (now >= answer_by_) {
    answer_by_ = kNever;
    on_no_final_answer(now);
  }
  if (server_) on_server_timeout(server_->on_time(now), now);
  if (is_offer_of_peer_open()) reoffer_.wait_until(now + 500ms);
  reoffer_.on_time(side(), now);
  if (phase_ != Phase::kUp) return;
  if (session_timer_.is_expired(now)) {
    tell_missing(Missing::kRefresh, 408, "Session Not Refreshed");
    end_with_bye("SIP;cause=408;text=\"Session timer\"", now);
  } else if (session_timer_.is_refresh_due(now)) {
    refresh_session(now);
  }
}

// Of our INVITE, of the owner to the peer's, or of the owner to an offer of the peer.
void Dialog::on_no_final_answer(MonoTime now) {
  switch (phase_) {
    case Phase::kCalling:
      client_->cancel({}, now);
      tell_missing(Missing::kAnswer, 408, "Not Answered In Time");
      phase_ = Phase::kEnding;
      break;
    case Phase::kOffered:
      server_->refuse(480, {}, {}, now);
      tell_missing(Missing::kAnswer, 480, {});
      phase_ = Phase::kGone;
      break;
    default:
      drop_offer(500, now);
  }
}

void Dialog::on_server_timeout(InviteServer::Timeout timeout, MonoTime now) {
  switch (timeout) {
    case InviteServer::Timeout::kNone:
      break;
    case InviteServer::Timeout::kNoAck:
      tell_missing(Missing::kAck, 408, "No ACK For Our 200");
      end_with_bye(bye_after_ack_.value_or(""), now);
      break;
    case InviteServer::Timeout::kNoPrack:  // RFC 3262 3: "reject ... with a 5xx response"
      server_->refuse(504, "No PRACK", {}, now);
      tell_missing(Missing::kPrack, 504, "No PRACK");
      phase_ = Phase::kGone;
      break;
  }
}

MonoTime Dialog::deadline() const {
  if (phase_ == Phase::kGone) return kNever;
  MonoTime next = std::min(answer_by_, reoffer_.deadline());
  if (server_) next = std::min(next, server_->deadline());
  return phase_ == Phase::kUp ? std::min(next, session_timer_.deadline()) : next;
}

TransactionId Dialog::invite_transaction() const {
  const bool is_open = server_ && server_->state() == InviteServer::State::kPending;
  return is_open ? server_->transaction() : TransactionId();
}

void Dialog::close(MonoTime now) {
  drop_offer(487, now);
  if (client_) client_->close(now);
  reoffer_.close(now);
  for (const auto& [request, plain] : plain_) bench_.requests.abandon(request, now);
}

// ---- inside

void Dialog::go_up(DialogState state, MonoTime now) {
  state_ = std::move(state);
  // An UPDATE of the dialog that answered goes on; one of another has lost its dialog.
  if (update_ && from_tag(update_->request) != state_.remote_tag()) drop_offer(481, now);
  if (phase_ == Phase::kCalling) phase_ = Phase::kUp;
  answer_by_ = kNever;
  is_acknowledged_ = true;
}

void Dialog::end_with_bye(std::string reason, MonoTime now) {
  drop_offer(487, now);
  phase_ = Phase::kEnding;
  answer_by_ = kNever;
  // RFC 3261 15: "the callee's UA MUST NOT send a BYE on a confirmed dialog until it has received
  // an ACK for its 2xx response or until the server transaction times out".
  if (server_ && server_->state() == InviteServer::State::kAnswered) {
    bye_after_ack_ = std::move(reason);
    return;
  }
  PlainRequest bye;
  if (!reason.empty()) bye.headers.push_back({"Reason", std::move(reason)});
  auth_.begin();
  send_plain(std::move(bye), now);
}

void Dialog::send_plain(PlainRequest plain, MonoTime now) {
  RequestDraft draft = state_.request(plain.method);
  draft.headers = plain.headers;
  draft.content_type = plain.content_type;
  draft.body = plain.body;
  auth_.sign(draft, bench_.random);
  const RequestId request = bench_.requests.send(std::move(draft), state_.next_hop(), id_, now);
  plain_.emplace(request, std::move(plain));
}

void Dialog::start_reoffer(ReofferClient::Plan plan, MonoTime now) {
  if (reoffer_.is_busy() || is_offer_of_peer_open()) {
    if (plan.purpose == ReofferClient::Purpose::kOwner) next_reoffer_ = std::move(plan.sdp);
    return;
  }
  reoffer_.start(std::move(plan), side(), now);
}

void Dialog::refresh_session(MonoTime now) {
  session_timer_.refresh_later(now + 10s);  // if it cannot be done now, or does not succeed
  ReofferClient::Plan plan{.purpose = ReofferClient::Purpose::kRefresh,
                           .sdp = {},
                           .lines = session_timer_.refresh_lines()};
  if (peer_has_update_) {
    plan.method = Method::kUpdate;
  } else {
    plan.sdp = local_sdp_;
  }
  start_reoffer(std::move(plan), now);
}

void Dialog::tell_unanswered(const NoAnswer& why) {
  tell_end({.dialog = id_,
            .by = why.status == 408 ? EndedBy::kTimeout : EndedBy::kNetwork,
            .status = why.status,
            .phrase = std::string(why.phrase),
            .unanswered = why.cause,
            .detail = why.detail},
           nullptr);
}

void Dialog::tell_ended(EndedBy by, int status, std::string_view phrase, const Message* message) {
  tell_end({.dialog = id_, .by = by, .status = status, .phrase = std::string(phrase)}, message);
}

void Dialog::tell_missing(Missing what, int status, std::string_view phrase,
                          const Message* message) {
  tell_end({.dialog = id_,
            .by = EndedBy::kTimeout,
            .status = status,
            .phrase = std::string(phrase),
            .missing = what},
           message);
}

void Dialog::tell_end(Ended ended, const Message* message) {
  if (std::exchange(has_told_end_, true)) return;
  if (message) {
    ended.reason = message->header(Header::kReason);
    ended.warning = message->header(Header::kWarning);
    const auto pause = parse_retry_after(message->header(Header::kRetryAfter));
    if (pause) ended.retry_after = std::chrono::seconds(pause->seconds);
  }
  tell(std::move(ended));
}

}  // namespace patchcord::sip

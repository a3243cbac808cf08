// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/dialog.h"

#include <algorithm>
#include <utility>

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;
using News = InviteClient::News;

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
  contact_user_ = server_->contact_user();
  state_.set_contact_user(contact_user_);
}

// ---- commands

void Dialog::ring(MonoTime now) {
  if (phase_ == Phase::kOffered) server_->provisional(180, {}, now);
}

void Dialog::progress(std::string sdp, MonoTime now) {
  if (phase_ != Phase::kOffered) return;
  local_sdp_ = std::move(sdp);
  server_->provisional(183, local_sdp_, now);
}

void Dialog::answer(std::string sdp, MonoTime now) {
  if (phase_ != Phase::kOffered) return;
  local_sdp_ = std::move(sdp);
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

// ---- arrivals

void Dialog::on_answer(RequestId request, const Message& response, const Target& from,
                       MonoTime now) {
  if (client_ && client_->owns(request)) {
    on_invite_answer(response, from, now);
  } else if (reoffer_.owns(request)) {
    on_reoffer_news(reoffer_.on_answer(response, side(), now), &response, now);
  } else if (plain_.contains(request) && response.status() >= 200) {
    on_plain_answer(request, response, now);
  }
}

void Dialog::on_invite_answer(const Message& response, const Target& from, MonoTime now) {
  InviteClient::Outcome outcome = client_->on_answer(response, now);
  const bool is_calling = phase_ == Phase::kCalling;
  switch (outcome.news) {
    case News::kNone:
      break;
    case News::kTrying:
      if (is_calling) tell(Trying{id_});
      break;
    case News::kRinging:
      if (is_calling) tell(Ringing{id_, response.status()});
      break;
    case News::kEarly:
      if (is_calling) tell(EarlyMedia{id_, response.status(), std::move(outcome.sdp)});
      break;
    case News::kAnswered:
      go_up(client_->take_state());
      auth_ = client_->auth();
      peer_has_update_ = lists_token(response, Header::kAllow, "UPDATE");
      session_timer_.agreed(response, now);
      remote_sdp_ = outcome.sdp;
      if (is_calling) {
        tell(Answered{id_, std::move(outcome.sdp), from});
      } else {  // it crossed our CANCEL (RFC 5407 3.1.2): the ACK is sent, now the BYE
        end_with_bye({}, now);
      }
      break;
    case News::kFailed:
      on_invite_failed(response, now);
      break;
  }
}

void Dialog::on_invite_failed(const Message& response, MonoTime) {
  tell_ended(EndedBy::kRemote, response.status(), response.reason(), &response);
  phase_ = Phase::kGone;
}

void Dialog::on_no_answer(RequestId request, const NoAnswer& why, MonoTime now) {
  if (client_ && client_->owns(request) &&
      (phase_ == Phase::kCalling || (phase_ == Phase::kEnding && plain_.empty()))) {
    tell_unanswered(why);
    phase_ = Phase::kGone;
  } else if (reoffer_.owns(request)) {
    on_reoffer_news(reoffer_.on_no_answer(why), nullptr, now);
  } else if (plain_.erase(request) > 0 && phase_ == Phase::kEnding && plain_.empty()) {
    phase_ = Phase::kGone;
  }
}

// The next hop says nothing to the INVITE. What it may still say is seen to while Ending.
void Dialog::on_silence(RequestId request, MonoTime now) {
  if (!client_ || !client_->owns(request) || phase_ != Phase::kCalling) return;
  client_->cancel({}, now);
  tell_unanswered({408, "No Answer From Peer", Unanswered::kTimeout, {}});
  phase_ = Phase::kEnding;
  answer_by_ = kNever;
}

void Dialog::on_plain_answer(RequestId request, const Message& response, MonoTime now) {
  PlainRequest plain = std::move(plain_.extract(request).mapped());
  const int status = response.status();
  if ((status == 401 || status == 407) &&
      auth_.challenged(response, AccountAuth::Request::kInDialog)) {
    send_plain(std::move(plain), now);
    return;
  }
  if (phase_ == Phase::kEnding) {
    if (plain_.empty()) phase_ = Phase::kGone;
  } else if (status == 481) {  // 12.2.1.2: the peer has no such dialog
    tell_ended(EndedBy::kRemote, status, response.reason(), &response);
    end_with_bye({}, now);
  }
}

void Dialog::on_reoffer_news(ReofferClient::News news, const Message* response, MonoTime now) {
  if (news == ReofferClient::News::kNone || phase_ != Phase::kUp) return;
  const bool is_owners = reoffer_.plan().purpose == ReofferClient::Purpose::kOwner;
  if (news == ReofferClient::News::kDialogGone) {
    tell_ended(EndedBy::kTimeout, response ? response->status() : 408, {}, response);
    return end_with_bye({}, now);
  }
  if (news == ReofferClient::News::kAccepted) {
    session_timer_.agreed(*response, now);
    std::string sdp = sdp_of(*response);
    if (!reoffer_.plan().sdp.empty()) local_sdp_ = reoffer_.plan().sdp;
    const bool is_changed = !sdp.empty() && sdp != remote_sdp_;
    if (!sdp.empty()) remote_sdp_ = sdp;
    if (is_owners || is_changed) tell(ReofferAnswered{id_, std::move(sdp)});
  } else if (is_owners) {
    tell(ReofferRefused{id_, response ? response->status() : 487});
  }
  if (next_reoffer_) reoffer(*std::exchange(next_reoffer_, std::nullopt), now);
}

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
    if (phase_ == Phase::kCalling) {
      client_->cancel({}, now);
      tell_ended(EndedBy::kTimeout, 408, "Not Answered In Time", nullptr);
      phase_ = Phase::kEnding;
    } else if (phase_ == Phase::kOffered) {
      server_->refuse(480, {}, {}, now);
      tell_ended(EndedBy::kTimeout, 480, {}, nullptr);
      phase_ = Phase::kGone;
    } else {
      drop_offer(500, now);
    }
  }
  if (server_ && server_->on_time(now) == InviteServer::Timeout::kNoAck) {
    tell_ended(EndedBy::kTimeout, 408, "No ACK For Our 200", nullptr);
    end_with_bye(bye_after_ack_.value_or(""), now);
  }
  if (is_offer_of_peer_open()) reoffer_.wait_until(now + 500ms);
  reoffer_.on_time(side(), now);
  if (phase_ != Phase::kUp) return;
  if (session_timer_.is_expired(now)) {
    tell_ended(EndedBy::kTimeout, 408, "Session Not Refreshed", nullptr);
    end_with_bye("SIP;cause=408;text=\"Session timer\"", now);
  } else if (session_timer_.is_refresh_due(now)) {
    refresh_session(now);
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
  if (client_) client_->close(now);
  reoffer_.close(now);
  for (const auto& [request, plain] : plain_) bench_.requests.abandon(request, now);
}

// ---- inside

void Dialog::go_up(DialogState state) {
  state_ = std::move(state);
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
  if (std::exchange(has_told_end_, true)) return;
  tell(Ended{.dialog = id_,
             .by = why.status == 408 ? EndedBy::kTimeout : EndedBy::kNetwork,
             .status = why.status,
             .phrase = std::string(why.phrase),
             .reason = {},
             .warning = {},
             .unanswered = why.cause,
             .detail = why.detail});
}

void Dialog::tell_ended(EndedBy by, int status, std::string_view phrase, const Message* message) {
  if (std::exchange(has_told_end_, true)) return;
  Ended ended{.dialog = id_,
              .by = by,
              .status = status,
              .phrase = std::string(phrase),
              .reason = {},
              .warning = {}};
  if (message) {
    ended.reason = message->header(Header::kReason);
    ended.warning = message->header(Header::kWarning);
  }
  tell(std::move(ended));
}

}  // namespace patchcord::sip

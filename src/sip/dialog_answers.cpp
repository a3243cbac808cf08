// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Dialog that takes the answers to our own requests.
#include <utility>

#include "sip/dialog.h"

namespace patchcord::sip {

void Dialog::on_answer(RequestId request, const Message& response, const Target& from,
                       MonoTime now) {
  if (sources_.size() < kMaxSources) sources_.insert(from.address.ip());
  if (client_ && client_->owns(request)) {
    on_invite_answer(response, from, now);
  } else if (reoffer_.owns(request)) {
    on_reoffer_news(reoffer_.on_answer(response, side(), now), &response, now);
  } else if (client_ && client_->owns_prack(request)) {
    client_->on_prack_answer(request, response, now);
  } else if (plain_.contains(request) && response.status() >= 200) {
    on_plain_answer(request, response, now);
  }
}

void Dialog::on_invite_answer(const Message& response, const Target& from, MonoTime now) {
  InviteClient::Outcome outcome = client_->on_answer(response, now);
  const bool is_calling = phase_ == Phase::kCalling;
  using News = InviteClient::News;
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
      if (is_calling) tell(EarlyMedia{id_, response.status(), std::move(outcome.sdp), from});
      break;
    case News::kAnswered:
      on_invite_answered(std::move(outcome), response, from, now);
      break;
    case News::kFailed:
      on_invite_failed(response);
      break;
  }
}

void Dialog::on_invite_answered(InviteClient::Outcome outcome, const Message& response,
                                const Target& from, MonoTime now) {
  const bool is_calling = phase_ == Phase::kCalling;
  go_up(client_->take_state(), now);
  auth_ = client_->auth();
  peer_has_update_ = lists_token(response, Header::kAllow, "UPDATE");
  session_timer_.agreed(response, now);
  remote_sdp_ = outcome.sdp;
  if (!is_calling) return end_with_bye({}, now);  // it crossed our CANCEL (RFC 5407 3.1.2)
  if (outcome.is_settled) outcome.sdp.clear();
  tell(Answered{id_, std::move(outcome.sdp), outcome.is_settled, from});
}

void Dialog::on_invite_failed(const Message& response) {
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
  } else if (client_ && client_->owns_prack(request)) {
    client_->on_prack_failed(request);
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
    tell_missing(Missing::kRefresh, status, response.reason(), &response);
    end_with_bye({}, now);
  }
}

void Dialog::on_reoffer_news(ReofferClient::News news, const Message* response, MonoTime now) {
  if (news == ReofferClient::News::kNone || phase_ != Phase::kUp) return;
  const bool is_owners = reoffer_.plan().purpose == ReofferClient::Purpose::kOwner;
  if (news == ReofferClient::News::kDialogGone) {
    tell_missing(Missing::kRefresh, response ? response->status() : 408, {}, response);
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
  } else if (response && session_timer_.is_raised_by(*response)) {  // 422: RFC 4028 7.4
    refresh_session(now);
  }
  if (next_reoffer_) reoffer(*std::exchange(next_reoffer_, std::nullopt), now);
}

}  // namespace patchcord::sip

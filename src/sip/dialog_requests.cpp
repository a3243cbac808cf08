// SPDX-License-Identifier: GPL-3.0-or-later
// The part of Dialog that answers requests of the peer inside the dialog.
#include <utility>

#include "sip/capabilities.h"
#include "sip/dialog.h"
#include "sip/info_digit.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

constexpr int kMaxOffersPerSecond = 5;
constexpr Duration kOfferPatience = 30s;  // for the owner's answer to a re-INVITE or UPDATE

}  // namespace

bool Dialog::has_remote_tag(std::string_view tag) const {
  switch (phase_) {
    case Phase::kCalling:
      return client_->has_early(tag);
    case Phase::kGone:
      return false;
    default:
      return tag == state_.remote_tag();
  }
}

bool Dialog::is_peer(const IpAddress& source) const {
  return sources_.contains(source) || state_.names(source);
}

void Dialog::on_request(const Message& request, TransactionId transaction, MonoTime now) {
  if (phase_ == Phase::kCalling) return on_early_request(request, transaction, now);
  if (!state_.takes_cseq(request.cseq())) return reply(request, transaction, 500, now);
  if (request.is(Method::kBye)) return on_bye(request, transaction, now);
  if (phase_ == Phase::kEnding) return reply(request, transaction, 481, now);
  switch (request.method()) {
    case Method::kInvite:
      return on_reinvite(request, transaction, now);
    case Method::kUpdate:
      return on_update(request, transaction, now);
    case Method::kInfo:
      return on_info(request, transaction, now);
    case Method::kPrack:
      return on_prack(request, transaction, now);
    default:  // OPTIONS; the user agent lets no other method through
      return reply(request, transaction, 200, now);
  }
}

// In a dialog that is not confirmed to us the callee may change the session by UPDATE, and no more:
// "The callee's UA MUST NOT send a BYE on an early dialog" (RFC 3261 15).
void Dialog::on_early_request(const Message& request, TransactionId transaction, MonoTime now) {
  EarlyDialog* early = client_->early(from_tag(request));
  if (!early->state.takes_cseq(request.cseq())) return reply(request, transaction, 500, now);
  if (request.is(Method::kOptions)) return reply(request, transaction, 200, now);
  if (!request.is(Method::kUpdate)) return reply(request, transaction, 481, now);
  if (sdp_of(request).empty()) {
    early->state.refresh_target(request);
    return reply(request, transaction, 200, now);
  }
  if (!early->is_agreed) return reply(request, transaction, 491, now);  // RFC 3311 5.2
  if (update_ || is_too_often(now)) return reply(request, transaction, 500, now);
  take_offer(request, transaction, now);
}

void Dialog::on_prack(const Message& prack, TransactionId transaction, MonoTime now) {
  if (!server_ || !server_->on_prack(prack, now)) return reply(prack, transaction, 481, now);
  const std::string sdp = sdp_of(prack);
  if (sdp.empty() || sdp == remote_sdp_) {
    reply(prack, transaction, 200, now);
  } else if (!server_->is_agreed() || update_ || is_too_often(now)) {
    reply(prack, transaction, 488, now);
  } else {
    take_offer(prack, transaction, now);
  }
  if (answer_after_prack_) answer(*std::exchange(answer_after_prack_, std::nullopt), now);
}

void Dialog::on_ack(const Message& ack, MonoTime now) {
  if (!server_ || !server_->on_ack(ack)) return;
  const bool was_asked_to_offer = sdp_of(server_->invite()).empty();
  confirm(was_asked_to_offer ? sdp_of(ack) : std::string());
  if (bye_after_ack_) {
    end_with_bye(*std::exchange(bye_after_ack_, std::nullopt), now);
  } else if (next_reoffer_ && phase_ == Phase::kUp) {
    reoffer(*std::exchange(next_reoffer_, std::nullopt), now);
  }
}

// The peer has our 200. `sdp`: its answer, where we offered.
void Dialog::confirm(std::string sdp) {
  server_.reset();
  const bool is_changed = !sdp.empty() && sdp != remote_sdp_;
  if (!sdp.empty()) remote_sdp_ = sdp;
  const bool is_first = !std::exchange(is_acknowledged_, true);
  if (phase_ == Phase::kUp && (is_first || is_changed)) tell(Acknowledged{id_, std::move(sdp)});
}

void Dialog::on_cancel(const Message& cancel, MonoTime now) {
  if (!server_ || server_->state() != InviteServer::State::kPending) return;
  if (phase_ == Phase::kOffered) {
    server_->refuse(487, {}, {}, now);
    tell_ended(EndedBy::kRemote, 487, "Cancelled", &cancel);
    phase_ = Phase::kGone;
  } else {
    drop_offer(487, now);
  }
}

void Dialog::on_bye(const Message& bye, TransactionId transaction, MonoTime now) {
  reply(bye, transaction, 200, now);
  drop_offer(487, now);
  if (phase_ == Phase::kOffered) server_->refuse(487, {}, {}, now);
  tell_ended(EndedBy::kRemote, 200, {}, &bye);
  phase_ = Phase::kGone;
}

// ---- offers of the peer

int Dialog::offer_obstacle(const Message& request, MonoTime now) {
  if (asks_too_small_a_timer(request, bench_.config.min_se)) return 422;
  if (reoffer_.is_pending()) return 491;  // glare, RFC 3261 14.2, RFC 3311 5.2
  if (server_ && server_->state() == InviteServer::State::kAnswered) {
    // RFC 5407 3.1.4, 3.1.5: the ACK is missing; it matters only if it brings an answer.
    if (sdp_of(server_->invite()).empty()) return 491;
  } else if (server_ && !server_->is_agreed()) {
    return 500;
  }
  return update_ || is_too_often(now) ? 500 : 0;
}

bool Dialog::is_too_often(MonoTime now) {
  if (now - offers_since_ >= 1s) {
    offers_since_ = now;
    offers_ = 0;
  }
  return ++offers_ > kMaxOffersPerSecond;
}

void Dialog::on_reinvite(const Message& invite, TransactionId transaction, MonoTime now) {
  if (const int status = offer_obstacle(invite, now)) {
    return reply(invite, transaction, status, now);
  }
  if (phase_ != Phase::kUp) return reply(invite, transaction, 500, now);  // RFC 3261 14.2
  if (server_) confirm({});  // who asks again has our answer
  server_.emplace(bench_, transaction, invite, local_tag_);
  const std::string sdp = sdp_of(invite);
  // A refresh, or a peer that wants an offer: what we said last still stands.
  if (sdp.empty() || sdp == remote_sdp_) return accept_offer(local_sdp_, now);
  answer_by_ = now + kOfferPatience;
  tell(Reoffered{id_, sdp});
}

void Dialog::on_update(const Message& update, TransactionId transaction, MonoTime now) {
  const std::string sdp = sdp_of(update);
  if (phase_ == Phase::kOffered && sdp.empty()) {
    state_.refresh_target(update);
    return reply(update, transaction, 200, now);
  }
  if (const int status = offer_obstacle(update, now)) {
    return reply(update, transaction, status, now);
  }
  if (!sdp.empty() && sdp != remote_sdp_) return take_offer(update, transaction, now);
  update_.emplace(transaction, update);
  accept_offer(sdp.empty() ? std::string() : local_sdp_, now);
}

void Dialog::take_offer(const Message& request, TransactionId transaction, MonoTime now) {
  update_.emplace(transaction, request);
  if (phase_ == Phase::kUp) answer_by_ = now + kOfferPatience;
  tell(Reoffered{id_, sdp_of(request)});
}

void Dialog::answer_reoffer(std::string sdp, MonoTime now) {
  if (phase_ == Phase::kUp ? !has_peer_offer() : !update_) return;
  local_sdp_ = std::move(sdp);
  accept_offer(local_sdp_, now);
}

void Dialog::refuse_reoffer(int status, MonoTime now) {
  drop_offer(status >= 300 && status <= 699 ? status : 488, now);
}

bool Dialog::is_offer_of_peer_open() const {
  return has_peer_offer() || (server_ && server_->state() == InviteServer::State::kAnswered);
}

bool Dialog::has_peer_offer() const {
  return update_ || (server_ && server_->state() == InviteServer::State::kPending);
}

void Dialog::accept_offer(const std::string& sdp, MonoTime now) {
  const Message& request = update_ ? update_->request : server_->invite();
  std::string offered = sdp_of(request);
  EarlyDialog* early = phase_ == Phase::kCalling ? client_->early(from_tag(request)) : nullptr;
  if (early) {
    early->state.refresh_target(request);
    early->is_peers_offer = true;
    early->sdp = std::move(offered);
  } else {
    state_.refresh_target(request);
    if (!offered.empty()) remote_sdp_ = std::move(offered);
  }
  std::vector<ExtraHeader> lines;
  if (phase_ == Phase::kUp) {  // before the answer there is no session to be timed
    answer_by_ = kNever;
    lines = session_timer_.accept(request, now);
  }
  if (!update_) return server_->accept(sdp, lines, now);
  Builder builder = reply_builder(request, update_->transaction, 200);
  for (const ExtraHeader& line : lines) builder.add(line.name, line.value);
  if (!sdp.empty()) builder.body("application/sdp", sdp);
  bench_.respond(update_->transaction, request, std::move(builder), local_tag_, now);
  update_.reset();
  if (next_reoffer_) reoffer(*std::exchange(next_reoffer_, std::nullopt), now);
}

void Dialog::drop_offer(int status, MonoTime now) {
  const bool is_up = phase_ == Phase::kUp || phase_ == Phase::kEnding;
  if (is_up) answer_by_ = kNever;
  if (update_) {
    reply(update_->request, update_->transaction, status, now);
    update_.reset();
  } else if (is_up && has_peer_offer()) {
    server_->refuse(status, {}, {}, now);
    server_.reset();
  }
}

void Dialog::on_info(const Message& info, TransactionId transaction, MonoTime now) {
  const auto digit = read_info_digit(info);
  if (!digit && !info.body().empty()) return reply(info, transaction, 415, now);
  reply(info, transaction, 200, now);
  if (digit) tell(InfoDigit{id_, digit->digit, digit->duration});
}

// ---- answers

void Dialog::reply(const Message& request, TransactionId transaction, int status, MonoTime now) {
  Builder builder = reply_builder(request, transaction, status);
  // RFC 3261 14.2: "a Retry-After header field with a randomly chosen value between 0 and 10 s"
  if (status == 500) builder.add(Header::kRetryAfter, bench_.random.below(10));
  if (status == 415) builder.add(Header::kAccept, token_list(kInfoTypes));
  if (status == 422) {
    builder.add(Header::kMinSe, static_cast<uint32_t>(bench_.config.min_se.count()));
  }
  bench_.respond(transaction, request, std::move(builder), local_tag_, now);
}

Builder Dialog::reply_builder(const Message& request, TransactionId transaction, int status) const {
  Builder builder = make_response(request, status, {}, local_tag_);
  const bool is_ok = status >= 200 && status < 300;
  if (is_ok && request.is(Method::kUpdate)) {
    builder.add(Header::kContact, bench_.contact_toward(transaction, contact_user_));
  }
  if (is_ok && (request.is(Method::kUpdate) || request.is(Method::kOptions))) {
    builder.add(Header::kAllow, our_allow()).add(Header::kSupported, our_supported());
  }
  if (is_ok && request.is(Method::kOptions)) {
    builder.add(Header::kAccept, token_list(kInfoTypes));
  }
  return builder;
}

}  // namespace patchcord::sip

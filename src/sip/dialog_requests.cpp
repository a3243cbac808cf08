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
    case Phase::kCalling:  // the far end may not act in a dialog that is not confirmed to us
    case Phase::kGone:
      return false;
    default:
      return tag == state_.remote_tag();
  }
}

void Dialog::on_request(const Message& request, TransactionId transaction, MonoTime now) {
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
    default:  // OPTIONS; the user agent lets no other method through
      return reply(request, transaction, 200, now);
  }
}

void Dialog::on_ack(const Message& ack, MonoTime now) {
  if (!server_ || !server_->on_ack(ack)) return;
  const bool was_asked_to_offer = sdp_of(server_->invite()).empty();
  std::string sdp = was_asked_to_offer ? sdp_of(ack) : std::string();
  const bool is_changed = !sdp.empty() && sdp != remote_sdp_;
  if (!sdp.empty()) remote_sdp_ = sdp;
  const bool is_first = !std::exchange(is_acknowledged_, true);
  server_.reset();
  if (phase_ == Phase::kUp && (is_first || is_changed)) tell(Acknowledged{id_, std::move(sdp)});
  if (bye_after_ack_) {
    end_with_bye(*std::exchange(bye_after_ack_, std::nullopt), now);
  } else if (next_reoffer_ && phase_ == Phase::kUp) {
    reoffer(*std::exchange(next_reoffer_, std::nullopt), now);
  }
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
  if (phase_ == Phase::kOffered) server_->refuse(487, {}, {}, now);
  drop_offer(487, now);
  tell_ended(EndedBy::kRemote, 200, {}, &bye);
  phase_ = Phase::kGone;
}

// ---- offers of the peer

int Dialog::offer_obstacle(const Message& request, MonoTime now) {
  if (asks_too_small_a_timer(request, bench_.config.min_se)) return 422;
  if (reoffer_.is_pending()) return 491;  // glare, RFC 3261 14.2, RFC 3311 5.2
  if (phase_ != Phase::kUp || server_ || update_) return 500;
  if (now - offers_since_ >= 1s) {
    offers_since_ = now;
    offers_ = 0;
  }
  return ++offers_ > kMaxOffersPerSecond ? 500 : 0;
}

void Dialog::on_reinvite(const Message& invite, TransactionId transaction, MonoTime now) {
  if (const int status = offer_obstacle(invite, now)) {
    return reply(invite, transaction, status, now);
  }
  server_.emplace(bench_, transaction, invite, local_tag_);
  const std::string sdp = sdp_of(invite);
  // A refresh, or a peer that wants an offer: what we said last still stands.
  if (sdp.empty() || sdp == remote_sdp_) return accept_offer(local_sdp_, now);
  answer_by_ = now + kOfferPatience;
  tell(Reoffered{id_, sdp});
}

void Dialog::on_update(const Message& update, TransactionId transaction, MonoTime now) {
  if (const int status = offer_obstacle(update, now)) {
    return reply(update, transaction, status, now);
  }
  update_.emplace(transaction, update);
  const std::string sdp = sdp_of(update);
  if (sdp.empty()) return accept_offer({}, now);
  if (sdp == remote_sdp_) return accept_offer(local_sdp_, now);
  answer_by_ = now + kOfferPatience;
  tell(Reoffered{id_, sdp});
}

void Dialog::answer_reoffer(std::string sdp, MonoTime now) {
  if (phase_ != Phase::kUp || !has_peer_offer()) return;
  local_sdp_ = std::move(sdp);
  accept_offer(local_sdp_, now);
}

void Dialog::refuse_reoffer(int status, MonoTime now) {
  if (phase_ == Phase::kUp) drop_offer(status >= 300 && status <= 699 ? status : 488, now);
}

bool Dialog::is_offer_of_peer_open() const {
  return has_peer_offer() || (server_ && server_->state() == InviteServer::State::kAnswered);
}

bool Dialog::has_peer_offer() const {
  return update_ || (server_ && server_->state() == InviteServer::State::kPending);
}

void Dialog::accept_offer(const std::string& sdp, MonoTime now) {
  answer_by_ = kNever;
  const Message& request = update_ ? update_->request : server_->invite();
  if (std::string offered = sdp_of(request); !offered.empty()) remote_sdp_ = std::move(offered);
  state_.refresh_target(request);
  const std::vector<ExtraHeader> lines = session_timer_.accept(request, now);
  if (!update_) return server_->accept(sdp, lines, now);
  Builder builder = reply_builder(request, update_->transaction, 200);
  for (const ExtraHeader& line : lines) builder.add(line.name, line.value);
  if (!sdp.empty()) builder.body("application/sdp", sdp);
  bench_.respond(update_->transaction, request, std::move(builder), local_tag_, now);
  update_.reset();
  if (next_reoffer_) reoffer(*std::exchange(next_reoffer_, std::nullopt), now);
}

void Dialog::drop_offer(int status, MonoTime now) {
  if (phase_ == Phase::kOffered || !has_peer_offer()) return;
  answer_by_ = kNever;
  if (update_) {
    reply(update_->request, update_->transaction, status, now);
    update_.reset();
  } else {
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

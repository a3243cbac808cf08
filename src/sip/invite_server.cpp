// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/invite_server.h"

#include <algorithm>
#include <utility>

#include "sip/capabilities.h"

namespace patchcord::sip {

InviteServer::InviteServer(const DialogBench& bench, TransactionId transaction,
                           const Message& invite, std::string local_tag)
    : bench_(bench),
      transaction_(transaction),
      invite_(invite),
      local_tag_(std::move(local_tag)),
      is_reliable_(lists_token(invite, Header::kRequire, "100rel")) {}

std::string InviteServer::contact_user() const {
  const auto uri = Uri::parse(invite_.request_uri());
  return uri ? uri->user_text() : std::string();
}

Builder InviteServer::response(int status, std::string_view phrase) const {
  Builder builder = make_response(invite_, status, phrase, local_tag_);
  if (status > 100 && status < 300) {  // dialog-creating: how to reach us in it (12.1.1)
    builder.add(Header::kContact, bench_.contact_toward(transaction_, contact_user()))
        .add(Header::kAllow, our_allow())
        .add(Header::kSupported, our_supported());
  }
  return builder;
}

void InviteServer::provisional(int status, const std::string& sdp, MonoTime now) {
  if (state_ != State::kPending) return;
  if (is_reliable_) {
    if (sdp_of(invite_).empty()) return;  // it would have to offer: that is for the 200
    if (reliable_) {
      waiting_ = Waiting{status, sdp};
      return;
    }
  }
  Builder builder = response(status, {});
  const bool has_sdp = !sdp.empty() && !is_agreed_;
  if (has_sdp) builder.body("application/sdp", sdp);
  if (is_reliable_) return send_reliably(std::move(builder), has_sdp, now);
  bench_.respond(transaction_, invite_, std::move(builder), local_tag_, now);
}

void InviteServer::send_reliably(Builder builder, bool has_sdp, MonoTime now) {
  // RFC 3262 3: "The value of the header field in the first one is chosen uniformly between 1 and
  // 2**31 - 1", and then one by one.
  rseq_ = rseq_ == 0 ? 1 + bench_.random.below(0x7ffffffe) : rseq_ + 1;
  builder.add(Header::kRequire, "100rel").add(Header::kRSeq, rseq_);
  if (!bench_.config.product.empty()) builder.add(Header::kServer, bench_.config.product);
  auto built = builder.build();
  if (!built.ok()) return;
  reliable_.emplace(Reliable{std::move(built).value(), has_sdp});
  bench_.transactions.respond(transaction_, reliable_->message, now);
  start_repeating(now);
}

void InviteServer::start_repeating(MonoTime now) {
  interval_ = kTimers.t1;
  resend_at_ = now + interval_;
  give_up_at_ = now + kTimers.timeout();
}

bool InviteServer::on_prack(const Message& prack, MonoTime now) {
  const auto rack = parse_rack(prack.header(Header::kRAck));
  if (!reliable_ || !rack || rack->rseq != rseq_ || rack->cseq != invite_.cseq() ||
      rack->method != "INVITE") {
    return false;
  }
  is_agreed_ |= reliable_->has_sdp;
  reliable_.reset();
  if (const auto next = std::exchange(waiting_, std::nullopt)) {
    provisional(next->status, next->sdp, now);
  }
  return true;
}

void InviteServer::accept(const std::string& sdp, const std::vector<ExtraHeader>& lines,
                          MonoTime now) {
  if (state_ != State::kPending) return;
  Builder builder = response(200, {});
  for (const ExtraHeader& line : lines) builder.add(line.name, line.value);
  if (!bench_.config.product.empty()) builder.add(Header::kServer, bench_.config.product);
  if (!sdp.empty() && !is_agreed_) builder.body("application/sdp", sdp);
  auto built = builder.build();
  if (!built.ok()) return refuse(500, {}, {}, now);
  reliable_.reset();
  ok_ = std::move(built).value();
  bench_.transactions.respond(transaction_, ok_, now);
  state_ = State::kAnswered;
  start_repeating(now);
}

void InviteServer::refuse(int status, std::string_view phrase,
                          const std::vector<ExtraHeader>& lines, MonoTime now) {
  if (state_ != State::kPending) return;
  state_ = State::kDone;
  reliable_.reset();
  Builder builder = response(status, phrase);
  for (const ExtraHeader& line : lines) builder.add(line.name, line.value);
  bench_.respond(transaction_, invite_, std::move(builder), local_tag_, now);
}

bool InviteServer::on_ack(const Message& ack) {
  if (state_ != State::kAnswered || ack.cseq() != invite_.cseq()) return false;
  state_ = State::kDone;
  return true;
}

InviteServer::Timeout InviteServer::on_time(MonoTime now) {
  if (now < deadline()) return Timeout::kNone;
  if (now >= give_up_at_) {
    if (std::exchange(reliable_, std::nullopt)) return Timeout::kNoPrack;
    state_ = State::kDone;
    return Timeout::kNoAck;
  }
  bench_.transactions.respond(transaction_, reliable_ ? reliable_->message : ok_, now);
  interval_ *= 2;
  if (!reliable_)
    interval_ = std::min(interval_, kTimers.t2);  // RFC 3262 3: that one is not capped
  resend_at_ = std::min(now + interval_, give_up_at_);
  return Timeout::kNone;
}

}  // namespace patchcord::sip

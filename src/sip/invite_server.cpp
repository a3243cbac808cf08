// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/invite_server.h"

#include <algorithm>

#include "sip/capabilities.h"

namespace patchcord::sip {

InviteServer::InviteServer(const DialogBench& bench, TransactionId transaction,
                           const Message& invite, std::string local_tag)
    : bench_(bench), transaction_(transaction), invite_(invite), local_tag_(std::move(local_tag)) {}

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
  Builder builder = response(status, {});
  if (!sdp.empty()) builder.body("application/sdp", sdp);
  bench_.respond(transaction_, invite_, std::move(builder), local_tag_, now);
}

void InviteServer::accept(const std::string& sdp, const std::vector<ExtraHeader>& lines,
                          MonoTime now) {
  if (state_ != State::kPending) return;
  Builder builder = response(200, {});
  for (const ExtraHeader& line : lines) builder.add(line.name, line.value);
  if (!bench_.config.product.empty()) builder.add(Header::kServer, bench_.config.product);
  if (!sdp.empty()) builder.body("application/sdp", sdp);
  auto built = builder.build();
  if (!built.ok()) return refuse(500, {}, {}, now);
  ok_ = std::move(built).value();
  bench_.transactions.respond(transaction_, ok_, now);
  state_ = State::kAnswered;
  interval_ = kTimers.t1;
  resend_at_ = now + interval_;
  give_up_at_ = now + kTimers.timeout();
}

void InviteServer::refuse(int status, std::string_view phrase,
                          const std::vector<ExtraHeader>& lines, MonoTime now) {
  if (state_ != State::kPending) return;
  state_ = State::kDone;
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
  if (state_ != State::kAnswered || now < resend_at_) return Timeout::kNone;
  if (now >= give_up_at_) {
    state_ = State::kDone;
    return Timeout::kNoAck;
  }
  bench_.transactions.respond(transaction_, ok_, now);
  interval_ = std::min(2 * interval_, kTimers.t2);
  resend_at_ = std::min(now + interval_, give_up_at_);
  return Timeout::kNone;
}

}  // namespace patchcord::sip

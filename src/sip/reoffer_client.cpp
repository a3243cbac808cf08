// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/reoffer_client.h"

#include <utility>

#include "core/assert.h"
#include "sip/capabilities.h"

namespace patchcord::sip {

namespace {
using namespace std::chrono_literals;
constexpr Duration kPatience = 60s;  // for a final answer after a provisional one
}  // namespace

void ReofferClient::start(Plan plan, const DialogSide& side, MonoTime now) {
  PATCHCORD_ASSERT(!is_busy());
  plan_ = std::move(plan);
  glares_ = 0;
  side.auth.begin();
  send(side, now);
}

void ReofferClient::send(const DialogSide& side, MonoTime now) {
  RequestDraft draft = side.state.request(plan_.method);
  draft.headers = plan_.lines;
  draft.headers.push_back({"Allow", our_allow()});
  draft.headers.push_back({"Supported", our_supported()});
  if (!plan_.sdp.empty()) draft.content_type = "application/sdp";
  draft.body = plan_.sdp;
  cseq_ = draft.cseq;
  is_acked_ = false;
  side.auth.sign(draft, bench_.random);
  bench_.requests.abandon(request_, now);
  request_ = bench_.requests.send(std::move(draft), side.state.next_hop(), side.id, now);
  phase_ = Phase::kPending;
  wake_at_ = now + kPatience;
}

ReofferClient::News ReofferClient::on_answer(const Message& response, const DialogSide& side,
                                             MonoTime now) {
  const int status = response.status();
  if (status < 200) return News::kNone;
  if (status < 300) {
    if (std::exchange(is_acked_, true)) {
      bench_.requests.repeat(ack_);
      return News::kNone;
    }
    side.state.refresh_target(response);
    if (plan_.method == Method::kInvite) {
      bench_.requests.abandon(ack_, now);
      RequestDraft ack = side.state.ack(cseq_);
      ack_ = bench_.requests.send(std::move(ack), side.state.next_hop(), side.id, now);
    }
    return finish(News::kAccepted);
  }
  if (phase_ != Phase::kPending) return News::kNone;
  if (status == 491 && ++glares_ <= kMaxGlares) {
    phase_ = Phase::kWaiting;
    wake_at_ = now + glare_pause();
    return News::kNone;
  }
  if ((status == 401 || status == 407) &&
      side.auth.challenged(response, AccountAuth::Request::kInDialog)) {
    send(side, now);
    return News::kNone;
  }
  // RFC 3261 12.2.1.2: these two mean that the peer has no such dialog.
  return finish(status == 481 || status == 408 ? News::kDialogGone : News::kRefused);
}

ReofferClient::News ReofferClient::on_no_answer(const NoAnswer& why) {
  if (phase_ != Phase::kPending) return News::kNone;
  return finish(why.status == 487 ? News::kRefused : News::kDialogGone);
}

void ReofferClient::on_time(const DialogSide& side, MonoTime now) {
  if (phase_ == Phase::kIdle || now < wake_at_) return;
  if (phase_ == Phase::kWaiting) return send(side, now);
  wake_at_ = kNever;
  // A CANCEL is for INVITE; an UPDATE has timer F.
  if (plan_.method == Method::kInvite) bench_.requests.cancel(request_, {}, now);
}

ReofferClient::News ReofferClient::finish(News news) {
  phase_ = Phase::kIdle;
  wake_at_ = kNever;
  return news;
}

// RFC 3261 14.1: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other, in steps of 10
// ms.
Duration ReofferClient::glare_pause() {
  if (owner_ == CallIdOwner::kUs) return 2100ms + bench_.random.below(191) * 10ms;
  return bench_.random.below(201) * 10ms;
}

void ReofferClient::close(MonoTime now) {
  bench_.requests.abandon(request_, now);
  bench_.requests.abandon(ack_, now);
}

}  // namespace patchcord::sip

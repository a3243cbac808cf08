// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/registration.h"

#include <algorithm>
#include <utility>

#include "sip/invite_client.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLongestInterval = 24h;
constexpr Duration kFirstPause = 4s;
constexpr Duration kLongestPause = 5min;
constexpr Duration kLongestRetryAfter = 1h;
constexpr Duration kFlowPause = 1s;
constexpr Duration kLastingFlow = 30s;

// Trying again would only lock the account: the user or the password is wrong, or not allowed.
bool is_final_failure(int status) {
  return status == 401 || status == 403 || status == 404 || status == 405 || status == 407 ||
         status == 410 || status == 416 || status == 604;
}

}  // namespace

Registration::Registration(const DialogBench& bench, RegistrationId id, Account account,
                           MonoTime now)
    : bench_(bench),
      id_(id),
      account_(std::move(account)),
      auth_(account_),
      call_id_(bench.random.token(24)),
      cseq_(bench.random.below(1000)),
      expires_(bench.config.register_expires) {
  ask(now);
}

void Registration::ask(MonoTime now) {
  if (phase_ != Phase::kLeaving) phase_ = Phase::kAsking;
  auth_.begin();
  interval_tries_ = 0;
  send(now);
}

void Registration::send(MonoTime now) {
  RequestDraft draft;
  draft.method = Method::kRegister;
  draft.target = account_.aor;
  draft.target.clear_headers();
  draft.target.set_user("");  // 10.2: "the userinfo and @ components MUST NOT be present"
  draft.routes = preloaded_route(account_);
  draft.from = NameAddr{account_.display_name, identity_of(account_.aor), {}};
  draft.from.params.set("tag", bench_.random.token(12));
  draft.to = NameAddr{{}, identity_of(account_.aor), {}};
  draft.call_id = call_id_;
  draft.cseq = ++cseq_;
  draft.contact_user = contact_user();
  const auto wanted = phase_ == Phase::kLeaving ? 0s : expires_;
  draft.contact_params = ";expires=" + std::to_string(wanted.count());
  draft.headers.push_back({"Expires", std::to_string(wanted.count())});
  auth_.sign(draft, bench_.random);
  next_at_ = kNever;
  request_ = bench_.requests.send(std::move(draft), next_hop_of(account_), id_, now);
}

void Registration::unregister(MonoTime now) {
  if (phase_ == Phase::kLeaving || phase_ == Phase::kGone) return;
  const bool may_be_bound = is_known_there_ || phase_ == Phase::kAsking;
  bench_.requests.abandon(request_, now);
  keep_alive_at_ = kNever;
  phase_ = Phase::kLeaving;
  if (may_be_bound) return ask(now);
  leave();
}

void Registration::on_answer(RequestId request, const Message& response, const Target& from,
                             MonoTime now) {
  if (request != request_ || response.status() < 200) return;
  const int status = response.status();
  if (status < 300) return on_success(response, from, now);
  if ((status == 401 || status == 407) &&
      auth_.challenged(response, AccountAuth::Request::kOpening)) {
    return send(now);
  }
  if (phase_ == Phase::kLeaving) return leave();
  if (status == 423 && takes_interval(response)) return send(now);
  on_failure(status, response.reason(), &response, now);
}

void Registration::on_no_answer(RequestId request, const NoAnswer& why, MonoTime now) {
  if (request != request_) return;
  if (phase_ == Phase::kLeaving) return leave();
  fail({.registration = id_,
        .status = why.status,
        .phrase = std::string(why.phrase),
        .unanswered = why.cause,
        .detail = why.detail},
       nullptr, now);
}

void Registration::on_silence(RequestId request, MonoTime) {
  if (request != request_ || phase_ != Phase::kAsking) return;
  has_told_registered_ = false;
  bench_.events.push(RegistrationFailed{.registration = id_,
                                        .status = 408,
                                        .phrase = "No Answer From Peer",
                                        .unanswered = Unanswered::kTimeout,
                                        .is_being_asked = true});
}

void Registration::on_transport_error(const Target& target, MonoTime now) {
  // A datagram has no flow that could break; what ICMP says of it is easily forged.
  if (phase_ != Phase::kRegistered || flow_ != target || !is_reliable(target.transport)) return;
  keep_alive_at_ = kNever;
  // Not all accounts of a server in one breath; and a flow that does not last is not hurried after.
  const bool has_lasted = now - flow_since_ >= kLastingFlow;
  next_at_ =
      now + (has_lasted ? kFlowPause * bench_.random.below(1001) / 1000 : retry_after(nullptr));
}

void Registration::on_success(const Message& response, const Target& from, MonoTime now) {
  if (phase_ == Phase::kLeaving) return leave();
  const std::chrono::seconds interval = granted(response);
  if (interval == 0s) return on_failure(480, "Registered For No Time", nullptr, now);
  phase_ = Phase::kRegistered;
  is_known_there_ = true;
  failures_ = 0;
  if (flow_ != from) flow_since_ = now;
  flow_ = from;
  next_at_ = now + refresh_after(interval);
  keep_alive_at_ = bench_.config.keep_alive > 0s ? now + bench_.config.keep_alive : kNever;
  if (!std::exchange(has_told_registered_, true)) bench_.events.push(Registered{id_, interval});
}

// 423: "the UA MAY retry after making the expiration interval at least Min-Expires" (10.2.8).
bool Registration::takes_interval(const Message& response) {
  const auto least = parse_number(response.header(Header::kMinExpires));
  if (!least || ++interval_tries_ > kMaxIntervalTries) return false;
  const std::chrono::seconds asked(*least);
  if (asked <= expires_ || asked > kLongestInterval) return false;
  expires_ = asked;
  return true;
}

void Registration::on_failure(int status, std::string_view phrase, const Message* response,
                              MonoTime now) {
  fail({.registration = id_, .status = status, .phrase = std::string(phrase)}, response, now);
}

void Registration::fail(RegistrationFailed failed, const Message* response, MonoTime now) {
  using Next = RegistrationFailed::Next;
  const Next next = is_final_failure(failed.status) ? Next::kGivesUp : Next::kRetries;
  failed.next = next;
  bench_.events.push(std::move(failed));
  has_told_registered_ = false;
  keep_alive_at_ = kNever;
  flow_.reset();
  if (next == Next::kGivesUp) {
    phase_ = Phase::kGone;
    return;
  }
  phase_ = Phase::kWaiting;
  next_at_ = now + retry_after(response);
}

void Registration::leave() {
  phase_ = Phase::kGone;
  bench_.events.push(Unregistered{id_});
}

void Registration::on_time(MonoTime now) {
  if (now >= keep_alive_at_ && flow_) {
    bench_.wire.send_keep_alive(*flow_);
    keep_alive_at_ = now + bench_.config.keep_alive;
  }
  if (now >= next_at_) ask(now);
}

std::string Registration::contact_user() const {
  return account_.contact_user.empty() ? account_.aor.user_text() : account_.contact_user;
}

// What the server says of our Contact; else its Expires; else what we asked for (10.2.4).
std::chrono::seconds Registration::granted(const Message& response) const {
  const std::string user = contact_user();
  std::optional<uint32_t> seconds;
  for (const std::string_view value : response.all(Header::kContact)) {
    const auto contact = parse_name_addr(value);
    if (!contact || contact->uri.user_text() != user) continue;
    const auto expires = parse_number(contact->params.text("expires"));
    if (expires) seconds = std::max(seconds.value_or(0), *expires);
  }
  if (!seconds) seconds = parse_number(response.header(Header::kExpires));
  if (!seconds) return expires_;
  return std::min(std::chrono::seconds(*seconds), kLongestInterval);
}

// Between 70 and 90 % of the interval: a thousand accounts registered in one second do not come
// back in one second.
Duration Registration::refresh_after(std::chrono::seconds interval) {
  const int64_t percent = 70 + bench_.random.below(21);
  return std::max<Duration>(Duration(interval) * percent / 100, 1s);
}

Duration Registration::retry_after(const Message* response) {
  const Duration grown = kFirstPause * (int64_t{1} << std::min(failures_++, 10));
  Duration pause = std::min(grown, kLongestPause);
  pause = pause / 2 + pause / 2 * bench_.random.below(1001) / 1000;
  if (!response || !response->has(Header::kRetryAfter)) return pause;
  const auto asked = parse_retry_after(response->header(Header::kRetryAfter));
  if (!asked) return pause;
  return std::max(pause,
                  std::min<Duration>(std::chrono::seconds(asked->seconds), kLongestRetryAfter));
}

}  // namespace patchcord::sip

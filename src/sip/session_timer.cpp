// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/session_timer.h"

#include <algorithm>

#include "sip/headers.h"

namespace patchcord::sip {

namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds kLongest = 24h;
constexpr std::chrono::seconds kShortest = 30s;  // below this a timer is taken for a mistake

std::optional<SessionExpires> asked(const Message& message) {
  if (!message.has(Header::kSessionExpires)) return std::nullopt;
  return parse_session_expires(message.header(Header::kSessionExpires));
}

}  // namespace

bool asks_too_small_a_timer(const Message& request, std::chrono::seconds min_se) {
  const auto timer = asked(request);
  return timer && std::chrono::seconds(timer->seconds) < min_se &&
         lists_token(request, Header::kSupported, "timer");
}

std::vector<ExtraHeader> SessionTimer::accept(const Message& request, MonoTime now) {
  auto timer = asked(request);
  if (!timer) {
    *this = SessionTimer();  // a refresh without the header ends the timer (RFC 4028 10)
    return {};
  }
  const bool peer_can = lists_token(request, Header::kSupported, "timer");
  // RFC 4028 table 2: who does not know timers cannot be the refresher; else the peer's choice, and
  // without one the peer.
  if (!peer_can) timer->refresher = SessionExpires::Refresher::kUas;
  if (timer->refresher == SessionExpires::Refresher::kNone) {
    timer->refresher = SessionExpires::Refresher::kUac;
  }
  const bool is_peer = timer->refresher == SessionExpires::Refresher::kUac;
  start(std::chrono::seconds(timer->seconds), is_peer ? Refresher::kPeer : Refresher::kUs, now);
  std::vector<ExtraHeader> lines{{"Session-Expires", timer->to_string()}};
  if (is_peer) lines.push_back({"Require", "timer"});
  return lines;
}

void SessionTimer::agreed(const Message& response, MonoTime now) {
  const auto timer = asked(response);
  if (!timer) {
    *this = SessionTimer();
    return;
  }
  const bool is_peer = timer->refresher == SessionExpires::Refresher::kUas;
  start(std::chrono::seconds(timer->seconds), is_peer ? Refresher::kPeer : Refresher::kUs, now);
}

bool SessionTimer::is_raised_by(const Message& response) {
  if (response.status() != 422) return false;
  const auto least = parse_number(response.header(Header::kMinSe));
  if (!least || std::chrono::seconds(*least) <= interval_) return false;
  interval_ = least_ = std::min<std::chrono::seconds>(std::chrono::seconds(*least), kLongest);
  return true;
}

std::vector<ExtraHeader> SessionTimer::refresh_lines() const {
  if (interval_ == 0s) return {};
  const std::string_view who = refresher_ == Refresher::kUs ? "uac" : "uas";
  std::vector<ExtraHeader> lines{
      {"Session-Expires", std::to_string(interval_.count()) + ";refresher=" + std::string(who)}};
  if (least_ > 0s) lines.push_back({"Min-SE", std::to_string(least_.count())});
  return lines;
}

void SessionTimer::start(std::chrono::seconds interval, Refresher refresher, MonoTime now) {
  interval_ = std::max(interval, kShortest);
  refresher_ = refresher;
  // "the minimum of 32 seconds and one third of the interval before it expires" (RFC 4028 10)
  expire_at_ = now + interval_ - std::min<Duration>(32s, interval_ / 3);
  refresh_at_ = refresher == Refresher::kUs ? now + interval_ / 2 : kNever;
}

}  // namespace patchcord::sip

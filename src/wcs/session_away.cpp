// SPDX-License-Identifier: GPL-3.0-or-later
// A session whose socket is gone: how long it waits for its page, what of its calls the page
// misses, and how both find each other again (T25, T28).
#include "wcs/session.h"

namespace patchcord::wcs {
namespace {

constexpr Duration kLook = std::chrono::seconds(1);

}  // namespace

// A page that said goodbye is not waited for, unless it asked to be kept alive.
bool Session::outlives(SocketEnd end) const {
  return is_signed_in() && (end == SocketEnd::kLost || keeping_ == Keeping::kAlive);
}

void Session::go_away(MonoTime now, Outbox& out) {
  out.counters.add(HubCount::kWentAway);
  away_since_ = last_busy_ = now;
  look_at_ = now + kLook;
  out.events.emplace_back(WentAway{keeping_});
}

// Nothing came for too long: the socket is given up, the session is not.
void Session::drop_silent_peer(MonoTime now, Outbox& out) {
  out.counters.add(HubCount::kDeadPeers);
  go_away(now, out);
  out.closing = Closing{CloseCode::kTimeout, "no sign of life", SignOut::kStayedAway};
}

void Session::on_time_away(MonoTime now, Outbox& out) {
  look_at_ = now + kLook;
  if (!calls_.empty()) last_busy_ = now;
  const Duration away = now - *away_since_;
  const bool is_over = keeping_ == Keeping::kAlive ? away >= options_.keep_alive
                                                   : now - last_busy_ >= options_.reload ||
                                                         away >= options_.resume + options_.reload;
  if (is_over) close(CloseCode::kNormal, "", SignOut::kStayedAway, out);
}

// The token alone brings a session back; who names an account must name the right one.
bool Session::may_return(const Connection& message) const {
  if (!is_signed_in()) return false;
  return !message.sip || message.sip->login.empty() ||
         user_key(message.sip->login, message.sip->domain) == user_;
}

void Session::return_refused(const Connection& message, Outbox& out) {
  if (message.sip && !message.sip->login.empty()) return sign_in(message, out);
  Refusal gone;
  gone.cause = {.reason = "session_gone", .info = "The session is over: sign in again."};
  refuse(gone, out);
}

void Session::come_back(const Session& arrival, const ReturnRequest& request,
                        std::string auth_token, Outbox& out) {
  const Connection& message = request.message;
  if (!is_away()) go_away(request.at, out);  // its old socket is still open, and overtaken
  out.counters.add(HubCount::kCameBack);
  away_since_.reset();
  connection_ = arrival.connection_;
  peer_ = arrival.peer_;
  keeping_ = message.keep_alive ? Keeping::kAlive : Keeping::kBriefly;
  last_heard_ = request.at;
  ping_at_ = request.at + options_.ping_interval;
  const Memory memory = message.resume ? Memory::kAllCalls : Memory::kNoCalls;

  user_data_.auth_token = std::move(auth_token);
  GetUserData told = user_data_;
  told.echo = message.echo;
  told.resumed = message.resume;
  if (message.resume) told.calls = calls_of_page();
  out.send(told);
  if (state_ == State::kRegistered) out.send(Registered{});
  tell_missed(memory, out);
  out.events.emplace_back(CameBack{memory});
}

// What the page had when it went: what lives, and what has ended, of which the end follows.
std::vector<KnownCall> Session::calls_of_page() const {
  std::vector<KnownCall> out;
  for (const auto& [id, call] : calls_) {
    if (call.page_knows) out.push_back({id, call.object.status});
  }
  for (const MissedEnd& missed : missed_ends_) {
    out.push_back({missed.call.call_id, missed.end.status});
  }
  return out;
}

// What ended first: it frees the page's hands for what rings.
void Session::tell_missed(Memory memory, Outbox& out) {
  for (MissedEnd& missed : missed_ends_) end_call(std::move(missed.call), missed.end, out);
  missed_ends_.clear();
  for (auto& [id, call] : calls_) {
    const bool rings_here = call.object.incoming && call.phase == Phase::kRing;
    if (rings_here && (memory == Memory::kNoCalls || !call.page_knows)) {
      announce(call, out);
      call.page_knows = true;
      continue;
    }
    if (!call.object.incoming && !call.sdp.empty()) {
      out.send(SetRemoteSdp{id, std::move(call.sdp), SdpKind::kAnswer});
      call.sdp.clear();
    }
    switch (call.phase) {
      case Phase::kTrying:
        out.send(Trying{call.object});
        break;
      case Phase::kRing:
      case Phase::kRingMedia:
        out.send(Ring{call.object});
        break;
      case Phase::kUp:
        out.send(Talk{call.object});
        break;
      case Phase::kAnswered:  // talk follows
        break;
    }
  }
}

}  // namespace patchcord::wcs

// SPDX-License-Identifier: GPL-3.0-or-later
#include "wcs/hub.h"

#include <algorithm>

namespace patchcord::wcs {
namespace {

// Tells one event of a session to the listener.
struct Teller {
  HubListener& listener;
  SessionId session;

  void operator()(const SignIn& e) const { listener.on_sign_in(session, e); }
  void operator()(SignOut why) const { listener.on_sign_out(session, why); }
  void operator()(const WentAway& e) const { listener.on_away(session, e.keeping); }
  void operator()(const CameBack& e) const { listener.on_back(session, e.memory); }
  void operator()(const CallRequest& e) const { listener.on_call(session, e); }
  void operator()(const AnswerRequest& e) const { listener.on_answer(session, e.call_id, e.sdp); }
  void operator()(const HangupRequest& e) const {
    listener.on_hangup(session, e.call_id, e.reason);
  }
  void operator()(const DtmfRequest& e) const {
    listener.on_dtmf(session, e.call_id, e.digits, e.type);
  }
};

struct AwayKeys {
  std::string user, address;
};
AwayKeys away_keys(const Session& session) {
  return {"user " + session.user(), "address " + session.peer().address.ip().network().to_string()};
}

constexpr size_t kTokenLength = 32;  // letters: about 190 bits

}  // namespace

Hub::Hub(const HubOptions& options, ConnectionSink& sink, HubListener& listener, Random& random)
    : options_(options), sink_(sink), listener_(listener), random_(random) {}

// ---- from below
// -----------------------------------------------------------------------------------

void Hub::on_open(ConnectionId connection, PeerInfo peer, MonoTime now) {
  const SessionId id(++last_session_);
  Seat seat{Session(id, connection, std::move(peer), options_, random_.token(kTokenLength), now)};
  const auto added = sessions_.emplace(id, std::move(seat)).first;
  by_connection_[connection] = id;
  reschedule(added->second, added->second.session.next_deadline());
}

void Hub::on_text(ConnectionId connection, std::string_view text, MonoTime now) {
  if (Seat* seat = find(connection)) {
    run(*seat, [&](Session& session, Outbox& out) { session.on_text(text, now, out); });
  }
}

void Hub::on_close(ConnectionId connection, SocketEnd end, MonoTime now) {
  Seat* seat = find(connection);
  if (!seat) return;
  if (seat->session.outlives(end)) {
    run(*seat, [&](Session& session, Outbox& out) { session.go_away(now, out); });
  } else {
    forget(*seat, SignOut::kSocketClosed);
    deliver();
  }
}

void Hub::on_time(MonoTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Seat& seat = sessions_.at(deadlines_.begin()->second);
    run(seat, [&](Session& session, Outbox& out) { session.on_time(now, out); });
  }
}

MonoTime Hub::next_deadline() const {
  return deadlines_.empty() ? kNever : deadlines_.begin()->first;
}

// ---- from above
// -----------------------------------------------------------------------------------

void Hub::accept(SessionId id, MonoTime now) {
  with(id, [&](Session& session, Outbox& out) { session.accept(now, out); });
}

void Hub::refuse(SessionId id, const Refusal& refusal) {
  with(id, [&](Session& session, Outbox& out) { session.refuse(refusal, out); });
}

void Hub::registered(SessionId id, std::string_view sip_message) {
  with(id, [&](Session& session, Outbox& out) { session.registered(sip_message, out); });
}

void Hub::registration_failed(SessionId id, const Refusal& refusal, MonoTime now) {
  with(id, [&](Session& session, Outbox& out) { session.registration_failed(refusal, now, out); });
}

void Hub::registration_waits(SessionId id, const Refusal& refusal) {
  with(id, [&](Session& session, Outbox& out) { session.registration_waits(refusal, out); });
}

void Hub::registration_lost(SessionId id, const Refusal& refusal, MonoTime now) {
  with(id, [&](Session& session, Outbox& out) { session.registration_lost(refusal, now, out); });
}

void Hub::remote_sdp(SessionId id, std::string_view call_id, std::string_view sdp) {
  with(id, [&](Session& session, Outbox& out) { session.remote_sdp(call_id, sdp, out); });
}

void Hub::ring(SessionId id, std::string_view call_id, int sip_status) {
  with(id, [&](Session& session, Outbox& out) { session.ring(call_id, sip_status, out); });
}

void Hub::ring_media(SessionId id, std::string_view call_id, int sip_status) {
  with(id, [&](Session& session, Outbox& out) { session.ring_media(call_id, sip_status, out); });
}

void Hub::talk(SessionId id, std::string_view call_id, int sip_status) {
  with(id, [&](Session& session, Outbox& out) { session.talk(call_id, sip_status, out); });
}

void Hub::finish(SessionId id, std::string_view call_id, const CallEnd& end) {
  with(id, [&](Session& session, Outbox& out) { session.finish(call_id, end, out); });
}

Result<void> Hub::incoming_call(SessionId id, const IncomingRequest& call) {
  Result<void> result = Error{ErrorCode::kNotFound, "no such session"};
  with(id, [&](Session& session, Outbox& out) { result = session.incoming_call(call, out); });
  return result;
}

std::vector<SessionId> Hub::sessions_of(std::string_view login, std::string_view domain) const {
  std::vector<SessionId> out;
  const std::string key = user_key(login, domain);
  for (auto it = by_user_.lower_bound({key, SessionId()}); it != by_user_.end(); ++it) {
    if (it->first != key) break;
    if (sessions_.at(it->second).session.is_signed_in()) out.push_back(it->second);
  }
  return out;
}

// ---- inside
// ---------------------------------------------------------------------------------------

Hub::Seat* Hub::find(ConnectionId connection) {
  const auto found = by_connection_.find(connection);
  return found == by_connection_.end() ? nullptr : &sessions_.at(found->second);
}

template <class Act>
void Hub::with(SessionId id, Act act) {
  const auto found = sessions_.find(id);
  if (found != sessions_.end()) run(found->second, act);
}

// Lets a session act, then does what it left in its outbox. The seat may be gone afterwards.
template <class Act>
void Hub::run(Seat& seat, Act act) {
  Outbox outbox(counters_);
  act(seat.session, outbox);
  settle(seat, outbox);
  deliver();
}

void Hub::settle(Seat& seat, Outbox& outbox) {
  Session& session = seat.session;
  const bool has_socket = by_connection_.contains(session.connection());
  if (has_socket) {
    for (std::string& text : outbox.texts) sink_.send(session.connection(), std::move(text));
  }
  for (SessionEvent& event : outbox.events) events_.emplace_back(session.id(), std::move(event));
  if (outbox.closing && has_socket) {
    sink_.close(session.connection(), static_cast<uint16_t>(outbox.closing->code),
                outbox.closing->reason);
  }
  if (outbox.closing && session.is_over()) return forget(seat, outbox.closing->why);
  if (outbox.returning) return answer_return(seat, *outbox.returning);
  if (session.is_signed_in()) {
    by_token_.emplace(session.auth_token(), session.id());
    if (!session.user().empty()) by_user_.emplace(session.user(), session.id());
  }
  reschedule(seat, session.next_deadline());
  if (has_socket && session.is_away()) note_away(seat);
}

// The session of the token takes the connection over, or the connection signs in for itself.
void Hub::answer_return(Seat& seat, const ReturnRequest& request) {
  const auto found = by_token_.find(request.message.auth_token);
  Seat* kept = found == by_token_.end() ? nullptr : &sessions_.at(found->second);
  if (!kept || !kept->session.may_return(request.message)) {
    return run(
        seat, [&](Session& session, Outbox& out) { session.return_refused(request.message, out); });
  }
  const ConnectionId overtaken = kept->session.connection();
  if (by_connection_.erase(overtaken) > 0) {
    sink_.close(overtaken, static_cast<uint16_t>(CloseCode::kTakenOver), "taken over");
  }
  by_token_.erase(found);  // a token works once
  note_back(*kept);
  const Session arrival = std::move(seat.session);
  reschedule(seat, kNever);
  sessions_.erase(arrival.id());
  by_connection_[arrival.connection()] = kept->session.id();
  run(*kept, [&](Session& session, Outbox& out) {
    session.come_back(arrival, request, random_.token(kTokenLength), out);
  });
}

// Those who are away cost a registration and a place; the oldest give way.
void Hub::note_away(Seat& seat) {
  const SessionId id = seat.session.id();
  by_connection_.erase(seat.session.connection());
  const auto [user, address] = away_keys(seat.session);
  away_.emplace(address, id);
  if (!seat.session.user().empty()) away_.emplace(user, id);
  const bool is_proxy = seat.session.peer().address.ip().is_loopback();  // stands for everybody
  if (!is_proxy) limit_away(address, options_.away_per_address);
  limit_away(user, options_.away_per_user);
}

void Hub::limit_away(const std::string& key, size_t limit) {
  const auto first = away_.lower_bound({key, SessionId()});
  size_t count = 0;
  for (auto it = first; it != away_.end() && it->first == key; ++it) ++count;
  if (count > limit) forget(sessions_.at(first->second), SignOut::kStayedAway);
}

void Hub::note_back(const Seat& seat) {
  const auto [user, address] = away_keys(seat.session);
  away_.erase({user, seat.session.id()});
  away_.erase({address, seat.session.id()});
}

void Hub::reschedule(Seat& seat, MonoTime wake) {
  if (seat.wake == wake) return;
  deadlines_.erase({seat.wake, seat.session.id()});
  if (wake != kNever) deadlines_.emplace(wake, seat.session.id());
  seat.wake = wake;
}

void Hub::forget(Seat& seat, SignOut why) {
  const SessionId id = seat.session.id();
  if (seat.session.was_announced()) events_.emplace_back(id, why);
  reschedule(seat, kNever);
  by_user_.erase({seat.session.user(), id});
  by_token_.erase(seat.session.auth_token());
  note_back(seat);
  by_connection_.erase(seat.session.connection());
  sessions_.erase(id);
}

// What a listener causes while it is told something waits here for its turn: no re-entrance.
void Hub::deliver() {
  if (delivering_) return;
  delivering_ = true;
  while (!events_.empty()) {
    const Event event = std::move(events_.front());
    events_.pop_front();
    std::visit(Teller{listener_, event.first}, event.second);
  }
  delivering_ = false;
}

}  // namespace patchcord::wcs

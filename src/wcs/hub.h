// SPDX-License-Identifier: GPL-3.0-or-later
// Hub: every browser that is here, by id and by user. Texts and closed sockets come in from below,
// typed requests go up to a HubListener, typed notices come down and leave as texts.
//
//   web (text, connection id)  ->  on_open on_text on_close on_time  ->  HubListener
//   ConnectionSink (text)      <-  accept registered ring talk finish ...  <-  app, legs
//
// NOT here: sockets, SIP, calls; a call is only its id within one session. A session outlives its
// socket for a while, unseen by those above but for on_away and on_back; texts to it fall on the
// floor, and the page is told what it missed when it comes back with its token.
// No re-entrance: a listener may call any method of the hub at any time; what that causes is told
// to it after it returned. A SessionId or call id that is gone is dropped in silence.
// Thread: control. Owner: app/gateway.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/counters.h"
#include "core/id.h"
#include "core/random.h"
#include "core/time.h"
#include "wcs/session.h"

namespace patchcord::wcs {

// Where texts go. Neither method may call back into the hub before it returns.
class ConnectionSink {
 public:
  virtual ~ConnectionSink() = default;
  virtual void send(ConnectionId connection, std::string text) = 0;
  // After what was sent before. The hub forgets the connection at once; on_close is then optional.
  virtual void close(ConnectionId connection, uint16_t code, std::string_view reason) = 0;
};

// What browsers want. Answer on_sign_in with accept() or refuse(), now or later. Every on_sign_in
// is followed by exactly one on_sign_out, and no event of that session after it: its calls are
// over.
class HubListener {
 public:
  virtual ~HubListener() = default;
  virtual void on_sign_in(SessionId session, const SignIn& sign_in) = 0;
  virtual void on_sign_out(SessionId session, SignOut why) = 0;
  // Between the two: its page is gone, and is here again.
  virtual void on_away(SessionId session, Keeping keeping) = 0;
  virtual void on_back(SessionId session, Memory memory) = 0;
  // The page has been told TRYING. Ends with finish(), whatever happens.
  virtual void on_call(SessionId session, const CallRequest& call) = 0;
  virtual void on_answer(SessionId session, std::string_view call_id, std::string_view sdp) = 0;
  // Once a call at most. The call still waits for finish(), which resets the page.
  // `reason` is the page's word for what went wrong, unchecked; empty: its user hung up.
  virtual void on_hangup(SessionId session, std::string_view call_id, std::string_view reason) = 0;
  // 1 to 32 of 0-9 * # A-D.
  virtual void on_dtmf(SessionId session, std::string_view call_id, std::string_view digits,
                       DtmfType type) = 0;
};

class Hub {
 public:
  // All three outlive the hub.
  Hub(const HubOptions& options, ConnectionSink& sink, HubListener& listener, Random& random);
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // For whoever is here and whoever comes.
  void set_options(const HubOptions& options) { options_ = options; }

  // From below.
  void on_open(ConnectionId connection, PeerInfo peer, MonoTime now);
  void on_text(ConnectionId connection, std::string_view text, MonoTime now);
  void on_close(ConnectionId connection, SocketEnd end, MonoTime now);
  void on_time(MonoTime now);
  MonoTime next_deadline() const;  // kNever when nobody is here

  // The sign-in: accept sends getUserData (the page is ESTABLISHED), refuse sends fail and closes.
  void accept(SessionId session, MonoTime now);
  void refuse(SessionId session, const Refusal& refusal);
  // To be called once the account is registered; repeated at each refresh it is sent once (T20),
  // and again after registration_lost.
  void registered(SessionId session, std::string_view sip_message = {});
  // Sends fail; the page has options.grace to show it, then the connection is closed.
  void registration_failed(SessionId session, const Refusal& refusal, MonoTime now);
  // The SIP server has not answered yet, and is still being asked: told once, as fail with status
  // UNREGISTERED; registered follows when it has.
  void registration_waits(SessionId session, const Refusal& refusal);
  // The registration is being tried again. A page that was registered is told fail, once, and
  // registered when it is back; one that never was is treated as registration_failed.
  void registration_lost(SessionId session, const Refusal& refusal, MonoTime now);

  // A call, outgoing or incoming. TRYING is not here: the session sends it by itself (T5).
  // The browser's one fixed SDP (T6): for an outgoing call our answer, once.
  void remote_sdp(SessionId session, std::string_view call_id, std::string_view sdp);
  void ring(SessionId session, std::string_view call_id, int sip_status = 180);
  void ring_media(SessionId session, std::string_view call_id, int sip_status = 183);
  void talk(SessionId session, std::string_view call_id, int sip_status = 200);
  void finish(SessionId session, std::string_view call_id, const CallEnd& end);
  // Our offer, the announcement and RING, back to back (T4). kNotFound: no such session signed in;
  // kExhausted: it has as many calls as it may; kState: the call id is taken.
  Result<void> incoming_call(SessionId session, const IncomingRequest& call);

  // Sessions signed in as login@domain (the domain in any case), oldest first; also those away.
  std::vector<SessionId> sessions_of(std::string_view login, std::string_view domain) const;
  size_t size() const { return sessions_.size(); }
  const Counters<HubCount>& counters() const { return counters_; }

 private:
  using Event = std::pair<SessionId, SessionEvent>;

  struct Seat {
    Session session;
    MonoTime wake = kNever;  // as it stands in deadlines_
  };

  Seat* find(ConnectionId connection);
  template <class Act>
  void with(SessionId id, Act act);
  template <class Act>
  void run(Seat& seat, Act act);
  void settle(Seat& seat, Outbox& outbox);
  void answer_return(Seat& seat, const ReturnRequest& request);
  void note_away(Seat& seat);
  void limit_away(const std::string& key, size_t limit);
  void note_back(const Seat& seat);
  void reschedule(Seat& seat, MonoTime wake);
  void forget(Seat& seat, SignOut why);
  void deliver();

  HubOptions options_;
  ConnectionSink& sink_;
  HubListener& listener_;
  Random& random_;
  Counters<HubCount> counters_;
  uint64_t last_session_ = 0;
  std::unordered_map<SessionId, Seat> sessions_;
  std::unordered_map<ConnectionId, SessionId> by_connection_;
  std::set<std::pair<std::string, SessionId>> by_user_;
  std::unordered_map<std::string, SessionId> by_token_;  // of who is signed in
  std::set<std::pair<std::string, SessionId>> away_;     // by user, and by address
  std::set<std::pair<MonoTime, SessionId>> deadlines_;
  std::deque<Event> events_;
  bool delivering_ = false;
};

}  // namespace patchcord::wcs

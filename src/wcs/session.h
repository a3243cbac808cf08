// SPDX-License-Identifier: GPL-3.0-or-later
// Session: one signed-in browser and the rules of its protocol: sign in first and once, at most so
// many messages, TRYING at once, one SDP a call, finish exactly once. It decides nothing about SIP.
// NOT here: texts of JSON (messages), sockets and other sessions (hub).
// It calls nobody: what it has to say is left in an Outbox, which the hub empties.
//
//   Connected --connection--> SigningIn --accept--> Established --registered--> Registered
//       any --refuse, failure, flood--> Closing (until the hub forgets it)
//
// Who is signed in outlives a lost socket for a while: the session is away (session_away.cpp), and
// comes back with a page that has its token. What the page misses is kept as state, never as a
// queue: one description and one end a call.
//
// Thread: control. Owner: hub.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/address.h"
#include "core/counters.h"
#include "core/id.h"
#include "core/random.h"
#include "core/time.h"
#include "wcs/messages.h"

namespace patchcord::wcs {

// Close codes (RFC 6455 7.4): 1000 for what was meant, 44xx for what went wrong; mobile clients
// tell DISCONNECTED from FAILED by that.
enum class CloseCode : uint16_t {
  kNormal = 1000,
  kTooLarge = 1009,
  kProtocol = 4400,      // the first message was not a connection
  kUnauthorized = 4401,  // refused, or the registration failed
  kTimeout = 4408,       // no sign-in in time, or no sign of life
  kTakenOver = 4409,     // another connection came with the session's token
  kFlood = 4429,
};

enum class BusyStyle : uint8_t { kBusyThenFinish, kInFinish };  // T9

struct HubOptions {
  BusyStyle busy = BusyStyle::kBusyThenFinish;
  Duration sign_in_timeout = std::chrono::seconds(10);
  Duration ping_interval = std::chrono::seconds(5);
  int missed_pings = 6;  // intervals without any text until the peer counts as dead
  Duration grace = std::chrono::seconds(3);
  uint32_t messages_per_second = 50;      // a burst of twice that many is fine
  uint32_t bytes_per_second = 64 * 1024;  // of messages that are parsed; a burst of 512 kB is fine
  uint32_t push_logs_per_second = 50;     // the excess is dropped without a word
  uint32_t flood_limit = 2000;  // messages dropped in one flood until the socket is closed
  size_t max_calls = 4;         // of one session
  // A page that is away. Its calls end by their media (call/), and all of them within `resume`.
  Duration reload = std::chrono::seconds(5);  // without calls and keepAlive: time for a reload
  Duration resume = std::chrono::seconds(60);
  Duration keep_alive = std::chrono::minutes(10);  // with keepAlive
  size_t away_per_user = 4;                        // the oldest gives way
  size_t away_per_address = 200;                   // an office behind one NAT shares it
};

enum class Security : uint8_t { kPlain, kTls };

struct PeerInfo {
  SocketAddress address;
  std::string origin;  // of the page; empty when it sent none
  std::string user_agent;
  Security security = Security::kPlain;
};

struct SignIn {
  std::string login;  // empty: a session without a SIP account
  std::string authentication_name;
  std::string password;
  std::string domain;
  std::string outbound_proxy;  // never empty when there is a domain
  uint16_t port = 0;           // 0: none given
  Registering registering = Registering::kRequired;
  std::string visible_name;
  std::string contact_params;
  std::string app_key;
  std::string custom;  // JSON text
  PeerInfo peer;
};

enum class SignOut : uint8_t { kSocketClosed, kStayedAway, kRefused, kFlood };

// How a socket ended: a page that leaves says 1000 or nothing in its close frame; one that is torn
// away (no close frame, a page unloaded) may come back.
enum class SocketEnd : uint8_t { kMeant, kLost };

struct CallRequest {
  std::string call_id;
  std::string sdp;
  std::string caller;
  std::string callee;        // one line of text, not empty; else unchecked
  std::string visible_name;  // one line of text
  bool has_audio = true;
  bool has_video = false;
  std::vector<std::string> sip_sdp;
  Parameters invite_parameters;
  std::string custom;
};

struct IncomingRequest {
  std::string call_id{};
  std::string sdp{};  // our offer
  std::string caller{};
  std::string callee{};
  std::string visible_name{};  // empty: the caller
  bool has_video = false;      // makes the page ask for the camera
};

struct CallEnd {
  CallStatus status = CallStatus::kFinish;  // kFinish, kFailed or kBusy
  Cause cause{};
};

struct Refusal {
  std::string status = "FAILED";  // "AUTHENTICATION_FAIL", "REGISTER_EXPIRE", ...
  Cause cause{};
};

// What goes up, as values.
struct AnswerRequest {
  std::string call_id;
  std::string sdp;
};
struct HangupRequest {
  std::string call_id;
  std::string reason;  // unchecked; empty: the user hung up
};
struct DtmfRequest {
  std::string call_id;
  std::string digits;
  DtmfType type = DtmfType::kRfc2833;
};
// The page is away; the session and its calls go on. Ringing calls of a session that is kept alive
// wait for the page, all others must show by their media that it is there.
enum class Keeping : uint8_t { kBriefly, kAlive };
struct WentAway {
  Keeping keeping = Keeping::kBriefly;
};
// Goes on with its calls as they are, or knows none of them and is told those that ring.
enum class Memory : uint8_t { kAllCalls, kNoCalls };
struct CameBack {
  Memory memory = Memory::kNoCalls;
};
using SessionEvent = std::variant<SignIn, SignOut, WentAway, CameBack, CallRequest, AnswerRequest,
                                  HangupRequest, DtmfRequest>;

// A connection that asks for the session of its token; the hub knows whether there is one.
struct ReturnRequest {
  Connection message;
  MonoTime at;
};

struct Closing {
  CloseCode code = CloseCode::kNormal;
  std::string reason;
  SignOut why = SignOut::kSocketClosed;
};

enum class HubCount : uint8_t {
  kTexts,
  kMalformed,
  kUnknown,
  kRefusedByRule,  // answered with fail
  kFlooded,        // dropped above the rate
  kPushLogs,
  kPushLogsDropped,
  kDeadPeers,
  kWentAway,
  kCameBack,
  kCount,
};

struct Outbox {
  explicit Outbox(Counters<HubCount>& counters_) : counters(counters_) {}
  void send(const ServerMessage& message) { texts.push_back(print(message)); }

  Counters<HubCount>& counters;
  std::vector<std::string> texts;
  std::vector<SessionEvent> events;
  std::optional<Closing> closing;  // after the texts
  std::optional<ReturnRequest> returning;
};

// "1001@pbx.example.com": by which a user is known, the domain in any case.
std::string user_key(std::string_view login, std::string_view domain);

// Tokens refill with time: `rate` a second, at most `burst` kept.
class RateLimit {
 public:
  RateLimit(double rate, double burst, MonoTime now)
      : rate_(rate), burst_(burst), tokens_(burst), last_(now) {}
  bool take(MonoTime now, double cost = 1);
  bool is_calm() const { return tokens_ >= burst_ / 2; }

 private:
  double rate_;
  double burst_;
  double tokens_;
  MonoTime last_;
};

class Session {
 public:
  enum class State : uint8_t { kConnected, kSigningIn, kEstablished, kRegistered, kClosing };

  Session(SessionId id, ConnectionId connection, PeerInfo peer, const HubOptions& options,
          std::string auth_token, MonoTime now);

  void on_text(std::string_view text, MonoTime now, Outbox& out);
  void on_time(MonoTime now, Outbox& out);
  MonoTime next_deadline() const;

  // Of its connection: whether the session goes on without, and how it does.
  bool outlives(SocketEnd end) const;
  void go_away(MonoTime now, Outbox& out);
  bool may_return(const Connection& message) const;
  // With the connection of `arrival`, which has not signed in.
  void come_back(const Session& arrival, const ReturnRequest& request, std::string auth_token,
                 Outbox& out);
  // The connection that asked to return found no session.
  void return_refused(const Connection& message, Outbox& out);

  void accept(MonoTime now, Outbox& out);
  void refuse(const Refusal& refusal, Outbox& out);
  void registered(std::string_view sip_message, Outbox& out);
  void registration_failed(const Refusal& refusal, MonoTime now, Outbox& out);
  void registration_waits(const Refusal& refusal, Outbox& out);
  void registration_lost(const Refusal& refusal, MonoTime now, Outbox& out);

  void remote_sdp(std::string_view call_id, std::string_view sdp, Outbox& out);
  void ring(std::string_view call_id, int sip_status, Outbox& out);
  void ring_media(std::string_view call_id, int sip_status, Outbox& out);
  void talk(std::string_view call_id, int sip_status, Outbox& out);
  void finish(std::string_view call_id, const CallEnd& end, Outbox& out);
  Result<void> incoming_call(const IncomingRequest& request, Outbox& out);

  SessionId id() const { return id_; }
  ConnectionId connection() const { return connection_; }  // the last one, when it is away
  const PeerInfo& peer() const { return peer_; }
  const std::string& auth_token() const { return user_data_.auth_token; }
  State state() const { return state_; }
  bool is_away() const { return away_since_.has_value(); }
  bool is_over() const { return state_ == State::kClosing && close_at_ == kNever; }
  bool is_signed_in() const {
    return state_ == State::kEstablished || state_ == State::kRegistered;
  }
  bool was_announced() const { return announced_; }  // on_sign_in went up
  const std::string& user() const { return user_; }  // "login@domain" or empty
  size_t calls() const { return calls_.size(); }

 private:
  // How far a call is; it never steps back.
  enum class Phase : uint8_t { kTrying, kRing, kRingMedia, kAnswered, kUp };
  struct SessionCall {
    CallObject object;
    Phase phase = Phase::kTrying;
    bool sdp_sent = false;
    bool hangup_seen = false;
    bool page_knows = true;  // false: it came while the page was away
    std::string sdp;  // ours, while the page may need it again: a ringing offer, a missed answer
  };
  struct MissedEnd {
    CallObject call;
    CallEnd end;
  };

  // One handler a message, chosen by std::visit.
  void handle(const Connection& message, MonoTime now, Outbox& out);
  void handle(const Call& message, MonoTime now, Outbox& out);
  void handle(const Answer& message, MonoTime now, Outbox& out);
  void handle(const Hangup& message, MonoTime now, Outbox& out);
  void handle(const Hold& message, MonoTime now, Outbox& out);
  void handle(const Unhold& message, MonoTime now, Outbox& out);
  void handle(const Transfer& message, MonoTime now, Outbox& out);
  void handle(const SendDtmf& message, MonoTime now, Outbox& out);
  void handle(const SendData& message, MonoTime now, Outbox& out);
  void handle(const PushLogs& message, MonoTime now, Outbox& out);
  void handle(const SubmitBugReport& message, MonoTime now, Outbox& out);
  void handle(const SessionDebug& message, MonoTime now, Outbox& out);
  void handle(const Ping& message, MonoTime now, Outbox& out);
  void handle(const Pong& message, MonoTime now, Outbox& out);
  void handle(const Unknown& message, MonoTime now, Outbox& out);

  void sign_in(const Connection& message, Outbox& out);
  void drop_silent_peer(MonoTime now, Outbox& out);
  void on_time_away(MonoTime now, Outbox& out);
  std::vector<KnownCall> calls_of_page() const;
  void tell_missed(Memory memory, Outbox& out);
  void announce(SessionCall& call, Outbox& out) const;
  bool may_pass(size_t bytes, MonoTime now, Outbox& out);
  void on_first(const ClientMessage& message, MonoTime now, Outbox& out);
  void note_logs(std::string_view text, MonoTime now, Outbox& out);
  void not_done_yet(std::string_view method, std::string_view call_id, Outbox& out);
  void fail(std::string_view method, std::string_view id, std::string_view reason,
            std::string_view info, Outbox& out) const;
  void end_call(CallObject call, const CallEnd& end, Outbox& out) const;
  void close(CloseCode code, std::string_view reason, SignOut why, Outbox& out);
  SessionCall* find(std::string_view call_id);

  const SessionId id_;
  ConnectionId connection_;
  PeerInfo peer_;
  const HubOptions& options_;
  State state_ = State::kConnected;
  bool announced_ = false;
  bool was_registered_ = false;  // or still may be: what is lost is tried again, and told once
  std::string user_;
  GetUserData user_data_;
  std::map<std::string, SessionCall, std::less<>> calls_;
  RateLimit messages_;
  RateLimit bytes_;
  RateLimit push_logs_;
  uint32_t flood_ = 0;  // messages dropped since the page was last calm
  MonoTime sign_in_by_;
  MonoTime ping_at_ = kNever;
  MonoTime close_at_ = kNever;
  MonoTime last_heard_;

  Keeping keeping_ = Keeping::kBriefly;  // as the page asked
  std::optional<MonoTime> away_since_;
  MonoTime last_busy_{};  // away: when there was a call last
  MonoTime look_at_ = kNever;
  std::vector<MissedEnd> missed_ends_;  // of calls the page knows: as few as it may have calls
};

}  // namespace patchcord::wcs

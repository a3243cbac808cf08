// SPDX-License-Identifier: GPL-3.0-or-later
// Session: one signed-in browser and the rules of its protocol: sign in first and once, at most so
// many messages, TRYING at once, one SDP a call, finish exactly once. It decides nothing about SIP.
// NOT here: texts of JSON (messages), sockets and other sessions (hub).
// It calls nobody: what it has to say is left in an Outbox, which the hub empties.
//
//   Connected --connection--> SigningIn --accept--> Established --registered--> Registered
//       any --refuse, failure, flood, silence--> Closing (until the hub forgets it)
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

enum class SignOut : uint8_t { kSocketClosed, kDeadPeer, kRefused, kFlood };

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
};
struct DtmfRequest {
  std::string call_id;
  std::string digits;
  DtmfType type = DtmfType::kRfc2833;
};
using SessionEvent =
    std::variant<SignIn, SignOut, CallRequest, AnswerRequest, HangupRequest, DtmfRequest>;

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
  kCount,
};

struct Outbox {
  explicit Outbox(Counters<HubCount>& counters_) : counters(counters_) {}
  void send(const ServerMessage& message) { texts.push_back(print(message)); }

  Counters<HubCount>& counters;
  std::vector<std::string> texts;
  std::vector<SessionEvent> events;
  std::optional<Closing> closing;  // after the texts
};

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
  ConnectionId connection() const { return connection_; }
  State state() const { return state_; }
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
  const ConnectionId connection_;
  const PeerInfo peer_;
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
};

}  // namespace patchcord::wcs

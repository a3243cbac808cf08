// SPDX-License-Identifier: GPL-3.0-or-later
// UserAgent: a SIP user agent without a socket or a clock. It binds a message to its transaction,
// dialog or registration; the acts themselves live there. Commands of the owner come in by name,
// bytes and time come in as on_..., events go out as values, bytes go out through Outside.
//
// Events are told only from inside on_message, on_resolved, on_transport_error and on_time, one by
// one, with no lock and no iterator held: a listener may call any command. What a command causes is
// told later; Outside::wake_at() is asked for at once in that case. A command for an id that is
// gone is ignored: a dialog's id is good until its Ended event, and Ended comes exactly once.
// Thread: control. Owner: app. RFC 3261, 3263, 3581, 4028, 6026.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/counters.h"
#include "core/random.h"
#include "core/time.h"
#include "sip/call_events.h"
#include "sip/dialog.h"
#include "sip/local_domain.h"
#include "sip/outside.h"
#include "sip/registration.h"
#include "sip/user_agent_config.h"
#include "sip/wire.h"

namespace patchcord::sip {

class UserAgentListener {
 public:
  virtual ~UserAgentListener() = default;
  virtual void on_event(const Event& event) = 0;
};

// What was dropped, and why: for the metrics.
enum class SipDrop : uint8_t {
  kMalformed,      // wrong responses, wrong ACKs, no SIP
  kUnknownSource,  // a request from who may not call us, or asks for a challenge too often
  kStray,          // an ACK or a response that belongs to nothing
  kFull,           // a limit of ours
  kCount,
};

class UserAgent final : private RequestUser, private ServerTransactionUser {
 public:
  UserAgent(UserAgentConfig config, UserAgentPolicy policy, Outside& outside, Random& random,
            UserAgentListener& listener);
  ~UserAgent() override;

  // Calls from us. The id is good at once; a refusal of ours (next hop not allowed, too many
  // dialogs, a header with a line break) comes as Ended with status 403, 503 or 400.
  DialogId invite(OutgoingCall call, MonoTime now);

  // The domain this gateway is the server of; outlives the user agent. Null: none.
  void serve(LocalDomain* domain) { domain_ = domain; }

  // Calls to us, by the id of IncomingCall.
  void ring(DialogId dialog, MonoTime now);                                    // 180
  void progress(DialogId dialog, std::string sdp, MonoTime now);               // 183 with SDP
  void answer(DialogId dialog, std::string sdp, MonoTime now);                 // 200
  void reject(DialogId dialog, int status, std::string phrase, MonoTime now);  // 300..699

  // Both.
  void hangup(DialogId dialog, Hangup how, MonoTime now);  // CANCEL, BYE or a refusal, as it stands
  void reoffer(DialogId dialog, std::string sdp, MonoTime now);  // re-INVITE; 491 is retried inside
  void answer_reoffer(DialogId dialog, std::string sdp, MonoTime now);
  void refuse_reoffer(DialogId dialog, int status, MonoTime now);
  void send_info(DialogId dialog, std::string content_type, std::string body, MonoTime now);
  std::string call_id(DialogId dialog) const;  // SIP Call-ID, for logs; empty if the id is gone

  RegistrationId register_account(Account account, MonoTime now);
  void unregister(RegistrationId registration, MonoTime now);

  // Ends every dialog and registration in the proper way; is_idle() is true when the last answer
  // came or its time ran out (at most about 70 s).
  void close_all(MonoTime now);
  bool is_idle() const;

  // Arrivals. bytes is one whole message (framing has been done) or a keep-alive of the peer.
  void on_message(ByteSpan bytes, const Target& from, MonoTime now);
  void on_resolved(ResolveTicket ticket, Result<Targets> targets, MonoTime now);
  void on_transport_error(const Target& target, const TransportFault& fault, MonoTime now);
  void on_time(MonoTime now);
  MonoTime next_deadline();  // kNever: nothing to wait for

  // Every message in and out, with credentials and nonces masked.
  void set_trace(Trace trace) { wire_.set_trace(std::move(trace)); }

  // Our own address as that peer reaches it.
  SocketAddress local_address(const Target& target) const { return wire_.local_address(target); }

  size_t dialog_count() const { return dialogs_.size(); }
  size_t registration_count() const { return registrations_.size(); }
  size_t transaction_count() const { return transactions_.size(); }
  const Counters<SipDrop>& drops() const { return drops_; }

  UserAgent(const UserAgent&) = delete;
  UserAgent& operator=(const UserAgent&) = delete;

 private:
  // RequestUser, ServerTransactionUser
  void on_answer(const RequestOwner& owner, RequestId id, const Message& response,
                 const Target& from, MonoTime now) override;
  void on_no_answer(const RequestOwner& owner, RequestId id, const NoAnswer& why,
                    MonoTime now) override;
  void on_silence(const RequestOwner& owner, RequestId id, MonoTime now) override;
  void end_stray(RequestId invite, const Message& response, MonoTime now);
  void on_server_gone(TransactionId id, ServerEnd how, MonoTime now) override;

  // user_agent_requests.cpp: a request from the network
  void on_wrong_request(const Parsed& parsed, const Target& from);
  void on_request(const Message& request, const Target& from, MonoTime now);
  void on_ack(const Message& ack, MonoTime now);
  void on_cancel(const Message& cancel, const Target& from, MonoTime now);
  void on_dialog_request(DialogId id, const Message& request, const Target& from, MonoTime now);
  void on_domain_request(const Message& request, const Target& from, MonoTime now);
  void give(const DomainAnswer& answer, const Message& request, const Target& from, MonoTime now);
  void on_call(const Message& invite, const Target& from, std::string local_user, MonoTime now);
  void on_options(const Message& request, const Target& from);
  bool is_welcome(const Message& request, const Target& from);
  bool is_of_an_invite(const Message& request, const Target& from) const;
  bool refuses(const Message& request, const Target& from);
  DialogId dialog_of(const Message& request) const;
  void reply(const Message& request, const Target& from, Builder response);
  void reply(const Message& request, const Target& from, int status, std::string_view phrase = {});

  static std::string dialog_key(std::string_view call_id, std::string_view local_tag);
  // Runs a step of one dialog or registration, if it is still there, and takes note of its new
  // deadline or its end.
  template <class Act>
  void with(DialogId id, MonoTime now, Act act) {
    const auto it = dialogs_.find(id);
    if (it == dialogs_.end()) return;
    act(it->second);
    settle(id, now);
    rearm();
  }
  template <class Act>
  void with(RegistrationId id, MonoTime now, Act act);
  bool may_send_to(const Account& account);
  void settle(DialogId id, MonoTime now);
  void settle(RegistrationId id, MonoTime now);
  // Runs an arrival; the outermost one then tells the events and asks for the next wake-up.
  template <class Act>
  void turn(Act act);
  void rearm();

  UserAgentConfig config_;
  UserAgentPolicy policy_;
  Outside& outside_;
  Random& random_;
  UserAgentListener& listener_;
  LocalDomain* domain_ = nullptr;
  Wire wire_;
  TransactionTable transactions_;
  RequestSender requests_;
  EventQueue events_;
  DialogBench bench_;

  uint64_t last_id_ = 0;
  uint64_t tag_key_;  // of stateless answers: the same To tag for the same request
  bool is_in_turn_ = false;
  MonoTime armed_ = kNever;
  std::unordered_map<DialogId, Dialog> dialogs_;
  std::unordered_map<std::string, DialogId> dialogs_by_key_;  // Call-ID and our tag
  std::unordered_map<TransactionId, DialogId> invites_;       // that may be cancelled
  Deadlines<DialogId> dialog_deadlines_;
  std::unordered_map<RegistrationId, Registration> registrations_;
  Deadlines<RegistrationId> registration_deadlines_;
  std::unordered_map<std::string, std::string> realms_;  // of the registered, by address of record
  std::unordered_set<IpAddress> next_hops_;              // that have answered a REGISTER of ours
  Counters<SipDrop> drops_;
};

}  // namespace patchcord::sip

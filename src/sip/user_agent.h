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
#include <memory>
#include <string>
#include <string_view>

#include "core/counters.h"
#include "core/function.h"
#include "core/random.h"
#include "core/time.h"
#include "sip/call_events.h"
#include "sip/outside.h"
#include "sip/wire.h"

namespace patchcord::sip {

class UserAgentListener {
 public:
  virtual ~UserAgentListener() = default;
  virtual void on_event(const Event& event) = 0;
};

// What the owner permits. Both are asked before any state is made.
struct UserAgentPolicy {
  // May a request be sent to this next hop (the outbound proxy, else the host of the account)?
  // port 0: not given. Unset: no.
  Function<bool(std::string_view host, uint16_t port, std::optional<TransportKind> transport)>
      may_send_to;
  // May this source open a dialog with us? Next hops in use are admitted without asking. Unset: no.
  Function<bool(const Target& source)> may_call_us;
};

struct UserAgentConfig {
  std::string product = "Patchcord";      // User-Agent and Server headers
  std::chrono::seconds max_ringing{180};  // after this an unanswered INVITE is cancelled
  std::chrono::seconds register_expires{600};
  std::chrono::seconds keep_alive{25};         // 0: no keep-alive datagrams to registrars
  std::chrono::seconds session_expires{1800};  // RFC 4028, as we would like it
  std::chrono::seconds min_se{90};
  size_t max_dialogs = 10000;
  size_t max_transactions = 50000;
};

class UserAgent {
 public:
  UserAgent(UserAgentConfig config, UserAgentPolicy policy, Outside& outside, Random& random,
            UserAgentListener& listener);
  ~UserAgent();

  // Calls from us. The id is good at once; a refusal of ours (next hop not allowed, too many
  // dialogs, a header with a line break) comes as Ended with status 403, 503 or 400.
  DialogId invite(OutgoingCall call, MonoTime now);

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
  // came or its time ran out (at most about 35 s).
  void close_all(MonoTime now);
  bool is_idle() const;

  // Arrivals. bytes is one whole message (framing has been done) or a keep-alive of the peer.
  void on_message(ByteSpan bytes, const Target& from, MonoTime now);
  void on_resolved(ResolveTicket ticket, Targets targets, MonoTime now);
  void on_transport_error(const Target& target, MonoTime now);
  void on_time(MonoTime now);
  MonoTime next_deadline() const;  // kNever: nothing to wait for

  // Every message in and out, with credentials and nonces masked.
  void set_trace(Trace trace);

  size_t dialog_count() const;
  size_t registration_count() const;
  size_t transaction_count() const;

  UserAgent(const UserAgent&) = delete;
  UserAgent& operator=(const UserAgent&) = delete;
};

}  // namespace patchcord::sip

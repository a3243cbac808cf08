// SPDX-License-Identifier: GPL-3.0-or-later
// The four transaction machines of RFC 3261 17, with RFC 6026 (a 2xx keeps an INVITE transaction in
// Accepted). Pure: an input and the time go in, what is to be done comes out. It holds no message
// and sends nothing; sip/transaction does both.
// Thread: any (a value). Owner: a Transaction.
#pragma once

#include <cstdint>

#include "core/time.h"

namespace patchcord::sip {

struct TimerValues {  // RFC 3261 17.1.1.1
  Duration t1 = std::chrono::milliseconds(500);
  Duration t2 = std::chrono::seconds(4);
  Duration t4 = std::chrono::seconds(5);
  Duration timeout() const { return 64 * t1; }  // timers B, D, F, H, J, L, M
};
inline constexpr TimerValues kTimers;

enum class TransactionKind : uint8_t { kInviteClient, kClient, kInviteServer, kServer };
enum class TransactionState : uint8_t {
  kCalling,     // INVITE client
  kTrying,      // others
  kProceeding,  // all; an INVITE server begins here
  kCompleted,   // all
  kConfirmed,   // INVITE server
  kAccepted,    // INVITE client and server, RFC 6026
  kTerminated,
};
// A response is one received by a client, or one the user gives to a server.
enum class TransactionInput : uint8_t {
  kProvisional,
  kSuccess,
  kFailure,  // 300-699
  kRequest,  // server: the same request once more
  kAck,      // INVITE server
  kTransportError,
};
enum class Reliability : uint8_t { kUnreliable, kReliable };

// What the owner of the machine does now. All false: the input is absorbed.
struct TransactionOutcome {
  bool send = false;       // server: the response given goes out and is kept for repeats
  bool resend = false;     // the last message goes out again
  bool ack = false;        // INVITE client: the ACK of a failure goes out (RFC 3261 17.1.1.3)
  bool tell = false;       // the message received goes up to the user
  bool timed_out = false;  // the user hears of a timeout (408)
  bool failed = false;     // the user hears of a transport error (503)
  bool operator==(const TransactionOutcome&) const = default;
};

class TransactionMachine {
 public:
  TransactionMachine(TransactionKind kind, Reliability reliability, MonoTime now);

  TransactionOutcome on(TransactionInput input, MonoTime now);
  TransactionOutcome on_time(MonoTime now);
  // The user waits no longer. An INVITE client that has heard only provisional responses would wait
  // for ever; it now ends after 64*T1.
  void let_go(MonoTime now);
  MonoTime deadline() const { return resend_at_ < end_at_ ? resend_at_ : end_at_; }
  TransactionKind kind() const { return kind_; }
  TransactionState state() const { return state_; }
  bool is_terminated() const { return state_ == TransactionState::kTerminated; }

 private:
  TransactionOutcome on_invite_client(TransactionInput input, MonoTime now);
  TransactionOutcome on_client(TransactionInput input, MonoTime now);
  TransactionOutcome on_invite_server(TransactionInput input, MonoTime now);
  TransactionOutcome on_server(TransactionInput input, MonoTime now);
  TransactionOutcome terminate(TransactionOutcome outcome);
  void enter(TransactionState state, MonoTime end_at);
  void enter_for(TransactionState state, Duration wait, MonoTime now);  // zero when reliable
  void resend_from(MonoTime now);

  TransactionKind kind_;
  Reliability reliability_;
  TransactionState state_;
  Duration interval_{};          // of timers A, E, G
  MonoTime resend_at_ = kNever;  // timers A, E, G
  MonoTime end_at_ = kNever;     // timers B, F, H give up; D, I, J, K, L, M are silence
};

}  // namespace patchcord::sip

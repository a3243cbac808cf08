// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/transaction_machine.h"

#include <algorithm>

namespace patchcord::sip {

namespace {
using Input = TransactionInput;
using Kind = TransactionKind;
using State = TransactionState;
using Outcome = TransactionOutcome;

bool is_final(Input input) {
  return input == Input::kSuccess || input == Input::kFailure;
}
}  // namespace

TransactionMachine::TransactionMachine(Kind kind, Reliability reliability, MonoTime now)
    : kind_(kind), reliability_(reliability) {
  switch (kind) {
    case Kind::kInviteClient:  // timers A and B, 17.1.1.2
      enter(State::kCalling, now + kTimers.timeout());
      resend_from(now);
      break;
    case Kind::kClient:  // timers E and F, 17.1.2.2
      enter(State::kTrying, now + kTimers.timeout());
      resend_from(now);
      break;
    case Kind::kInviteServer:
      enter(State::kProceeding, kNever);
      break;
    case Kind::kServer:
      enter(State::kTrying, kNever);
      break;
  }
}

TransactionOutcome TransactionMachine::on(Input input, MonoTime now) {
  if (is_terminated()) return {};
  switch (kind_) {
    case Kind::kInviteClient:
      return on_invite_client(input, now);
    case Kind::kClient:
      return on_client(input, now);
    case Kind::kInviteServer:
      return on_invite_server(input, now);
    case Kind::kServer:
      return on_server(input, now);
  }
  return {};
}

// Calling > Proceeding > Accepted (2xx) or Completed (3xx-6xx) > Terminated. RFC 6026 figure 5.
TransactionOutcome TransactionMachine::on_invite_client(Input input, MonoTime now) {
  switch (state_) {
    case State::kCalling:
    case State::kProceeding:
      if (input == Input::kTransportError) return terminate({.failed = true});
      if (input == Input::kProvisional) {  // no more copies, and the callee may take its time
        enter(State::kProceeding, kNever);
        return {.tell = true};
      }
      if (input == Input::kSuccess) {
        enter(State::kAccepted, now + kTimers.timeout());  // timer M
        return {.tell = true};
      }
      if (input == Input::kFailure) {
        enter_for(State::kCompleted, kTimers.timeout(), now);  // timer D
        return {.ack = true, .tell = true};
      }
      return {};
    case State::kCompleted:  // a repeated failure means that our ACK was lost
      if (input == Input::kTransportError) return terminate({});
      return {.ack = input == Input::kFailure};
    case State::kAccepted:  // each 2xx, also from another fork, is the user's to ACK
      return {.tell = input == Input::kSuccess};
    default:
      return {};
  }
}

// Trying > Proceeding > Completed > Terminated. RFC 3261 figure 6.
TransactionOutcome TransactionMachine::on_client(Input input, MonoTime now) {
  if (state_ == State::kCompleted) {
    return input == Input::kTransportError ? terminate({}) : Outcome{};
  }
  if (input == Input::kTransportError) return terminate({.failed = true});
  if (input == Input::kProvisional) {
    state_ = State::kProceeding;
    interval_ = kTimers.t2;  // "timer E is reset with T2", at its next firing
    return {.tell = true};
  }
  if (is_final(input)) {
    enter_for(State::kCompleted, kTimers.t4, now);  // timer K
    return {.tell = true};
  }
  return {};
}

// Proceeding > Accepted (2xx) or Completed (3xx-6xx) > Confirmed (ACK) > Terminated. RFC 6026
// figure 7.
TransactionOutcome TransactionMachine::on_invite_server(Input input, MonoTime now) {
  switch (state_) {
    case State::kProceeding:
      if (input == Input::kTransportError) return terminate({.failed = true});
      if (input == Input::kRequest) return {.resend = true};
      if (input == Input::kProvisional) return {.send = true};
      if (input == Input::kSuccess) {
        enter(State::kAccepted, now + kTimers.timeout());  // timer L
        return {.send = true};
      }
      if (input == Input::kFailure) {
        enter(State::kCompleted, now + kTimers.timeout());  // timer H
        resend_from(now);                                   // timer G
        return {.send = true};
      }
      return {};
    case State::kCompleted:
      if (input == Input::kTransportError) return terminate({});
      if (input == Input::kRequest) return {.resend = true};
      if (input == Input::kAck) enter_for(State::kConfirmed, kTimers.t4, now);  // timer I
      return {};
    case State::kAccepted:  // the user repeats its 2xx and sees every ACK
      if (input == Input::kSuccess) return {.send = true};
      return {.tell = input == Input::kAck};
    default:
      return {};
  }
}

// Trying > Proceeding > Completed > Terminated. RFC 3261 figure 8.
TransactionOutcome TransactionMachine::on_server(Input input, MonoTime now) {
  if (input == Input::kTransportError) return terminate({.failed = state_ != State::kCompleted});
  if (input == Input::kRequest) return {.resend = state_ != State::kTrying};
  if (state_ == State::kCompleted) return {};
  if (input == Input::kProvisional) {
    state_ = State::kProceeding;
    return {.send = true};
  }
  if (is_final(input)) {
    enter_for(State::kCompleted, kTimers.timeout(), now);  // timer J
    return {.send = true};
  }
  return {};
}

TransactionOutcome TransactionMachine::on_time(MonoTime now) {
  if (now >= end_at_) {
    const bool gives_up = state_ == State::kCalling || state_ == State::kTrying ||
                          (kind_ == Kind::kClient && state_ == State::kProceeding) ||
                          (kind_ == Kind::kInviteServer && state_ == State::kCompleted);
    return terminate({.timed_out = gives_up});
  }
  if (now < resend_at_) return {};
  // Timer A doubles without end; E and G stop growing at T2.
  interval_ = kind_ == Kind::kInviteClient ? 2 * interval_ : std::min(2 * interval_, kTimers.t2);
  resend_at_ = now + interval_;
  return {.resend = true};
}

void TransactionMachine::let_go(MonoTime now) {
  const bool waits_for_ever = kind_ == Kind::kInviteClient && state_ == State::kProceeding;
  if (waits_for_ever) end_at_ = std::min(end_at_, now + kTimers.timeout());
}

TransactionOutcome TransactionMachine::terminate(Outcome outcome) {
  enter(State::kTerminated, kNever);
  return outcome;
}

void TransactionMachine::enter(State state, MonoTime end_at) {
  state_ = state;
  end_at_ = end_at;
  resend_at_ = kNever;
}

// "... if a reliable transport is used, zero": nothing can come twice.
void TransactionMachine::enter_for(State state, Duration wait, MonoTime now) {
  if (reliability_ == Reliability::kReliable) {
    enter(State::kTerminated, kNever);
  } else {
    enter(state, now + wait);
  }
}

void TransactionMachine::resend_from(MonoTime now) {
  if (reliability_ == Reliability::kReliable) return;
  interval_ = kTimers.t1;
  resend_at_ = now + interval_;
}

}  // namespace patchcord::sip

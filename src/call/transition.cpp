// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/transition.h"

namespace patchcord::call {
namespace {

// Whatever the cause, one way out: the sides that still live are told, media is closed, and the
// report waits for the engine's last word.
Step leave(Event event) {
  if (event.kind == EventKind::kLegEnded) {
    const Action other_end = event.side == Side::kA ? Action::kEndB : Action::kEndA;
    return {State::kEnding, {other_end, Action::kCloseMedia}};
  }
  return {State::kEnding, {Action::kEndA, Action::kEndB, Action::kCloseMedia}};
}

bool ends_a_call(EventKind kind) {
  return kind == EventKind::kLegEnded || kind == EventKind::kMediaFailed ||
         kind == EventKind::kTimeout || kind == EventKind::kFinish;
}

// Before the answer: only B moves the call on, and never backwards.
Step before_answer(State state, Event event) {
  if (event.kind == EventKind::kReoffered) {  // an UPDATE: of what early media has agreed only
    const bool has_agreed = state == State::kEarly;
    return {state, {has_agreed ? Action::kAnswerReoffer : Action::kRefuseReoffer}};
  }
  if (event.kind == EventKind::kDigits && state == State::kEarly) {
    return {state, {Action::kSendDigits}};  // an IVR may listen before it answers
  }
  if (event.side != Side::kB) return {state, {}};
  switch (event.kind) {
    case EventKind::kPrepared:
      if (state != State::kDialing) return {state, {}};
      return {state, {Action::kOfferB}};
    case EventKind::kRinging:
      if (state != State::kDialing) return {state, {}};
      return {State::kRinging, {Action::kRingA}};
    case EventKind::kEarly:
      if (state == State::kEarly) return {state, {Action::kApply}};  // another fork's sound
      return {State::kEarly, {Action::kApply, Action::kEarlyA}};
    case EventKind::kAnswered:
      return {State::kUp, {Action::kApply, Action::kTalk}};
    default:
      return {state, {}};
  }
}

Step while_up(Event event) {
  switch (event.kind) {
    case EventKind::kReoffered:
      return {State::kUp, {Action::kAnswerReoffer}};
    case EventKind::kDigits:
      return {State::kUp, {Action::kSendDigits}};
    case EventKind::kAnswered:  // a delayed offer (RFC 3261 13.2.1): our 200 offered
      return {State::kUp, {Action::kApply}};
    default:
      return {State::kUp, {}};
  }
}

}  // namespace

Step transition(State state, Event event) {
  if (state == State::kEnded) return {state, {}};
  if (state == State::kEnding) {
    if (event.kind != EventKind::kMediaClosed) return {state, {}};
    return {State::kEnded, {Action::kReport}};
  }
  if (ends_a_call(event.kind)) return leave(event);
  switch (state) {
    case State::kIdle:
      if (event.kind != EventKind::kBegin) return {state, {}};
      return {State::kDialing, {Action::kDescribeA, Action::kPrepareB}};
    case State::kDialing:
    case State::kRinging:
    case State::kEarly:
      return before_answer(state, event);
    case State::kUp:
      return while_up(event);
    case State::kEnding:
    case State::kEnded:
      break;
  }
  return {state, {}};
}

const char* name(State state) {
  switch (state) {
    case State::kIdle:
      return "idle";
    case State::kDialing:
      return "dialing";
    case State::kRinging:
      return "ringing";
    case State::kEarly:
      return "early";
    case State::kUp:
      return "up";
    case State::kEnding:
      return "ending";
    case State::kEnded:
      return "ended";
  }
  return "";
}

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
// The table of the house: what a call does next. Pure: (State, Event) to (State, Actions); it
// touches nothing, so every path is tested without a socket.
//
//    Idle ─begin─▶ Dialing ─ringing─▶ Ringing ─early─▶ Early
//                     │  └──── early ────────────────▶  │
//                     └───────── answered ──▶ Up ◀──────┘
//    any of them ─ a leg ended, media failed, finish ─▶ Ending ─media closed─▶ Ended
//
// An event that means nothing in a state (a late 180, a second hangup) gives the same state and no
// action; that is normal on a network and not a fault.
// Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "media/plan.h"

namespace patchcord::call {

using media::Side;

enum class State : uint8_t { kIdle, kDialing, kRinging, kEarly, kUp, kEnding, kEnded };

enum class EventKind : uint8_t {
  kBegin,        // both legs are there and media is reserved
  kPrepared,     // of B: the way is known
  kRinging,      // of B
  kEarly,        // of B: with SDP
  kAnswered,     // of B; once up, of either side: the SDP of an ACK
  kReoffered,    // of either side
  kDigits,       // of either side
  kLegEnded,     // of either side
  kMediaFailed,  // ICE, DTLS, consent, silence, a page that is gone
  kTimeout,      // nobody answered, or the longest call is over
  kFinish,       // the gateway ends the call (API, drain, a fault of a side's SDP)
  kMediaClosed,  // the last report of the media engine
};

struct Event {
  EventKind kind;
  Side side = Side::kB;  // whose event; without meaning for the gateway's own
};

enum class Action : uint8_t {
  kDescribeA,  // give A our answer; a browser connects its media from here on
  kPrepareB,   // find the way to B
  kOfferB,     // INVITE, or notifyIncomingCall
  kRingA,
  kEarlyA,
  kApply,          // read the SDP the event's side sent and change the media plan
  kTalk,           // open both directions, tell both sides
  kAnswerReoffer,  // of the event's side
  kRefuseReoffer,
  kSendDigits,  // of the event's side, to the other
  kEndA,
  kEndB,
  kCloseMedia,
  kReport,  // tell the observers; the call may be reaped
};

class Actions {
 public:
  Actions() = default;
  Actions(std::initializer_list<Action> actions) {
    for (const Action a : actions) list_[size_++] = a;
  }
  const Action* begin() const { return list_.data(); }
  const Action* end() const { return list_.data() + size_; }
  size_t size() const { return size_; }
  bool contains(Action action) const {
    for (const Action a : *this) {
      if (a == action) return true;
    }
    return false;
  }

 private:
  std::array<Action, 4> list_{};
  size_t size_ = 0;
};

struct Step {
  State next;
  Actions actions;
};

Step transition(State state, Event event);

const char* name(State state);

}  // namespace patchcord::call

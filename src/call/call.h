// SPDX-License-Identifier: GPL-3.0-or-later
// Call: two legs and one bridge of the media engine. It runs the table (transition), lets
// negotiation write every SDP, and performs the actions; it decides nothing and speaks no protocol.
//
//      Leg A ──LegEvent──▶ ┌──────┐ ◀──LegEvent── Leg B
//            ◀──commands── │ Call │ ──commands──▶
//                          └──┬───┘
//                 plans ▼     │     ▲ media events
//                        media::Engine
//
// Events that come while one is handled wait their turn: run to completion, no re-entrance.
// Thread: control. Owner: Registry, which reaps it some turn after it ended.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <variant>

#include "call/admission.h"
#include "call/leg.h"
#include "call/negotiation.h"
#include "call/observer.h"
#include "call/transition.h"
#include "core/executor.h"
#include "media/engine.h"

namespace patchcord::call {

struct CallLimits {
  std::chrono::seconds ringing{90};  // an unanswered call ends so; 0: never
  std::chrono::seconds longest{0};   // 0: no limit
  // A side whose signalling is lost: how long its media may carry the call on, and how long that
  // may be silent meanwhile.
  std::chrono::seconds resume{60};
  std::chrono::seconds unheard{10};
};

// What every call needs of the house; all outlive the calls.
struct CallServices {
  Executor& control;
  const Clock& clock;
  media::Engine& engine;
  const MediaPolicy& policy;
  const CallLimits& limits;
  Observer& observer;
};

struct CallParts {
  CallId id;
  std::unique_ptr<Leg> a, b;
  std::string offer;            // A's SDP; empty: A asks us to offer (a SIP INVITE without SDP)
  OwnAddress a_media_address;   // our address as A's peer reaches it; without meaning for a browser
  IpAddress a_signalling_peer;  // where A's signalling comes from
  Party caller, callee;
  Applicant applicant{};  // whose calls it counts among
};

class Call final : public LegListener {
 public:
  Call(CallParts parts, CallServices& services, Function<void(CallId)> on_ended);
  ~Call() override;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void begin();
  void on_leg_event(Side side, LegEvent event) override;
  void on_media_event(const media::MediaEvent& event);
  // The one door out, whatever the cause; the first reason stands.
  void finish(Reason reason);

  CallId id() const { return id_; }
  State state() const { return state_; }
  MediaId media() const { return media_; }
  Snapshot snapshot() const;

 private:
  struct Finish {
    Reason reason;
    EventKind kind;  // kBegin, kTimeout or kFinish
  };
  using Input = std::variant<std::pair<Side, LegEvent>, media::MediaEvent, Finish>;

  void accept(Input input);
  void take(std::pair<Side, LegEvent>& event);
  void take(const media::MediaEvent& event);
  void take(const Finish& finish);
  void take_leg(Side side, const Prepared& event);
  void take_leg(Side side, const Ringing& event);
  void take_leg(Side side, Early& event);
  void take_leg(Side side, Answered& event);
  void take_leg(Side side, Reoffered& event);
  void take_leg(Side side, DigitsAsked& event);
  void take_leg(Side side, const SignallingLost& event);
  void take_leg(Side side, const SignallingBack& event);
  void take_leg(Side side, LegEnded& event);

  void check_presence(Side side);
  void step(EventKind kind, Side side);
  void perform(Action action, Side side);
  void describe_a();
  void offer_b();
  void apply(Side side);
  void talk();
  void send_digits(Side to);
  void answer_reoffer(Side side);
  void close_media();
  void report();
  void object(const Objection& objection);
  void fail(Reason reason);
  void end_with(Ending ending);
  void push_plan(Sound sound);
  Result<void> reserve();
  std::string sip_call_id() const;  // for the log; empty while there is none

  Leg& leg(Side side) { return side == Side::kA ? *a_ : *b_; }
  const Leg& leg(Side side) const { return side == Side::kA ? *a_ : *b_; }
  Agreement& agreement(Side side) { return agreements_[media::index(side)]; }

  const CallId id_;
  CallServices& services_;
  Function<void(CallId)> on_ended_;
  std::unique_ptr<Leg> a_, b_;
  const Party caller_, callee_;
  std::string offer_;  // of A, until it is answered

  State state_ = State::kIdle;
  std::deque<Input> inbox_;
  bool is_working_ = false;

  MediaId media_;
  bool media_is_open_ = false;
  std::array<Agreement, 2> agreements_;
  std::string pending_sdp_;     // of the event that is handled
  std::string pending_digits_;  // of the event that is handled
  Sound sound_ = Sound::kNone;

  TimerId timer_;
  std::optional<Ending> ending_;
  WallTime began_;
  MonoTime began_mono_;
  std::optional<MonoTime> answered_;
  media::Stats stats_;
  bool is_connected_ = false;
  std::array<bool, 2> first_packet_{};
  std::array<std::optional<MonoTime>, 2> lost_since_{};  // the signalling of a side
};

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/transition.h"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.h"

namespace patchcord::call {
namespace {

constexpr State kStates[] = {State::kIdle, State::kDialing, State::kRinging, State::kEarly,
                             State::kUp,   State::kEnding,  State::kEnded};
constexpr EventKind kEvents[] = {
    EventKind::kBegin,       EventKind::kPrepared,  EventKind::kRinging, EventKind::kEarly,
    EventKind::kAnswered,    EventKind::kReoffered, EventKind::kDigits,  EventKind::kLegEnded,
    EventKind::kMediaFailed, EventKind::kTimeout,   EventKind::kFinish,  EventKind::kMediaClosed};

struct Row {
  const char* what;
  State state;
  Event event;
  State next;
  std::vector<Action> actions;
};

const Row kRows[] = {
    {"the browser is answered before the phone is asked",
     State::kIdle,
     {EventKind::kBegin},
     State::kDialing,
     {Action::kDescribeA, Action::kPrepareB}},
    {"the way is known",
     State::kDialing,
     {EventKind::kPrepared},
     State::kDialing,
     {Action::kOfferB}},
    {"180", State::kDialing, {EventKind::kRinging}, State::kRinging, {Action::kRingA}},
    {"a second 180 rings once", State::kRinging, {EventKind::kRinging}, State::kRinging, {}},
    {"183 with SDP",
     State::kRinging,
     {EventKind::kEarly},
     State::kEarly,
     {Action::kApply, Action::kEarlyA}},
    {"a fork's 183", State::kEarly, {EventKind::kEarly}, State::kEarly, {Action::kApply}},
    {"200 at once",
     State::kDialing,
     {EventKind::kAnswered},
     State::kUp,
     {Action::kApply, Action::kTalk}},
    {"200 after early media",
     State::kEarly,
     {EventKind::kAnswered},
     State::kUp,
     {Action::kApply, Action::kTalk}},
    {"a late 180", State::kUp, {EventKind::kRinging}, State::kUp, {}},
    {"the ACK brings the SDP",
     State::kUp,
     {EventKind::kAnswered, Side::kA},
     State::kUp,
     {Action::kApply}},
    {"re-INVITE",
     State::kUp,
     {EventKind::kReoffered, Side::kB},
     State::kUp,
     {Action::kAnswerReoffer}},
    {"UPDATE while it rings",
     State::kRinging,
     {EventKind::kReoffered, Side::kB},
     State::kRinging,
     {Action::kRefuseReoffer}},
    {"digits while talking",
     State::kUp,
     {EventKind::kDigits, Side::kA},
     State::kUp,
     {Action::kSendDigits}},
    {"digits to an announcement",
     State::kEarly,
     {EventKind::kDigits, Side::kA},
     State::kEarly,
     {Action::kSendDigits}},
    {"digits to nobody", State::kRinging, {EventKind::kDigits, Side::kA}, State::kRinging, {}},
    {"the caller gives up",
     State::kRinging,
     {EventKind::kLegEnded, Side::kA},
     State::kEnding,
     {Action::kEndB, Action::kCloseMedia}},
    {"busy",
     State::kDialing,
     {EventKind::kLegEnded, Side::kB},
     State::kEnding,
     {Action::kEndA, Action::kCloseMedia}},
    {"nobody answers",
     State::kRinging,
     {EventKind::kTimeout},
     State::kEnding,
     {Action::kEndA, Action::kEndB, Action::kCloseMedia}},
    {"ICE fails",
     State::kUp,
     {EventKind::kMediaFailed, Side::kA},
     State::kEnding,
     {Action::kEndA, Action::kEndB, Action::kCloseMedia}},
    {"a second hangup", State::kEnding, {EventKind::kLegEnded, Side::kB}, State::kEnding, {}},
    {"200 crosses the hangup", State::kEnding, {EventKind::kAnswered}, State::kEnding, {}},
    {"the last report",
     State::kEnding,
     {EventKind::kMediaClosed},
     State::kEnded,
     {Action::kReport}},
};

TEST(Transition, Table) {
  for (const Row& row : kRows) {
    const Step step = transition(row.state, row.event);
    EXPECT_EQ(step.next, row.next) << row.what;
    EXPECT_EQ(std::vector<Action>(step.actions.begin(), step.actions.end()), row.actions)
        << row.what;
  }
}

TEST(Transition, NeverGoesBack) {
  for (const State state : kStates) {
    for (const EventKind kind : kEvents) {
      for (const Side side : media::kSides) {
        EXPECT_GE(transition(state, {kind, side}).next, state)
            << name(state) << " " << static_cast<int>(kind);
      }
    }
  }
}

TEST(Transition, EveryLiveStateCanEndAndEndsEachSideOnce) {
  for (const State state :
       {State::kIdle, State::kDialing, State::kRinging, State::kEarly, State::kUp}) {
    for (const EventKind kind :
         {EventKind::kLegEnded, EventKind::kMediaFailed, EventKind::kTimeout, EventKind::kFinish}) {
      const Step step = transition(state, {kind, Side::kA});
      EXPECT_EQ(step.next, State::kEnding);
      EXPECT_TRUE(step.actions.contains(Action::kCloseMedia));
      EXPECT_TRUE(step.actions.contains(Action::kEndB));
      EXPECT_EQ(step.actions.contains(Action::kEndA), kind != EventKind::kLegEnded)
          << "a side that ended is not ended again";
    }
  }
}

TEST(Transition, RandomWalksAlwaysEndAndReportOnce) {
  SeededRandom random(1);
  for (int walk = 0; walk < 20000; ++walk) {
    State state = State::kIdle;
    int reports = 0, closes = 0;
    for (int i = 0; i < 40; ++i) {
      const Event event{kEvents[random.below(std::size(kEvents))],
                        random.below(2) ? Side::kA : Side::kB};
      const Step step = transition(state, event);
      reports += step.actions.contains(Action::kReport);
      closes += step.actions.contains(Action::kCloseMedia);
      state = step.next;
    }
    state = transition(state, {EventKind::kFinish}).next;
    state = transition(state, {EventKind::kMediaClosed}).next;
    ASSERT_EQ(state, State::kEnded);
    ASSERT_LE(reports, 1);
    ASSERT_LE(closes, 1);
  }
}

}  // namespace
}  // namespace patchcord::call

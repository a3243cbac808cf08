// SPDX-License-Identifier: GPL-3.0-or-later
// Every state of the four machines against every input, their timers to the millisecond, and whole
// exchanges over a path that loses up to 60 % both ways.
#include "sip/transaction_machine.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "core/random.h"

namespace patchcord::sip {
namespace {

using namespace std::chrono_literals;
using Input = TransactionInput;
using Kind = TransactionKind;
using State = TransactionState;
using Outcome = TransactionOutcome;

const MonoTime kStart{1000s};

constexpr Outcome kNothing{};
constexpr Outcome kTell{.tell = true};
constexpr Outcome kSend{.send = true};
constexpr Outcome kResend{.resend = true};
constexpr Outcome kFailed{.failed = true};

// Columns: kProvisional kSuccess kFailure kRequest kAck kTransportError.
struct Cell {
  Outcome outcome;
  State next;
};
struct StateRow {
  Kind kind;
  State state;
  std::vector<Input> path;
  Cell cells[6];
};

const std::vector<StateRow> kTable = {
    {Kind::kInviteClient,
     State::kCalling,
     {},
     {{kTell, State::kProceeding},
      {kTell, State::kAccepted},
      {{.ack = true, .tell = true}, State::kCompleted},
      {kNothing, State::kCalling},
      {kNothing, State::kCalling},
      {kFailed, State::kTerminated}}},
    {Kind::kInviteClient,
     State::kProceeding,
     {Input::kProvisional},
     {{kTell, State::kProceeding},
      {kTell, State::kAccepted},
      {{.ack = true, .tell = true}, State::kCompleted},
      {kNothing, State::kProceeding},
      {kNothing, State::kProceeding},
      {kFailed, State::kTerminated}}},
    {Kind::kInviteClient,
     State::kCompleted,
     {Input::kFailure},
     {{kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {{.ack = true}, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kTerminated}}},
    {Kind::kInviteClient,
     State::kAccepted,
     {Input::kSuccess},
     {{kNothing, State::kAccepted},
      {kTell, State::kAccepted},
      {kNothing, State::kAccepted},
      {kNothing, State::kAccepted},
      {kNothing, State::kAccepted},
      {kNothing, State::kAccepted}}},

    {Kind::kClient,
     State::kTrying,
     {},
     {{kTell, State::kProceeding},
      {kTell, State::kCompleted},
      {kTell, State::kCompleted},
      {kNothing, State::kTrying},
      {kNothing, State::kTrying},
      {kFailed, State::kTerminated}}},
    {Kind::kClient,
     State::kProceeding,
     {Input::kProvisional},
     {{kTell, State::kProceeding},
      {kTell, State::kCompleted},
      {kTell, State::kCompleted},
      {kNothing, State::kProceeding},
      {kNothing, State::kProceeding},
      {kFailed, State::kTerminated}}},
    {Kind::kClient,
     State::kCompleted,
     {Input::kSuccess},
     {{kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kTerminated}}},

    {Kind::kInviteServer,
     State::kProceeding,
     {},
     {{kSend, State::kProceeding},
      {kSend, State::kAccepted},
      {kSend, State::kCompleted},
      {kResend, State::kProceeding},
      {kNothing, State::kProceeding},
      {kFailed, State::kTerminated}}},
    {Kind::kInviteServer,
     State::kCompleted,
     {Input::kFailure},
     {{kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kResend, State::kCompleted},
      {kNothing, State::kConfirmed},
      {kNothing, State::kTerminated}}},
    {Kind::kInviteServer,
     State::kConfirmed,
     {Input::kFailure, Input::kAck},
     {{kNothing, State::kConfirmed},
      {kNothing, State::kConfirmed},
      {kNothing, State::kConfirmed},
      {kNothing, State::kConfirmed},
      {kNothing, State::kConfirmed},
      {kNothing, State::kConfirmed}}},
    {Kind::kInviteServer,
     State::kAccepted,
     {Input::kSuccess},
     {{kNothing, State::kAccepted},
      {kSend, State::kAccepted},
      {kNothing, State::kAccepted},
      {kNothing, State::kAccepted},
      {kTell, State::kAccepted},
      {kNothing, State::kAccepted}}},

    {Kind::kServer,
     State::kTrying,
     {},
     {{kSend, State::kProceeding},
      {kSend, State::kCompleted},
      {kSend, State::kCompleted},
      {kNothing, State::kTrying},
      {kNothing, State::kTrying},
      {kFailed, State::kTerminated}}},
    {Kind::kServer,
     State::kProceeding,
     {Input::kProvisional},
     {{kSend, State::kProceeding},
      {kSend, State::kCompleted},
      {kSend, State::kCompleted},
      {kResend, State::kProceeding},
      {kNothing, State::kProceeding},
      {kFailed, State::kTerminated}}},
    {Kind::kServer,
     State::kCompleted,
     {Input::kSuccess},
     {{kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kCompleted},
      {kResend, State::kCompleted},
      {kNothing, State::kCompleted},
      {kNothing, State::kTerminated}}},
};

TEST(TransactionMachine, EveryStateAndEveryInput) {
  for (const StateRow& row : kTable) {
    for (int column = 0; column < 6; ++column) {
      SCOPED_TRACE("kind " + std::to_string(static_cast<int>(row.kind)) + " state " +
                   std::to_string(static_cast<int>(row.state)) + " input " +
                   std::to_string(column));
      TransactionMachine machine(row.kind, Reliability::kUnreliable, kStart);
      for (const Input input : row.path) machine.on(input, kStart);
      ASSERT_EQ(machine.state(), row.state);
      EXPECT_EQ(machine.on(static_cast<Input>(column), kStart), row.cells[column].outcome);
      EXPECT_EQ(machine.state(), row.cells[column].next);
    }
  }
}

TEST(TransactionMachine, ATerminatedMachineIsDeafAndHasNoDeadline) {
  for (const Kind kind : {Kind::kInviteClient, Kind::kClient, Kind::kInviteServer, Kind::kServer}) {
    TransactionMachine machine(kind, Reliability::kUnreliable, kStart);
    machine.on(Input::kTransportError, kStart);
    ASSERT_TRUE(machine.is_terminated());
    EXPECT_EQ(machine.deadline(), kNever);
    for (int input = 0; input < 6; ++input) {
      EXPECT_EQ(machine.on(static_cast<Input>(input), kStart), kNothing);
    }
  }
}

// Runs a machine by its own deadlines; gives the milliseconds at which it resent and ended.
struct Timeline {
  std::vector<int64_t> resent;
  int64_t ended = -1;
  bool timed_out = false;
};
Timeline run(TransactionMachine& machine, MonoTime from) {
  Timeline timeline;
  for (int guard = 0; guard < 100 && machine.deadline() != kNever; ++guard) {
    const MonoTime now = machine.deadline();
    const Outcome outcome = machine.on_time(now);
    if (outcome.resend) timeline.resent.push_back(to_ms(now - from));
    timeline.timed_out |= outcome.timed_out;
    if (machine.is_terminated()) timeline.ended = to_ms(now - from);
  }
  return timeline;
}

TEST(TransactionMachine, InviteClientTimersAAndB) {
  TransactionMachine machine(Kind::kInviteClient, Reliability::kUnreliable, kStart);
  const Timeline timeline = run(machine, kStart);
  EXPECT_EQ(timeline.resent, (std::vector<int64_t>{500, 1500, 3500, 7500, 15500, 31500}));
  EXPECT_EQ(timeline.ended, 32000);
  EXPECT_TRUE(timeline.timed_out);
}

TEST(TransactionMachine, ClientTimersEAndF) {
  TransactionMachine machine(Kind::kClient, Reliability::kUnreliable, kStart);
  const Timeline timeline = run(machine, kStart);
  EXPECT_EQ(timeline.resent, (std::vector<int64_t>{500, 1500, 3500, 7500, 11500, 15500, 19500,
                                                   23500, 27500, 31500}));
  EXPECT_EQ(timeline.ended, 32000);
  EXPECT_TRUE(timeline.timed_out);
}

TEST(TransactionMachine, AClientInProceedingResendsEveryT2AndStillTimesOut) {
  TransactionMachine machine(Kind::kClient, Reliability::kUnreliable, kStart);
  machine.on(Input::kProvisional, kStart + 100ms);
  const Timeline timeline = run(machine, kStart);
  EXPECT_EQ(timeline.resent,
            (std::vector<int64_t>{500, 4500, 8500, 12500, 16500, 20500, 24500, 28500}));
  EXPECT_EQ(timeline.ended, 32000);
  EXPECT_TRUE(timeline.timed_out);
}

TEST(TransactionMachine, InviteServerTimersGAndH) {
  TransactionMachine machine(Kind::kInviteServer, Reliability::kUnreliable, kStart);
  EXPECT_EQ(machine.deadline(), kNever);
  machine.on(Input::kFailure, kStart);
  const Timeline timeline = run(machine, kStart);
  EXPECT_EQ(timeline.resent, (std::vector<int64_t>{500, 1500, 3500, 7500, 11500, 15500, 19500,
                                                   23500, 27500, 31500}));
  EXPECT_EQ(timeline.ended, 32000);
  EXPECT_TRUE(timeline.timed_out);
}

struct Wait {
  Kind kind;
  std::vector<Input> path;
  int64_t unreliable_ms;
  int64_t reliable_ms;
};
const Wait kWaits[] = {
    {Kind::kInviteClient, {Input::kFailure}, 32000, 0},              // timer D
    {Kind::kInviteClient, {Input::kSuccess}, 32000, 32000},          // timer M
    {Kind::kClient, {Input::kSuccess}, 5000, 0},                     // timer K
    {Kind::kInviteServer, {Input::kSuccess}, 32000, 32000},          // timer L
    {Kind::kInviteServer, {Input::kFailure, Input::kAck}, 5000, 0},  // timer I
    {Kind::kServer, {Input::kFailure}, 32000, 0},                    // timer J
};

TEST(TransactionMachine, WaitsAfterTheEndAreZeroOnlyWhereNothingCanComeTwice) {
  for (const Wait& wait : kWaits) {
    for (const Reliability reliability : {Reliability::kUnreliable, Reliability::kReliable}) {
      TransactionMachine machine(wait.kind, reliability, kStart);
      for (const Input input : wait.path) machine.on(input, kStart);
      const bool is_reliable = reliability == Reliability::kReliable;
      const int64_t expected = is_reliable ? wait.reliable_ms : wait.unreliable_ms;
      if (expected == 0) {
        EXPECT_TRUE(machine.is_terminated());
        continue;
      }
      const Timeline timeline = run(machine, kStart);
      EXPECT_EQ(timeline.ended, expected);
      EXPECT_TRUE(timeline.resent.empty());
      EXPECT_FALSE(timeline.timed_out);
    }
  }
}

TEST(TransactionMachine, NothingIsResentOverAReliableTransport) {
  for (const Kind kind : {Kind::kInviteClient, Kind::kClient}) {
    TransactionMachine machine(kind, Reliability::kReliable, kStart);
    const Timeline timeline = run(machine, kStart);
    EXPECT_TRUE(timeline.resent.empty());
    EXPECT_EQ(timeline.ended, 32000);
    EXPECT_TRUE(timeline.timed_out);
  }
}

TEST(TransactionMachine, ALateWakeUpResendsOnceOnly) {
  TransactionMachine machine(Kind::kClient, Reliability::kUnreliable, kStart);
  EXPECT_TRUE(machine.on_time(kStart + 9s).resend);
  EXPECT_EQ(machine.on_time(kStart + 9s), kNothing);
  EXPECT_EQ(machine.deadline(), kStart + 10s);
}

// A client and a server machine joined by a path that loses: whatever is lost, both end.
void exchange(Kind client_kind, Kind server_kind, Input answer, uint32_t loss_percent,
              SeededRandom& random) {
  MonoTime now = kStart;
  TransactionMachine client(client_kind, Reliability::kUnreliable, now);
  std::optional<TransactionMachine> server;
  const auto arrives = [&] { return random.below(100) >= loss_percent; };
  const auto request_reaches_server = [&] {
    if (!arrives()) return false;
    if (!server) {
      server.emplace(server_kind, Reliability::kUnreliable, now);
      return server->on(answer, now).send;
    }
    return server->on(Input::kRequest, now).resend;
  };
  const auto to_client = [&] {
    if (!arrives()) return;
    if (client.on(answer, now).ack && arrives()) server->on(Input::kAck, now);
  };
  if (request_reaches_server()) to_client();
  for (int steps = 0; steps < 1000; ++steps) {
    MonoTime next = client.deadline();
    if (server) next = std::min(next, server->deadline());
    if (next == kNever) break;
    now = next;
    if (client.deadline() <= now && client.on_time(now).resend && request_reaches_server()) {
      to_client();
    }
    if (server && server->deadline() <= now && server->on_time(now).resend) to_client();
  }
  ASSERT_TRUE(client.is_terminated());
  ASSERT_TRUE(!server || server->is_terminated());
  ASSERT_LE(now - kStart, 100s);
}

TEST(TransactionMachine, EveryExchangeEndsWhateverIsLost) {
  SeededRandom random(20240229);
  for (uint32_t loss = 0; loss <= 60; loss += 5) {
    for (int i = 0; i < 200; ++i) {
      exchange(Kind::kClient, Kind::kServer, Input::kSuccess, loss, random);
      exchange(Kind::kInviteClient, Kind::kInviteServer, Input::kFailure, loss, random);
      exchange(Kind::kInviteClient, Kind::kInviteServer, Input::kSuccess, loss, random);
    }
  }
}

}  // namespace
}  // namespace patchcord::sip

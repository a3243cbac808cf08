// SPDX-License-Identifier: GPL-3.0-or-later
// ReofferClient: a re-INVITE of ours, or the UPDATE that refreshes a session: one at a time. It
// does what the network makes of it (challenge, glare, ACK and its repetition) and tells the dialog
// only how it ended.
//
//     idle ─start─▶ pending ─2xx─▶ idle (kAccepted)
//       ▲             │ ▲ └─491─▶ waiting (RFC 3261 14.1) ─┐
//       └── failure ──┘ └────────────────────────────────-─┘
//
// Thread: control. Owner: Dialog.
#pragma once

#include <string>
#include <vector>

#include "sip/account_auth.h"
#include "sip/dialog_bench.h"
#include "sip/dialog_state.h"

namespace patchcord::sip {

// What a request of ours inside a dialog needs from it.
struct DialogSide {
  DialogId id;
  DialogState& state;
  AccountAuth& auth;
};

class ReofferClient {
 public:
  enum class Purpose : uint8_t { kOwner, kRefresh };
  enum class CallIdOwner : uint8_t { kUs, kPeer };  // decides who waits longer after a 491
  enum class News : uint8_t { kNone, kAccepted, kRefused, kDialogGone };
  struct Plan {
    Method method = Method::kInvite;  // or kUpdate
    Purpose purpose = Purpose::kOwner;
    std::string sdp;                 // empty in an UPDATE that only refreshes
    std::vector<ExtraHeader> lines;  // the session timer's
  };

  ReofferClient(const DialogBench& bench, CallIdOwner owner) : bench_(bench), owner_(owner) {}

  // Only while !is_busy().
  void start(Plan plan, const DialogSide& side, MonoTime now);
  bool is_busy() const { return phase_ != Phase::kIdle; }
  // An offer of ours is on its way: one of the peer's is glare. Not while waiting after a 491.
  bool is_pending() const { return phase_ == Phase::kPending; }
  // The peer's offer goes first.
  void wait_until(MonoTime when) {
    if (phase_ == Phase::kWaiting && wake_at_ < when) wake_at_ = when;
  }
  const Plan& plan() const { return plan_; }

  bool owns(RequestId request) const { return request == request_; }
  News on_answer(const Message& response, const DialogSide& side, MonoTime now);
  News on_no_answer(const NoAnswer& why);
  void on_time(const DialogSide& side, MonoTime now);
  MonoTime deadline() const { return phase_ == Phase::kIdle ? kNever : wake_at_; }
  void close(MonoTime now);

 private:
  enum class Phase : uint8_t { kIdle, kPending, kWaiting };
  static constexpr int kMaxGlares = 5;

  void send(const DialogSide& side, MonoTime now);
  News finish(News news);
  Duration glare_pause();

  DialogBench bench_;
  CallIdOwner owner_;
  Phase phase_ = Phase::kIdle;
  Plan plan_;
  RequestId request_;
  RequestId ack_;
  uint32_t cseq_ = 0;
  bool is_acked_ = false;
  int glares_ = 0;
  MonoTime wake_at_ = kNever;  // pending: give up; waiting: send again
};

}  // namespace patchcord::sip

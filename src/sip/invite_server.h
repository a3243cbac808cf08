// SPDX-License-Identifier: GPL-3.0-or-later
// InviteServer: an INVITE from the network, the first of a dialog or a re-INVITE, and our answers
// to it. It repeats its 200 until the ACK comes (RFC 3261 13.3.1.4): the transaction does not do
// that.
//
//     Pending ─accept─▶ Answered ─ACK─▶ Done
//        │                  └─64*T1──▶ Done (on_time says kNoAck)
//        └─refuse─────────────────────▶ Done
//
// Thread: control. Owner: Dialog.
#pragma once

#include <string>
#include <string_view>

#include "sip/dialog_bench.h"

namespace patchcord::sip {

class InviteServer {
 public:
  enum class State : uint8_t { kPending, kAnswered, kDone };
  enum class Timeout : uint8_t { kNone, kNoAck };

  InviteServer(const DialogBench& bench, TransactionId transaction, const Message& invite,
               std::string local_tag);

  void provisional(int status, const std::string& sdp, MonoTime now);
  // `lines` are added to the 200: the session timer's.
  void accept(const std::string& sdp, const std::vector<ExtraHeader>& lines, MonoTime now);
  void refuse(int status, std::string_view phrase, const std::vector<ExtraHeader>& lines,
              MonoTime now);
  // True if the ACK is for our 200 and the first.
  bool on_ack(const Message& ack);
  Timeout on_time(MonoTime now);
  MonoTime deadline() const { return state_ == State::kAnswered ? resend_at_ : kNever; }

  State state() const { return state_; }
  TransactionId transaction() const { return transaction_; }
  const Message& invite() const { return invite_; }
  std::string contact_user() const;

 private:
  Builder response(int status, std::string_view phrase) const;

  DialogBench bench_;
  TransactionId transaction_;
  Message invite_;
  std::string local_tag_;
  State state_ = State::kPending;
  Message ok_;  // the 200 as sent
  Duration interval_{};
  MonoTime resend_at_ = kNever;
  MonoTime give_up_at_ = kNever;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// InviteServer: an INVITE from the network, the first of a dialog or a re-INVITE, and our answers
// to it. It repeats its 200 until the ACK comes (RFC 3261 13.3.1.4), and its provisional responses
// until their PRACK where the caller insists on that (RFC 3262 3): the transaction does neither.
//
//     Pending ─accept─▶ Answered ─ACK─▶ Done
//        │                  └─64*T1──▶ Done (on_time says kNoAck)
//        ├─64*T1 without the PRACK: on_time says kNoPrack, and a refusal is owed
//        └─refuse─────────────────────▶ Done
//
// Thread: control. Owner: Dialog.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sip/dialog_bench.h"

namespace patchcord::sip {

class InviteServer {
 public:
  enum class State : uint8_t { kPending, kAnswered, kDone };
  enum class Timeout : uint8_t { kNone, kNoAck, kNoPrack };

  InviteServer(const DialogBench& bench, TransactionId transaction, const Message& invite,
               std::string local_tag);

  // One at a time where they are reliable: a later one waits for the PRACK, and takes the place of
  // one that waits already. The first with an SDP is the answer to the offer of the INVITE.
  void provisional(int status, const std::string& sdp, MonoTime now);
  // True if it acknowledges what we said last.
  bool on_prack(const Message& prack, MonoTime now);
  // A 2xx must wait: an SDP of ours is not acknowledged (RFC 3262 3).
  bool must_wait() const { return reliable_ && reliable_->has_sdp; }
  // The offer of the INVITE has been answered reliably: what comes now are new ones.
  bool is_agreed() const { return is_agreed_; }
  // `lines` are added to the 200: the session timer's.
  void accept(const std::string& sdp, const std::vector<ExtraHeader>& lines, MonoTime now);
  void refuse(int status, std::string_view phrase, const std::vector<ExtraHeader>& lines,
              MonoTime now);
  // True if the ACK is for our 200 and the first.
  bool on_ack(const Message& ack);
  Timeout on_time(MonoTime now);
  MonoTime deadline() const {
    return state_ == State::kAnswered || reliable_ ? resend_at_ : kNever;
  }

  State state() const { return state_; }
  TransactionId transaction() const { return transaction_; }
  const Message& invite() const { return invite_; }
  std::string contact_user() const;

 private:
  struct Reliable {  // a provisional response that is not acknowledged yet
    Message message;
    bool has_sdp = false;
  };
  struct Waiting {
    int status = 180;
    std::string sdp{};
  };

  Builder response(int status, std::string_view phrase) const;
  void send_reliably(Builder builder, bool has_sdp, MonoTime now);
  void start_repeating(MonoTime now);

  DialogBench bench_;
  TransactionId transaction_;
  Message invite_;
  std::string local_tag_;
  State state_ = State::kPending;
  bool is_reliable_;  // provisional responses must be
  bool is_agreed_ = false;
  uint32_t rseq_ = 0;  // of the last one
  std::optional<Reliable> reliable_;
  std::optional<Waiting> waiting_;
  Message ok_;  // the 200 as sent
  Duration interval_{};
  MonoTime resend_at_ = kNever;
  MonoTime give_up_at_ = kNever;
};

}  // namespace patchcord::sip

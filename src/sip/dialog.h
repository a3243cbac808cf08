// SPDX-License-Identifier: GPL-3.0-or-later
// Dialog: one INVITE dialog from its first request to its end, ours or the network's. It joins the
// acts (InviteClient, InviteServer, ReofferClient, SessionTimer) to one state, answers what comes
// inside the dialog, and tells the owner by events.
//
//     invite()  Calling ──2xx──▶ Up ──BYE, hangup──▶ Ending ──last answer──▶ Gone
//                  └─failure, hangup─▶ Ending ─▶ Gone
//     INVITE    Offered ─answer─▶ Up (ACK may still be missing)
//                  └─reject, CANCEL, BYE──▶ Gone
//
// The Ended event comes with the step into Ending or Gone; Ending only waits for the network.
// Thread: control. Owner: UserAgent. RFC 3261 12-15, 3262, 3311, 4028, 5407, 6337.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "sip/dialog_bench.h"
#include "sip/dialog_state.h"
#include "sip/invite_client.h"
#include "sip/invite_server.h"
#include "sip/reoffer_client.h"
#include "sip/session_timer.h"

namespace patchcord::sip {

class Dialog {
 public:
  Dialog(const DialogBench& bench, DialogId id, OutgoingCall call, MonoTime now);
  // An INVITE from the network, in the transaction accepted for it; `state` is its as_callee().
  Dialog(const DialogBench& bench, DialogId id, DialogState state, const Message& invite,
         TransactionId transaction, MonoTime now);

  // The owner's commands. One that does not fit the state is ignored.
  void ring(MonoTime now);
  void progress(std::string sdp, MonoTime now);
  void answer(std::string sdp, MonoTime now);
  void reject(int status, std::string_view phrase, MonoTime now);
  void hangup(const Hangup& how, MonoTime now);
  void reoffer(std::string sdp, MonoTime now);
  void answer_reoffer(std::string sdp, MonoTime now);
  void refuse_reoffer(int status, MonoTime now);
  void send_info(std::string content_type, std::string body, MonoTime now);

  // Arrivals. `transaction` has been accepted for the request.
  bool has_remote_tag(std::string_view tag) const;
  // May a request of the dialog come from there? From where the peer's messages came before, and
  // from its Contact and route: the right tags alone do not make a peer.
  bool is_peer(const IpAddress& source) const;
  void on_request(const Message& request, TransactionId transaction, MonoTime now);
  void on_ack(const Message& ack, MonoTime now);
  void on_cancel(const Message& cancel, MonoTime now);
  void on_answer(RequestId request, const Message& response, const Target& from, MonoTime now);
  void on_no_answer(RequestId request, const NoAnswer& why, MonoTime now);
  void on_silence(RequestId request, MonoTime now);
  void on_server_failed(MonoTime now);
  void on_time(MonoTime now);
  MonoTime deadline() const;

  bool is_gone() const { return phase_ == Phase::kGone; }
  // Forgets every request that is still kept for it.
  void close(MonoTime now);
  const std::string& call_id() const { return call_id_; }
  const std::string& local_tag() const { return local_tag_; }
  // That of an INVITE of the peer that may still be cancelled; null id: none.
  TransactionId invite_transaction() const;

 private:
  static constexpr size_t kMaxSources = 8;
  enum class Phase : uint8_t { kCalling, kOffered, kUp, kEnding, kGone };
  struct PlainRequest {  // BYE or INFO of ours, kept while it may be challenged
    Method method = Method::kBye;
    std::vector<ExtraHeader> headers{};
    std::string content_type{};
    std::string body{};
  };
  struct PendingUpdate {
    TransactionId transaction;
    Message request;
  };

  // dialog_answers.cpp: what became of our own requests
  void on_invite_answer(const Message& response, const Target& from, MonoTime now);
  void on_invite_answered(InviteClient::Outcome outcome, const Message& response,
                          const Target& from, MonoTime now);
  void on_invite_failed(const Message& response);
  void on_plain_answer(RequestId request, const Message& response, MonoTime now);
  void on_reoffer_news(ReofferClient::News news, const Message* response, MonoTime now);

  // dialog.cpp: the life of the dialog
  void on_no_final_answer(MonoTime now);
  void on_server_timeout(InviteServer::Timeout timeout, MonoTime now);
  void go_up(DialogState state, MonoTime now);
  void end_with_bye(std::string reason, MonoTime now);
  void send_plain(PlainRequest plain, MonoTime now);
  void refuse_call(int status, std::string_view phrase, const std::string& reason, MonoTime now);
  void start_reoffer(ReofferClient::Plan plan, MonoTime now);
  void refresh_session(MonoTime now);
  void tell_ended(EndedBy by, int status, std::string_view phrase, const Message* message);
  void tell_unanswered(const NoAnswer& why);
  void tell_missing(Missing what, int status, std::string_view phrase, const Message* message = {});
  void tell_end(Ended ended, const Message* message);
  void tell(Event event) { bench_.events.push(std::move(event)); }
  DialogSide side() { return {id_, state_, auth_}; }

  // dialog_requests.cpp: what the peer sends inside the dialog
  void on_bye(const Message& bye, TransactionId transaction, MonoTime now);
  void on_reinvite(const Message& invite, TransactionId transaction, MonoTime now);
  void on_update(const Message& update, TransactionId transaction, MonoTime now);
  void on_prack(const Message& prack, TransactionId transaction, MonoTime now);
  void on_early_request(const Message& request, TransactionId transaction, MonoTime now);
  void on_info(const Message& info, TransactionId transaction, MonoTime now);
  // Why an offer of the peer cannot be taken now: 491, 500 or 422; 0: it can.
  int offer_obstacle(const Message& request, MonoTime now);
  bool is_too_often(MonoTime now);
  void confirm(std::string sdp);
  void take_offer(const Message& request, TransactionId transaction, MonoTime now);
  void accept_offer(const std::string& sdp, MonoTime now);
  void drop_offer(int status, MonoTime now);
  bool has_peer_offer() const;         // that is not answered
  bool is_offer_of_peer_open() const;  // or whose ACK has not come
  void reply(const Message& request, TransactionId transaction, int status, MonoTime now);
  Builder reply_builder(const Message& request, TransactionId transaction, int status) const;

  DialogBench bench_;
  DialogId id_;
  Phase phase_;
  std::string call_id_;
  std::string local_tag_;
  std::string contact_user_;
  DialogState state_;
  AccountAuth auth_;
  std::string local_sdp_;
  std::string remote_sdp_;
  std::optional<InviteClient> client_;   // of a call of ours
  std::optional<InviteServer> server_;   // the INVITE of the peer being answered, first or later
  std::optional<PendingUpdate> update_;  // or a PRACK with an offer
  ReofferClient reoffer_;
  SessionTimer session_timer_;
  std::map<RequestId, PlainRequest> plain_;

  std::optional<std::string> next_reoffer_;   // asked for while another was under way
  std::optional<std::string> bye_after_ack_;  // its Reason: a callee's BYE waits for the ACK
  std::optional<std::string> answer_after_prack_;
  std::set<IpAddress> sources_;  // of the peer's INVITE or answers
  bool peer_has_update_ = false;
  bool is_acknowledged_ = false;
  bool has_told_end_ = false;
  MonoTime answer_by_ = kNever;  // Calling, Offered; and an offer of the peer in Up
  MonoTime offers_since_{};
  int offers_ = 0;  // of the peer since then
};

}  // namespace patchcord::sip

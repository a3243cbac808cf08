// SPDX-License-Identifier: GPL-3.0-or-later
// InviteClient: the INVITE that opens a dialog of ours: challenges, forks, redirection, PRACK,
// CANCEL, the 2xx. The network may fork it: of the early dialogs the newest session is the one
// heard, the first 2xx is the one that counts, and every other 2xx is ACKed and its dialog ended
// with a BYE. It tells its owner by a returned value, never by an event.
//
//     Calling ─1xx─▶ Calling ─2xx─▶ Answered (stays, for 2xx of other forks) ─▶ gone
//        └── 401/407, 3xx: sent again └─3xx-6xx, no answer─▶ Failed
//
// Thread: control. Owner: Dialog. RFC 3261 8.1.3.4, 13.2, 12.1.2, 22; RFC 3262; RFC 5407.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sip/account_auth.h"
#include "sip/dialog_bench.h"
#include "sip/dialog_state.h"
#include "sip/early_dialogs.h"
#include "sip/redirection.h"

namespace patchcord::sip {

class InviteClient {
 public:
  enum class News : uint8_t { kNone, kTrying, kRinging, kEarly, kAnswered, kFailed };
  struct Outcome {
    News news = News::kNone;
    std::string sdp{};  // kEarly, kAnswered: the answer in force
    bool is_settled =
        false;  // kAnswered: what is in force is an offer of the peer we have answered
  };

  InviteClient(const DialogBench& bench, DialogId id, OutgoingCall call, MonoTime now);

  Outcome on_answer(const Message& response, MonoTime now);
  void cancel(std::string reason, MonoTime now) {
    is_cancelled_ = true;
    bench_.requests.cancel(request_, reason, now);
  }
  // No 2xx can come any more, or we no longer care: forgets requests that are still kept.
  void close(MonoTime now);

  bool owns(RequestId request) const { return request == request_; }
  // An answer to a PRACK of ours means nothing for the call, unless it is a challenge.
  bool owns_prack(RequestId request) const { return pracks_.contains(request); }
  void on_prack_answer(RequestId request, const Message& response, MonoTime now);
  void on_prack_failed(RequestId request) { pracks_.erase(request); }
  // The early dialog of that remote tag; null: none.
  EarlyDialog* early(std::string_view tag) { return early_.find(tag); }
  bool has_early(std::string_view tag) const { return early_.has(tag); }

  const std::string& call_id() const { return draft_.call_id; }
  std::string local_tag() const { return draft_.from.tag(); }
  // After kAnswered: the dialog, its ACK sent. Moved out once.
  DialogState take_state() { return std::move(*state_); }
  const AccountAuth& auth() const { return auth_; }
  const Message* answer() const { return answer_ ? &*answer_ : nullptr; }

 private:
  void send(MonoTime now);
  void send_again(MonoTime now);
  void send_prack(Prack prack, MonoTime now);
  bool follow_redirection(const Message& response, MonoTime now);
  Outcome on_provisional(const Message& response, MonoTime now);
  Outcome on_success(const Message& response, MonoTime now);
  void end_stray_fork(const Message& response, const std::string& tag, MonoTime now);

  static constexpr size_t kMaxForks = 16;

  DialogBench bench_;
  DialogId id_;
  Uri next_hop_;
  RequestDraft draft_;
  AccountAuth auth_;
  bool is_cancelled_ = false;
  RequestId request_;
  bool has_tried_ = false;
  int last_ringing_ = 0;
  EarlyDialogs early_;
  std::map<RequestId, Prack> pracks_;
  Redirection redirection_;
  std::optional<DialogState> state_;
  std::optional<Message> answer_;
  std::map<std::string, RequestId> acks_;  // by remote tag; the first 2xx's too
};

// The first hop of a request outside a dialog, and the Route that says so (RFC 3261 8.1.2).
const Uri& next_hop_of(const Account& account);
std::vector<NameAddr> preloaded_route(const Account& account);
// The URI without what From and To may not have: port, transport and the like (RFC 3261 19.1.1).
Uri identity_of(Uri uri);

}  // namespace patchcord::sip

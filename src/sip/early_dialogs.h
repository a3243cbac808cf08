// SPDX-License-Identifier: GPL-3.0-or-later
// EarlyDialogs: the dialogs that an INVITE of ours has opened and none of which has answered yet. A
// proxy that forks gives several, told apart by the tag of To; each has its own session, its own
// sequence numbers and its own reliable provisional responses. It sends nothing: it says what a
// response brings and drafts the PRACK.
// Thread: control. Owner: InviteClient. RFC 3261 12.1.2, RFC 3262, RFC 6228.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sip/dialog_state.h"

namespace patchcord::sip {

struct EarlyDialog {
  DialogState state;
  std::string sdp{};            // of the far end, in force; empty: none came yet
  bool is_agreed = false;       // its answer came reliably: later ones of this INVITE mean nothing
  bool is_peers_offer = false;  // sdp is an offer in an UPDATE that we have answered
  uint32_t rseq = 0;            // of the last reliable response; 0: none
};

struct Prack {
  std::string tag;  // of the early dialog
  RequestDraft draft;
  Uri next_hop;
};

class EarlyDialogs {
 public:
  struct News {
    std::string sdp{};             // to be heard from now on; empty: nothing changes
    std::optional<Prack> prack{};  // to be sent
    bool is_ringing = false;       // the response is worth telling
  };

  // A provisional response other than 100 to `invite`.
  News take(const RequestDraft& invite, const Uri& next_hop, const Message& response);
  EarlyDialog* find(std::string_view tag);
  bool has(std::string_view tag) const { return by_tag_.contains(tag); }
  // The dialog has answered the INVITE: out of the list, with its counts.
  std::optional<EarlyDialog> extract(const std::string& tag);
  // A new INVITE (after a challenge, to another contact) opens new ones.
  void clear() { *this = EarlyDialogs(); }

 private:
  static constexpr size_t kMaxDialogs = 16;
  static constexpr int kMaxChanges = 32;  // of what is heard: no far end needs more

  EarlyDialog* open(const RequestDraft& invite, const Uri& next_hop, const Message& response);
  News end(const std::string& tag);
  News hear(const std::string& tag, const std::string& sdp);

  std::map<std::string, EarlyDialog, std::less<>> by_tag_;
  std::string heard_;  // the tag of the one whose session is in force
  int changes_ = 0;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// DialogState: what RFC 3261 12 calls a dialog: ids, route set, remote target, sequence numbers;
// and the drafts of requests inside it. It knows no INVITE, no timer and no transaction. Thread:
// control. Owner: Dialog.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sip/headers.h"
#include "sip/message.h"
#include "sip/request_draft.h"

namespace patchcord::sip {

class DialogState {
 public:
  DialogState() = default;
  // A caller's, from what it sent and a response with a To tag (12.1.2). Nothing if its
  // Record-Route cannot be used; `next_hop` stands in for a Contact that cannot.
  static std::optional<DialogState> as_caller(const RequestDraft& invite, const Uri& next_hop,
                                              const Message& response);
  // A callee's, from the INVITE (12.1.1). Nothing if its Contact or Record-Route cannot be used.
  static std::optional<DialogState> as_callee(const Message& invite, std::string_view local_tag);

  const std::string& call_id() const { return call_id_; }
  std::string local_tag() const { return local_.tag(); }
  std::string remote_tag() const { return remote_.tag(); }

  // A request in this dialog with the next CSeq.
  RequestDraft request(Method method);
  // The ACK of a 2xx to the INVITE that had that CSeq.
  RequestDraft ack(uint32_t invite_cseq) const;
  void set_contact_user(std::string user) { contact_user_ = std::move(user); }
  // The peer is a phone of ours: requests go by this flow and never where its Contact says.
  void set_flow(const Target& flow) { flow_ = flow; }
  // Where the drafts go first: the first route, else the remote target (strict routers included).
  const Uri& next_hop() const;
  uint32_t next_cseq() { return ++local_cseq_; }
  // Is it the remote target or one of the route, given by number?
  bool names(const IpAddress& address) const;

  // Takes the CSeq of a request from the peer; false if it is lower than one before (12.2.2).
  bool takes_cseq(uint32_t cseq);
  // Confirms an early dialog: its sequence numbers go on (RFC 3261 13.2.2.4).
  void take_counts(const DialogState& early);
  // Contact of a target refresh request or of its 2xx (12.2); an unusable one changes nothing.
  void refresh_target(const Message& message);

 private:
  RequestDraft draft(Method method, uint32_t cseq) const;

  std::string call_id_;
  NameAddr local_;
  NameAddr remote_;
  Uri remote_target_;
  std::vector<NameAddr> route_set_;
  std::string contact_user_;
  std::optional<Target> flow_;
  uint32_t local_cseq_ = 0;
  std::optional<uint32_t> remote_cseq_;
};

}  // namespace patchcord::sip

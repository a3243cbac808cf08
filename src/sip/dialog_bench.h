// SPDX-License-Identifier: GPL-3.0-or-later
// DialogBench: what a dialog or a registration works with, as one bundle of references; and the
// queue in which its events wait until the user agent tells them.
// Thread: control. Owner: UserAgent; it outlives what it lends itself to.
#pragma once

#include <deque>
#include <utility>

#include "core/random.h"
#include "sip/builder.h"
#include "sip/call_events.h"
#include "sip/request_sender.h"
#include "sip/transaction.h"
#include "sip/user_agent_config.h"

namespace patchcord::sip {

class EventQueue {
 public:
  void push(Event event) { events_.push_back(std::move(event)); }
  bool empty() const { return events_.empty(); }
  Event pop() {
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  std::deque<Event> events_;
};

struct DialogBench {
  const UserAgentConfig& config;
  UserAgentPolicy& policy;
  Wire& wire;
  TransactionTable& transactions;
  RequestSender& requests;
  EventQueue& events;
  Random& random;

  // Does the owner permit requests to this next hop?
  bool may_send_to(const Uri& next_hop) const;
  // Our Contact as the far end of that server transaction sees it.
  NameAddr contact_toward(TransactionId id, std::string_view user) const;
  // Builds and sends; a response that cannot be built (an owner's text with a control character)
  // becomes a bare 500.
  void respond(TransactionId id, const Message& request, Builder response,
               std::string_view local_tag, MonoTime now) const;
};

// The body if it is an SDP; else "".
std::string sdp_of(const Message& message);

}  // namespace patchcord::sip

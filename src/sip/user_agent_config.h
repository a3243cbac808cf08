// SPDX-License-Identifier: GPL-3.0-or-later
// What the user agent is told once, at its start: names, limits, and what its owner permits.
// Thread: any (values).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/function.h"
#include "core/time.h"
#include "sip/outside.h"

namespace patchcord::sip {

// Both are asked before any state is made.
struct UserAgentPolicy {
  // May a request be sent to this next hop (the outbound proxy, else the host of the account)?
  // port 0: not given. Unset: no.
  Function<bool(std::string_view host, uint16_t port, std::optional<TransportKind> transport)>
      may_send_to;
  // May this source open a dialog with us? Next hops in use are admitted without asking. Unset: no.
  Function<bool(const Target& source)> may_call_us;
};

struct UserAgentConfig {
  std::string product = "Patchcord";      // User-Agent and Server headers; "" to be silent
  std::chrono::seconds max_ringing{180};  // after this an unanswered INVITE is ended
  std::chrono::seconds answer_limit{8};   // until a next hop says anything to an INVITE; 0: timer B
  std::chrono::seconds register_expires{600};
  std::chrono::seconds keep_alive{25};  // 0: no keep-alive datagrams to registrars
  std::chrono::seconds min_se{90};      // shortest session interval we accept, RFC 4028
  size_t max_dialogs = 10000;
  size_t max_transactions = 50000;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Redirection: where a call of ours goes on after a 3xx. It follows a contact only where this
// gateway may send, each one once and five in all; the request still leaves by the account's own
// next hop, unless a 305 names another that is allowed. It sends nothing.
// Thread: control. Owner: InviteClient. RFC 3261 8.1.3.4, 21.3.
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>

#include "sip/dialog_bench.h"
#include "sip/uri.h"

namespace patchcord::sip {

class Redirection {
 public:
  struct Step {
    Uri uri;
    bool is_proxy = false;  // a 305: the next hop, not the callee
  };

  // The callee as dialled: not to be called again.
  void begin(const Uri& callee) { seen_.insert(callee.to_string()); }
  // Takes the contacts of a 3xx, the best first.
  void take(const Message& response, const DialogBench& bench);
  // The next one to try; nothing: no more.
  std::optional<Step> next();

 private:
  static constexpr size_t kMaxSteps = 5;

  std::set<std::string> seen_;
  std::deque<Step> waiting_;
  size_t steps_ = 0;
};

}  // namespace patchcord::sip

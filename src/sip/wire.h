// SPDX-License-Identifier: GPL-3.0-or-later
// Wire: the last step of a message on its way out, and the one place that shows messages to the
// trace, with secrets masked. It knows no SIP beyond the names of the headers it masks.
// Thread: control. Owner: UserAgent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/function.h"
#include "sip/outside.h"

namespace patchcord::sip {

enum class TraceDirection : uint8_t { kIn, kOut };
using Trace = Function<void(TraceDirection, const Target&, std::string_view text)>;

// The message with the values of response=, nonce=, cnonce= and opaque= in its authentication
// headers replaced by "***" (a recorded nonce and response allow guessing the password at leisure).
std::string masked(std::string_view message);

class Wire {
 public:
  explicit Wire(Outside& outside) : outside_(outside) {}
  void send(const Target& target, std::string_view bytes);
  // From hold() on what is sent waits, in its order, until release().
  void hold() { is_holding_ = true; }
  void release();
  // CRLF CRLF, which every SIP element ignores and every NAT takes for traffic; not traced.
  void send_keep_alive(const Target& target) { outside_.send(target, as_bytes("\r\n\r\n")); }
  void note_received(const Target& from, std::string_view bytes);
  void set_trace(Trace trace) { trace_ = std::move(trace); }
  SocketAddress local_address(const Target& target) const { return outside_.local_address(target); }

 private:
  struct Held {
    Target target;
    std::string bytes;
  };

  Outside& outside_;
  Trace trace_;
  bool is_holding_ = false;
  std::vector<Held> held_;
};

}  // namespace patchcord::sip

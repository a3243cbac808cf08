// SPDX-License-Identifier: GPL-3.0-or-later
// SessionTimer: RFC 4028 as far as a polite user agent needs it. We never ask for a session timer;
// where the peer does, we agree, refresh when that falls to us, and end the call when the peer that
// should have refreshed did not. It sends nothing.
// Thread: any (a value). Owner: Dialog.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/time.h"
#include "sip/call_events.h"
#include "sip/message.h"

namespace patchcord::sip {

class SessionTimer {
 public:
  // Takes the timer of an INVITE or UPDATE from the peer; gives the lines for our 2xx (none: no
  // timer). Call too_small() first.
  std::vector<ExtraHeader> accept(const Message& request, MonoTime now);
  // Takes what a 2xx to an INVITE or UPDATE of ours says.
  void agreed(const Message& response, MonoTime now);
  // Takes a refusal of a refresh of ours; true if it was for its interval, which is now the least
  // that the peer wants: refresh again.
  bool is_raised_by(const Message& response);
  // What a re-INVITE or UPDATE of ours says: the timer stays as it is.
  std::vector<ExtraHeader> refresh_lines() const;

  bool is_refresh_due(MonoTime now) const { return now >= refresh_at_; }
  bool is_expired(MonoTime now) const { return now >= expire_at_; }
  // A refresh is under way, or failed for now: ask again at that time.
  void refresh_later(MonoTime when) { refresh_at_ = when; }
  MonoTime deadline() const { return refresh_at_ < expire_at_ ? refresh_at_ : expire_at_; }

 private:
  enum class Refresher : uint8_t { kUs, kPeer };
  void start(std::chrono::seconds interval, Refresher refresher, MonoTime now);

  std::chrono::seconds interval_{0};
  std::chrono::seconds least_{0};  // that a 422 of the peer named; 0: none did
  Refresher refresher_ = Refresher::kUs;
  MonoTime refresh_at_ = kNever;
  MonoTime expire_at_ = kNever;
};

// 422 is due: the peer knows timers and asks for a shorter interval than ours.
bool asks_too_small_a_timer(const Message& request, std::chrono::seconds min_se);

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Registration: one account registered at its server: refreshed at a spread time before it expires,
// tried again with growing, jittered pauses when it is lost, kept open through a NAT, taken back at
// the end. One Call-ID for its life, a CSeq that grows (RFC 3261 10.2.4).
//
//     Asking ─200─▶ Registered ─refresh due─▶ Asking ...
//       │ └─401, 423: asked again     Leaving ─any answer─▶ Gone
//       ├─failure─▶ Waiting ─▶ Asking
//       └─403, 404, wrong password─▶ Gone
//
// Thread: control. Owner: UserAgent.
#pragma once

#include <optional>
#include <string>

#include "sip/account_auth.h"
#include "sip/dialog_bench.h"

namespace patchcord::sip {

class Registration {
 public:
  Registration(const DialogBench& bench, RegistrationId id, Account account, MonoTime now);

  void unregister(MonoTime now);
  void on_answer(RequestId request, const Message& response, const Target& from, MonoTime now);
  void on_no_answer(RequestId request, const NoAnswer& why, MonoTime now);
  // Nothing has been heard yet; the request is still being sent.
  void on_silence(RequestId request, MonoTime now);
  // The flow it is registered over broke: register anew, soon.
  void on_transport_error(const Target& target, MonoTime now);
  void on_time(MonoTime now);
  MonoTime deadline() const { return next_at_ < keep_alive_at_ ? next_at_ : keep_alive_at_; }

  bool is_gone() const { return phase_ == Phase::kGone; }
  void close(MonoTime now) { bench_.requests.abandon(request_, now); }
  const Account& account() const { return account_; }
  const std::string& realm() const { return auth_.realm(); }  // "" before the first challenge

 private:
  enum class Phase : uint8_t { kAsking, kRegistered, kWaiting, kLeaving, kGone };
  static constexpr int kMaxIntervalTries = 3;

  void ask(MonoTime now);   // a new cycle
  void send(MonoTime now);  // or the same once more
  void on_success(const Message& response, const Target& from, MonoTime now);
  bool takes_interval(const Message& response);
  void on_failure(int status, std::string_view phrase, const Message* response, MonoTime now);
  void fail(RegistrationFailed failed, const Message* response, MonoTime now);
  void leave();
  std::string contact_user() const;
  std::chrono::seconds granted(const Message& response) const;
  Duration refresh_after(std::chrono::seconds granted);
  Duration retry_after(const Message* response);

  DialogBench bench_;
  RegistrationId id_;
  Account account_;
  AccountAuth auth_;
  std::string call_id_;
  uint32_t cseq_ = 0;
  Phase phase_ = Phase::kAsking;
  RequestId request_;
  std::chrono::seconds expires_;
  bool is_known_there_ = false;  // the server may hold a binding of ours
  bool has_told_registered_ = false;
  int interval_tries_ = 0;
  int failures_ = 0;  // in a row
  std::optional<Target> flow_;
  MonoTime flow_since_{};
  MonoTime next_at_ = kNever;
  MonoTime keep_alive_at_ = kNever;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// AccountAuth: one account's answers to challenges within one dialog or registration. It keeps the
// nonce of the proxy (407) and of the server (401) apart, and guards the password: it answers one
// realm only, the configured one or else the first that challenges an opening request. A far end
// that challenges our BYE or re-INVITE with a realm of its own gets nothing.
// Thread: control. Owner: Dialog, Registration. RFC 3261 22, RFC 8760.
#pragma once

#include <optional>
#include <string>

#include "core/random.h"
#include "sip/call_events.h"
#include "sip/digest.h"
#include "sip/request_draft.h"

namespace patchcord::sip {

class AccountAuth {
 public:
  AccountAuth() = default;  // no credentials: refuses everything
  explicit AccountAuth(const Account& account);

  enum class Request : uint8_t {
    kOpening,
    kInDialog
  };  // INVITE without a To tag or REGISTER, others
  // Takes a 401 or 407 to a request of ours. True: sign it again and send it with a new CSeq.
  bool challenged(const Message& response, Request request);
  // Adds the credentials that are known to be wanted.
  void sign(RequestDraft& draft, Random& random);
  // A request that is not a repetition goes out: a new count of tries.
  void begin() { tries_ = 0; }
  const std::string& realm() const { return realm_; }  // "" while none is bound

 private:
  static constexpr int kMaxTries = 2;

  bool bind_realm(const Message& response);
  std::optional<DigestClient>& client_for(int status) { return status == 407 ? proxy_ : server_; }

  std::string username_;
  std::string password_;
  std::string realm_;
  std::optional<DigestClient> server_;
  std::optional<DigestClient> proxy_;
  int tries_ = 0;
};

}  // namespace patchcord::sip

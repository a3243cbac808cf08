// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/account_auth.h"

#include <vector>

namespace patchcord::sip {

AccountAuth::AccountAuth(const Account& account)
    : username_(account.auth_username.empty() ? account.aor.user_text() : account.auth_username),
      password_(account.password),
      realm_(account.realm) {}

bool AccountAuth::challenged(const Message& response, Request request) {
  if (username_.empty() || password_.empty()) return false;
  if (realm_.empty() && (request == Request::kInDialog || !bind_realm(response))) return false;
  if (++tries_ > kMaxTries) return false;
  std::optional<DigestClient>& client = client_for(response.status());
  // A first challenge to a request signed with an older nonce is no refusal of the password: not
  // every server says "stale" when it no longer knows a nonce.
  const bool was_refused = client && client->ready() && tries_ > 1;
  const auto tried = was_refused ? DigestClient::Tried::kYes : DigestClient::Tried::kNo;
  if (!client) client.emplace(Credentials{username_, password_, realm_});
  return client->challenged(response, tried) == DigestClient::Outcome::kRetry;
}

bool AccountAuth::bind_realm(const Message& response) {
  const Header header =
      response.status() == 407 ? Header::kProxyAuthenticate : Header::kWwwAuthenticate;
  std::vector<Challenge> challenges;
  for (const std::string_view value : response.all(header)) {
    if (auto challenge = parse_challenge(value)) challenges.push_back(std::move(*challenge));
  }
  const Challenge* chosen = strongest(challenges, Credentials{username_, password_, {}});
  if (!chosen) return false;
  realm_ = chosen->realm;
  return true;
}

void AccountAuth::sign(RequestDraft& draft, Random& random) {
  const std::string target = draft.target.to_string();
  const DigestRequest request{method_name(draft.method), target, draft.body};
  for (std::optional<DigestClient>* client : {&server_, &proxy_}) {
    if (!*client || !(*client)->ready()) continue;
    draft.headers.push_back(
        {std::string(header_name((*client)->header())), (*client)->authorization(request, random)});
  }
}

}  // namespace patchcord::sip

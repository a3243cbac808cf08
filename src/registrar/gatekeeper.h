// SPDX-License-Identifier: GPL-3.0-or-later
// Gatekeeper: who is it? It challenges (SHA-256, MD5 for the many phones that know nothing better,
// or both), verifies, and says which user of ours a request is from. A user that does not exist is
// answered as one whose password is wrong, in the same words and the same time. Nothing is kept of
// a stranger but two bounded counts: of challenges given and of wrong passwords.
// Thread: control. Owner: Registrar. RFC 3261 22, RFC 7616, RFC 8760.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/random.h"
#include "registrar/lockout.h"
#include "registrar/throttle.h"
#include "sip/digest.h"
#include "sip/digest_nonce.h"
#include "sip/local_domain.h"

namespace patchcord::registrar {

using Users = std::map<std::string, std::string, std::less<>>;  // login to password

class Gatekeeper {
 public:
  enum class As : uint8_t { kRegistrar, kProxy };  // 401 or 407

  // `algorithms`: what it challenges with, the preferred one first (RFC 8760 2.4).
  Gatekeeper(std::string realm, std::vector<sip::DigestAlgorithm> algorithms, const Users& users,
             Random& random)
      : realm_(std::move(realm)),
        algorithms_(std::move(algorithms)),
        users_(users),
        nonces_(random),
        tag_key_(random.u64()) {}

  // Admit, with the user who proved to be one; else what the asker gets.
  sip::Admission check(const sip::Message& request, As as, const sip::Target& from, MonoTime now);
  // An answer from the request alone.
  sip::Admission refuse(const sip::Message& request, int status) const;

 private:
  enum class Stale : uint8_t { kNo, kYes };

  std::optional<sip::Authorization> given_in(const sip::Message& request, As as) const;
  bool is_offered(const sip::Authorization& given) const;
  bool is_right(const sip::Authorization& given, const sip::Message& request) const;
  void note_failure(const sip::Authorization& given, const sip::Target& from, MonoTime now);
  sip::Admission challenge(const sip::Message& request, As as, Stale stale, const sip::Target& from,
                           MonoTime now);

  const std::string realm_;
  const std::vector<sip::DigestAlgorithm> algorithms_;
  const Users& users_;
  sip::DigestNonces nonces_;
  Throttle throttle_;
  Lockout lockout_;
  const uint64_t tag_key_;
};

}  // namespace patchcord::registrar

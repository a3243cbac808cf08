// SPDX-License-Identifier: GPL-3.0-or-later
// Digest authentication: reads challenges and credentials, answers as a client, verifies as a
// server. MD5, SHA-256, SHA-512-256 and their -sess forms; qop auth, auth-int and none.
// Which credentials belong to which server is for the caller: bind them with Credentials::realm,
// and never hand them to a peer they were not configured for. Thread: any (values). RFC 2617, RFC
// 7616, RFC 8760, RFC 3261 section 22.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/random.h"
#include "sip/message.h"

namespace patchcord::sip {

enum class DigestAlgorithm : uint8_t {  // in order of strength
  kMd5,
  kMd5Sess,
  kSha256,
  kSha256Sess,
  kSha512_256,
  kSha512_256Sess,
};
std::string_view algorithm_name(DigestAlgorithm algorithm);  // "SHA-512-256-sess"

enum class Qop : uint8_t { kNone, kAuth, kAuthInt };

struct Challenge {  // a WWW-Authenticate or Proxy-Authenticate value
  std::string realm;
  std::string nonce;
  std::string opaque;
  DigestAlgorithm algorithm = DigestAlgorithm::kMd5;
  bool stale = false;
  bool offers_auth = false;      // qop="auth"
  bool offers_auth_int = false;  // qop="auth-int"
  std::string to_string() const;
};
// Nothing if malformed, not Digest, an unknown algorithm, or only unknown qops: "not for us".
std::optional<Challenge> parse_challenge(std::string_view value);

struct Authorization {  // an Authorization or Proxy-Authorization value
  std::string username;
  std::string realm;
  std::string nonce;
  std::string uri;
  std::string response;  // hex, lower case
  std::string opaque;
  std::string cnonce;
  DigestAlgorithm algorithm = DigestAlgorithm::kMd5;
  Qop qop = Qop::kNone;
  uint32_t nc = 0;
  std::string to_string() const;
};
std::optional<Authorization> parse_authorization(std::string_view value);

struct Credentials {
  std::string username;
  std::string password;
  std::string realm;  // "": any realm of the server they belong to
};

struct DigestRequest {  // what is being signed
  std::string_view method;
  std::string_view uri;  // the Request-URI as sent
  std::string_view body;
};

// The response to one challenge. `nc` counts from 1 for each nonce; `cnonce` is fresh random text.
Authorization answer(const Challenge& challenge, const Credentials& credentials,
                     const DigestRequest& request, uint32_t nc, std::string_view cnonce);

// The strongest challenge the credentials may answer (realm equal, or credentials for any realm);
// null if none.
const Challenge* strongest(std::span<const Challenge> challenges, const Credentials& credentials);

// A client's memory of one server: the challenge in use and its nonce count.
class DigestClient {
 public:
  enum class Outcome : uint8_t {
    kRetry,        // send the request again with authorization()
    kRefused,      // our answer was refused and the nonce was not stale: the password is wrong
    kUnsupported,  // no challenge we can or may answer
  };

  explicit DigestClient(Credentials credentials) : credentials_(std::move(credentials)) {}

  // Takes a 401 or 407. `tried` says whether the refused request carried our authorization().
  enum class Tried : uint8_t { kNo, kYes };
  Outcome challenged(const Message& response, Tried tried);

  bool ready() const { return challenge_.has_value(); }
  // Header::kAuthorization or kProxyAuthorization, as the challenge came; valid if ready().
  Header header() const { return header_; }
  // The next value for it: counts nc and draws a cnonce. "" if not ready().
  std::string authorization(const DigestRequest& request, Random& random);
  void forget() { challenge_.reset(); }

 private:
  Credentials credentials_;
  std::optional<Challenge> challenge_;
  Header header_ = Header::kAuthorization;
  uint32_t nc_ = 0;
  static constexpr int kMaxStale = 2;
  int stale_in_a_row_ = 0;  // a server that calls every nonce stale does not get a loop
};

// Server side. HA1 = H(username:realm:password) of the base algorithm, in hex: what an account
// store may keep in place of the password.
std::string digest_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                       std::string_view password);
// True if the response is right for `ha1`. Takes the same time whatever differs. The caller checks
// realm, nonce and nc against what it issued, and that authorization.uri is the request's target.
bool verify(const Authorization& authorization, const DigestRequest& request, std::string_view ha1);

}  // namespace patchcord::sip

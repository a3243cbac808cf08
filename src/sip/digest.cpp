// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <utility>
#include <vector>

#include "sip/grammar.h"
#include "sip/headers.h"

namespace patchcord::sip {
namespace {

constexpr std::array<std::string_view, 6> kAlgorithms = {
    "MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"};
constexpr size_t kMaxAuthParams = 64;

bool is_session(DigestAlgorithm a) {
  return a == DigestAlgorithm::kMd5Sess || a == DigestAlgorithm::kSha256Sess ||
         a == DigestAlgorithm::kSha512_256Sess;
}

const EVP_MD* hash_of(DigestAlgorithm a) {
  switch (a) {
    case DigestAlgorithm::kMd5:
    case DigestAlgorithm::kMd5Sess:
      return EVP_md5();
    case DigestAlgorithm::kSha256:
    case DigestAlgorithm::kSha256Sess:
      return EVP_sha256();
    case DigestAlgorithm::kSha512_256:
    case DigestAlgorithm::kSha512_256Sess:
      return EVP_sha512_256();
  }
  return nullptr;
}

// In hex; "" where the system's OpenSSL refuses the hash (MD5 under FIPS).
std::string hash(DigestAlgorithm algorithm, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), bytes.data(), &size, hash_of(algorithm), nullptr) != 1) {
    return {};
  }
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out.append(1, kHexDigits[bytes[i] >> 4]).append(1, kHexDigits[bytes[i] & 15]);
  }
  return out;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (const std::string_view* part = parts.begin(); part != parts.end(); ++part) {
    if (part != parts.begin()) out += ':';
    out += *part;
  }
  return out;
}

std::string nc_text(uint32_t nc) {
  constexpr char kHexDigits[] = "0123456789abcdef";
  std::string out(8, '0');
  for (size_t i = 8; i-- > 0; nc >>= 4) out[i] = kHexDigits[nc & 15];
  return out;
}

std::string_view qop_name(Qop qop) {
  return qop == Qop::kAuthInt ? "auth-int" : "auth";
}

// RFC 7616 3.4.1: the response for the base HA1.
std::string response_for(const Authorization& a, const DigestRequest& request,
                         std::string_view ha1) {
  std::string secret(ha1);
  if (is_session(a.algorithm)) secret = hash(a.algorithm, joined({ha1, a.nonce, a.cnonce}));
  std::string a2 = joined({request.method, a.uri});
  if (a.qop == Qop::kAuthInt) a2 += ":" + hash(a.algorithm, request.body);
  const std::string ha2 = hash(a.algorithm, a2);
  if (a.qop == Qop::kNone) return hash(a.algorithm, joined({secret, a.nonce, ha2}));
  return hash(a.algorithm,
              joined({secret, a.nonce, nc_text(a.nc), a.cnonce, qop_name(a.qop), ha2}));
}

// name=token and name="quoted" between commas, after the scheme "Digest".
class AuthParams {
 public:
  static std::optional<AuthParams> parse(std::string_view value) {
    if (!iequals(take_token(value), "Digest") || value.empty() || !is_space(value.front())) {
      return std::nullopt;
    }
    AuthParams out;
    do {
      if (!out.take_one(value)) return std::nullopt;
    } while (take(value, ','));
    if (!trim(value).empty()) return std::nullopt;
    return out;
  }

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string text(std::string_view name) const {
    const std::string_view* value = find(name);
    return value ? unquote(*value) : std::string();
  }

 private:
  bool take_one(std::string_view& rest) {
    const std::string_view name = take_token(rest);
    if (name.empty() || !take(rest, '=') || params_.size() == kMaxAuthParams) return false;
    if (find(name)) return false;  // two realms, two nonces: whose?
    size_t size = rest.starts_with('"') ? skip_quoted(rest, 0) : rest.find_first_of(", \t");
    if (rest.starts_with('"') && size == rest.npos) return false;
    size = std::min(size, rest.size());
    params_.emplace_back(name, rest.substr(0, size));
    rest.remove_prefix(size);
    return true;
  }
  const std::string_view* find(std::string_view name) const {
    for (const auto& [key, value] : params_) {
      if (iequals(key, name)) return &value;
    }
    return nullptr;
  }

  std::vector<std::pair<std::string_view, std::string_view>> params_;
};

bool read_algorithm(const AuthParams& params, DigestAlgorithm& out) {
  if (!params.has("algorithm")) return true;  // MD5 (RFC 7616 3.3)
  const std::string name = params.text("algorithm");
  for (size_t i = 0; i < kAlgorithms.size(); ++i) {
    if (!iequals(kAlgorithms[i], name)) continue;
    out = static_cast<DigestAlgorithm>(i);
    return true;
  }
  return false;
}

bool read_nc(std::string_view text, uint32_t& out) {
  if (text.empty() || text.size() > 8 || !all_of(text, chars::kHex)) return false;
  out = 0;
  for (const char c : text) {
    const auto digit = is(c, chars::kDigit) ? c - '0' : lower(c) - 'a' + 10;
    out = out << 4 | static_cast<uint32_t>(digit);
  }
  return true;
}

bool may_answer(const Challenge& challenge, const Credentials& credentials) {
  return credentials.realm.empty() || credentials.realm == challenge.realm;
}

}  // namespace

std::string_view algorithm_name(DigestAlgorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)];
}

std::string Challenge::to_string() const {
  std::string out = "Digest realm=" + quote(realm) + ", nonce=" + quote(nonce);
  if (!opaque.empty()) out += ", opaque=" + quote(opaque);
  out.append(", algorithm=").append(algorithm_name(algorithm));
  if (offers_auth && offers_auth_int) {
    out += ", qop=\"auth,auth-int\"";
  } else if (offers_auth || offers_auth_int) {
    out += offers_auth ? ", qop=\"auth\"" : ", qop=\"auth-int\"";
  }
  if (stale) out += ", stale=true";
  return out;
}

std::optional<Challenge> parse_challenge(std::string_view value) {
  const auto params = AuthParams::parse(value);
  if (!params || !params->has("realm") || !params->has("nonce")) return std::nullopt;
  Challenge out;
  if (!read_algorithm(*params, out.algorithm)) return std::nullopt;
  out.realm = params->text("realm");
  out.nonce = params->text("nonce");
  out.opaque = params->text("opaque");
  out.stale = iequals(params->text("stale"), "true");
  if (!params->has("qop")) return out;
  const std::string qops = params->text("qop");
  for (std::string_view rest = qops; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (iequals(trim(one), "auth")) out.offers_auth = true;
    if (iequals(trim(one), "auth-int")) out.offers_auth_int = true;
  }
  if (!out.offers_auth && !out.offers_auth_int) return std::nullopt;
  return out;
}

std::string Authorization::to_string() const {
  std::string out = "Digest username=" + quote(username) + ", realm=" + quote(realm) +
                    ", nonce=" + quote(nonce) + ", uri=" + quote(uri) +
                    ", response=" + quote(response);
  out.append(", algorithm=").append(algorithm_name(algorithm));
  if (!cnonce.empty()) out += ", cnonce=" + quote(cnonce);
  if (!opaque.empty()) out += ", opaque=" + quote(opaque);
  if (qop != Qop::kNone) out.append(", qop=").append(qop_name(qop)).append(", nc=" + nc_text(nc));
  return out;
}

std::optional<Authorization> parse_authorization(std::string_view value) {
  const auto params = AuthParams::parse(value);
  if (!params) return std::nullopt;
  for (const std::string_view name : {"username", "realm", "nonce", "uri", "response"}) {
    if (!params->has(name)) return std::nullopt;
  }
  Authorization out;
  if (!read_algorithm(*params, out.algorithm)) return std::nullopt;
  out.username = params->text("username");
  out.realm = params->text("realm");
  out.nonce = params->text("nonce");
  out.uri = params->text("uri");
  out.response = to_lower(params->text("response"));
  out.opaque = params->text("opaque");
  out.cnonce = params->text("cnonce");
  const bool needs_cnonce = params->has("qop") || is_session(out.algorithm);
  if (needs_cnonce && out.cnonce.empty()) return std::nullopt;
  if (!params->has("qop")) return out;
  const std::string qop = params->text("qop");
  if (!iequals(qop, "auth") && !iequals(qop, "auth-int")) return std::nullopt;
  out.qop = iequals(qop, "auth") ? Qop::kAuth : Qop::kAuthInt;
  if (!read_nc(params->text("nc"), out.nc)) return std::nullopt;
  return out;
}

Authorization answer(const Challenge& challenge, const Credentials& credentials,
                     const DigestRequest& request, uint32_t nc, std::string_view cnonce) {
  Authorization out;
  out.username = credentials.username;
  out.realm = challenge.realm;
  out.nonce = challenge.nonce;
  out.uri = request.uri;
  out.opaque = challenge.opaque;
  out.algorithm = challenge.algorithm;
  if (challenge.offers_auth) {
    out.qop = Qop::kAuth;
  } else if (challenge.offers_auth_int) {
    out.qop = Qop::kAuthInt;
  }
  if (out.qop != Qop::kNone) out.nc = nc;
  if (out.qop != Qop::kNone || is_session(out.algorithm)) out.cnonce = cnonce;
  const std::string ha1 =
      digest_ha1(challenge.algorithm, credentials.username, challenge.realm, credentials.password);
  out.response = response_for(out, request, ha1);
  return out;
}

const Challenge* strongest(std::span<const Challenge> challenges, const Credentials& credentials) {
  const Challenge* best = nullptr;
  for (const Challenge& challenge : challenges) {
    if (!may_answer(challenge, credentials)) continue;
    if (!best || challenge.algorithm > best->algorithm) best = &challenge;
  }
  return best;
}

DigestClient::Outcome DigestClient::challenged(const Message& response, Tried tried) {
  const bool proxy = response.status() == 407;
  const Header asks = proxy ? Header::kProxyAuthenticate : Header::kWwwAuthenticate;
  std::vector<Challenge> challenges;
  for (const std::string_view value : response.all(asks)) {
    auto challenge = parse_challenge(value);
    if (challenge && challenges.size() < kMaxListValues) challenges.push_back(*challenge);
  }
  const Challenge* best = strongest(challenges, credentials_);
  if (!best) return Outcome::kUnsupported;

  if (tried == Tried::kNo || !challenge_) {
    stale_in_a_row_ = 0;
  } else {
    // Some registrars forget to say stale=true: a nonce that has worked before and is now replaced
    // was stale all the same.
    const bool worked_before = nc_ > 1 && best->nonce != challenge_->nonce;
    if (!best->stale && !worked_before) return Outcome::kRefused;
    stale_in_a_row_ = worked_before ? 1 : stale_in_a_row_ + 1;
    if (stale_in_a_row_ > kMaxStale) return Outcome::kRefused;
  }
  challenge_ = *best;
  header_ = proxy ? Header::kProxyAuthorization : Header::kAuthorization;
  nc_ = 0;
  return Outcome::kRetry;
}

std::string DigestClient::authorization(const DigestRequest& request, Random& random) {
  if (!challenge_) return {};
  return answer(*challenge_, credentials_, request, ++nc_, random.token(16)).to_string();
}

std::string digest_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                       std::string_view password) {
  return hash(algorithm, joined({username, realm, password}));
}

bool verify(const Authorization& authorization, const DigestRequest& request,
            std::string_view ha1) {
  const std::string wanted = response_for(authorization, request, ha1);
  return !wanted.empty() && wanted.size() == authorization.response.size() &&
         CRYPTO_memcmp(wanted.data(), authorization.response.data(), wanted.size()) == 0;
}

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/certificate.h"

#include <algorithm>

#include "rtc/certificate_impl.h"

namespace patchcord::rtc {
namespace {

struct HashName {
  Fingerprint::Hash hash;
  std::string_view name;
  size_t size;  // bytes
};
constexpr HashName kHashes[] = {
    {Fingerprint::Hash::kSha256, "sha-256", 32},
    {Fingerprint::Hash::kSha384, "sha-384", 48},
    {Fingerprint::Hash::kSha512, "sha-512", 64},
};

const HashName& entry_of(Fingerprint::Hash hash) {
  return kHashes[static_cast<size_t>(hash)];
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "12:AB:.." of exactly `size` bytes; empty if it is not that.
std::vector<uint8_t> parse_hex(std::string_view text, size_t size) {
  std::vector<uint8_t> out;
  if (text.size() != 3 * size - 1) return out;
  for (size_t i = 0; i < text.size(); i += 3) {
    const int high = hex_value(text[i]), low = hex_value(text[i + 1]);
    const bool separated = i + 2 == text.size() || text[i + 2] == ':';
    if (high < 0 || low < 0 || !separated) return {};
    out.push_back(static_cast<uint8_t>(high << 4 | low));
  }
  return out;
}

ByteSpan der_of(X509* x509, std::vector<uint8_t>& storage) {
  const int size = i2d_X509(x509, nullptr);
  if (size <= 0) return {};
  storage.resize(static_cast<size_t>(size));
  uint8_t* at = storage.data();
  i2d_X509(x509, &at);
  return storage;
}

bool set_random_serial(X509* x509) {
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(BN_new());
  return number && BN_rand(number.get(), 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr;
}

bool fill_and_sign(X509* x509, EVP_PKEY* key, WallTime now) {
  using std::chrono::hours;
  constexpr auto kAgo = hours(24), kAhead = hours(24) * 3650;
  const auto seconds = [](WallTime t) { return std::chrono::system_clock::to_time_t(t); };
  X509_NAME* name = X509_get_subject_name(x509);
  const auto* text = reinterpret_cast<const uint8_t*>("WebRTC");  // tells nothing about the host
  return X509_set_version(x509, 2) == 1 && set_random_serial(x509) &&
         ASN1_TIME_set(X509_getm_notBefore(x509), seconds(now - kAgo)) &&
         ASN1_TIME_set(X509_getm_notAfter(x509), seconds(now + kAhead)) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) == 1 &&
         X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1 &&
         X509_sign(x509, key, EVP_sha256()) != 0;
}

}  // namespace

Certificate::Certificate(std::unique_ptr<Handles> handles) : handles_(std::move(handles)) {
  std::vector<uint8_t> der;
  fingerprint_ =
      Fingerprint::of(Fingerprint::Hash::kSha256, der_of(handles_->x509.get(), der)).to_string();
}

Certificate::Certificate(const Certificate& other)
    : handles_(std::make_unique<Handles>()), fingerprint_(other.fingerprint_) {
  X509_up_ref(other.handles_->x509.get());
  handles_->x509.reset(other.handles_->x509.get());
  EVP_PKEY_up_ref(other.handles_->key.get());
  handles_->key.reset(other.handles_->key.get());
}

Certificate::Certificate(Certificate&&) noexcept = default;
Certificate& Certificate::operator=(Certificate other) noexcept {
  std::swap(handles_, other.handles_);
  std::swap(fingerprint_, other.fingerprint_);
  return *this;
}
Certificate::~Certificate() = default;

Result<Certificate> Certificate::generate(WallTime now) {
  auto handles = std::make_unique<Handles>();
  handles->key.reset(EVP_EC_gen("P-256"));
  handles->x509.reset(X509_new());
  if (!handles->key || !handles->x509 ||
      !fill_and_sign(handles->x509.get(), handles->key.get(), now)) {
    return {ErrorCode::kExhausted, "OpenSSL could not make a certificate"};
  }
  return Certificate(std::move(handles));
}

Result<Fingerprint> Fingerprint::parse(std::string_view text) {
  const size_t space = text.find(' ');
  const std::string_view name = text.substr(0, space);
  if (space == std::string_view::npos) {
    return {ErrorCode::kMalformed, "a fingerprint without a hash name"};
  }
  for (const HashName& entry : kHashes) {
    if (!equal_ignoring_case(name, entry.name)) continue;
    Fingerprint out{entry.hash, parse_hex(text.substr(space + 1), entry.size)};
    if (out.digest.empty()) return {ErrorCode::kMalformed, "a fingerprint of wrong digits"};
    return out;
  }
  return {ErrorCode::kUnsupported, "a fingerprint by a hash that is not trusted"};
}

Fingerprint Fingerprint::of(Hash hash, ByteSpan certificate_der) {
  Fingerprint out{hash, std::vector<uint8_t>(entry_of(hash).size)};
  const EVP_MD* kind = hash == Hash::kSha256   ? EVP_sha256()
                       : hash == Hash::kSha384 ? EVP_sha384()
                                               : EVP_sha512();
  EVP_Digest(certificate_der.data(), certificate_der.size(), out.digest.data(), nullptr, kind,
             nullptr);
  return out;
}

std::string Fingerprint::to_string() const {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out(entry_of(hash).name);
  char separator = ' ';
  for (const uint8_t byte : digest) {
    out += separator;
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
    separator = ':';
  }
  return out;
}

}  // namespace patchcord::rtc

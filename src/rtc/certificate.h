// SPDX-License-Identifier: GPL-3.0-or-later
// Certificate: the self-signed identity of the process in DTLS, and Fingerprint, by which each side
// recognises the other (RFC 8122). No chain, no name, no expiry is ever looked at: only the hash.
// Thread: made on control; a copy is a handle on the same immutable key and may go to any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.h"
#include "core/result.h"
#include "core/time.h"

namespace patchcord::rtc {

class Certificate {
 public:
  // ECDSA on P-256, signed with SHA-256. `now` only dates it: from a day ago for ten years.
  // kExhausted if OpenSSL could not.
  static Result<Certificate> generate(WallTime now);

  Certificate(const Certificate& other);
  Certificate(Certificate&&) noexcept;
  Certificate& operator=(Certificate other) noexcept;
  ~Certificate();

  // "sha-256 12:AB:..", as a=fingerprint carries it.
  const std::string& fingerprint() const { return fingerprint_; }

 private:
  friend class DtlsContext;
  struct Handles;  // X509 and private key
  explicit Certificate(std::unique_ptr<Handles> handles);

  std::unique_ptr<Handles> handles_;
  std::string fingerprint_;
};

struct Fingerprint {
  enum class Hash : uint8_t { kSha256, kSha384, kSha512 };

  Hash hash;
  std::vector<uint8_t> digest;

  // "sha-256 12:AB:..", the name in any case, hexadecimal digits in any case (RFC 8122 section 5).
  // kUnsupported: another hash, sha-1 and md5 included. kMalformed: anything else.
  static Result<Fingerprint> parse(std::string_view text);
  static Fingerprint of(Hash hash, ByteSpan certificate_der);
  std::string to_string() const;
  bool operator==(const Fingerprint&) const = default;
};

}  // namespace patchcord::rtc

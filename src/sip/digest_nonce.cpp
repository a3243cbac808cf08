// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/digest_nonce.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>

#include "core/bytes.h"

namespace patchcord::sip {
namespace {

constexpr size_t kStampDigits = 8;  // in hex: seconds, then a serial number; nonces sort by age
constexpr size_t kTagBytes = 12;    // 96 bits of HMAC
constexpr size_t kNonceSize = 2 * kStampDigits + 2 * kTagBytes;

uint32_t seconds_of(MonoTime now) {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
}

std::optional<uint32_t> read_hex(std::string_view text) {
  uint32_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string DigestNonces::sign(const Stamp& stamp, const IpAddress& source) const {
  std::string nonce = fmt::format("{:08x}{:08x}", stamp.seconds, stamp.serial);
  std::string text = nonce;
  text += static_cast<char>(source.family());
  text.append(source.bytes().begin(), source.bytes().end());
  std::array<uint8_t, EVP_MAX_MD_SIZE> tag{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), tag.data(), &size);
  for (size_t i = 0; i < kTagBytes; ++i) nonce += fmt::format("{:02x}", tag[i]);
  return nonce;
}

std::string DigestNonces::issue(const IpAddress& source, MonoTime now) {
  return sign({seconds_of(now), ++serial_}, source);
}

DigestNonces::State DigestNonces::judge(std::string_view nonce, const IpAddress& source,
                                        MonoTime now) const {
  if (nonce.size() != kNonceSize) return State::kForged;
  const auto seconds = read_hex(nonce.substr(0, kStampDigits));
  const auto serial = read_hex(nonce.substr(kStampDigits, kStampDigits));
  if (!seconds || !serial) return State::kForged;
  const std::string right = sign({*seconds, *serial}, source);
  if (CRYPTO_memcmp(right.data(), nonce.data(), kNonceSize) != 0) return State::kForged;
  const uint32_t age = seconds_of(now) - *seconds;
  return age <= static_cast<uint32_t>(kLifetime.count()) ? State::kFresh : State::kOld;
}

bool DigestNonces::take(const std::string& user, std::string_view nonce, uint32_t nc) {
  Counts& counts = users_[user];
  if (nonce <= counts.newest_dropped) return false;
  const uint32_t count = std::max(nc, uint32_t{1});
  const auto known = counts.highest.find(nonce);
  if (known != counts.highest.end()) {
    if (count <= known->second) return false;
    known->second = count;
    return true;
  }
  counts.highest.emplace(nonce, count);
  if (counts.highest.size() > kMaxPerUser) {
    counts.newest_dropped = counts.highest.begin()->first;
    counts.highest.erase(counts.highest.begin());
  }
  return true;
}

}  // namespace patchcord::sip

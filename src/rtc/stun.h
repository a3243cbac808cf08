// SPDX-License-Identifier: GPL-3.0-or-later
// STUN messages (RFC 8489) with the attributes of ICE (RFC 8445): parse, verify, build. Pure
// functions on bytes; what to answer is decided in ice_lite. Nothing here trusts a length: parse()
// is one linear walk, and an attribute that MESSAGE-INTEGRITY does not cover is never reported.
// Thread: any.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/address.h"
#include "core/bytes.h"

namespace patchcord::rtc {

enum class StunType : uint16_t {
  kBindingRequest = 0x0001,
  kBindingIndication = 0x0011,
  kBindingSuccess = 0x0101,
  kBindingError = 0x0111,
};

enum class StunAttribute : uint16_t {
  kMappedAddress = 0x0001,
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kMessageIntegritySha256 = 0x001c,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kSoftware = 0x8022,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
};

using StunTransaction = std::array<uint8_t, 12>;

inline constexpr size_t kStunHeaderSize = 20;
inline constexpr size_t kStunMaxSize = 1500;  // more is not a check

// One parsed message: views into the datagram, valid as long as it is.
struct StunMessage {
  static constexpr size_t kMaxUnknown = 8;

  uint16_t type = 0;  // any value of 14 bits; compare with is()
  StunTransaction transaction{};
  std::optional<std::string_view> username;
  std::optional<uint32_t> priority;
  std::optional<uint64_t> controlling;  // tie-breaker
  std::optional<uint64_t> controlled;
  bool use_candidate = false;
  std::optional<SocketAddress> mapped;  // XOR-MAPPED-ADDRESS
  uint16_t error_code = 0;              // 300..699; 0 = none
  // Attributes a receiver must understand and we do not; those after the eighth are not kept.
  std::array<uint16_t, kMaxUnknown> unknown{};
  size_t unknown_count = 0;
  size_t integrity_at = 0;  // offset of MESSAGE-INTEGRITY; 0 = none
  bool has_fingerprint = false;

  bool is(StunType wanted) const { return type == static_cast<uint16_t>(wanted); }
  // The part of USERNAME before the colon: in a request, the ufrag of its receiver.
  std::string_view local_ufrag() const;
};

// Nothing if it is not STUN: header, cookie, lengths, a FINGERPRINT that is wrong or not the last.
std::optional<StunMessage> parse_stun(ByteSpan datagram);

// Does MESSAGE-INTEGRITY fit the password (RFC 8489 section 14.5)? False if there is none.
bool has_integrity(ByteSpan datagram, const StunMessage& message, std::string_view password);

// For the worker: whose is the first check of an unknown address? Nothing if it is no Binding
// request with a USERNAME. Proves nothing: integrity is checked later by the transport it leads to.
std::optional<std::string_view> ufrag_of(ByteSpan datagram);

// Writes one message. Attributes in the order of the calls; seal() closes it.
class StunBuilder {
 public:
  StunBuilder(MutableByteSpan buffer, StunType type, const StunTransaction& transaction);

  StunBuilder& username(std::string_view value);
  StunBuilder& priority(uint32_t value);
  StunBuilder& use_candidate();
  StunBuilder& controlling(uint64_t tie_breaker);
  StunBuilder& controlled(uint64_t tie_breaker);
  StunBuilder& xor_mapped(const SocketAddress& address);
  StunBuilder& error(uint16_t code, std::string_view reason);  // code 300..699
  StunBuilder& unknown_attributes(std::span<const uint16_t> types);

  // Adds MESSAGE-INTEGRITY (if a password is given) and FINGERPRINT. Empty if the buffer was small.
  ByteSpan seal(std::string_view password);

 private:
  void begin(StunAttribute type, size_t size);
  void pad();
  void set_length(size_t attributes_end);

  MutableByteSpan buffer_;
  Writer writer_;
  StunTransaction transaction_;
};

}  // namespace patchcord::rtc

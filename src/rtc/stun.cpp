// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/stun.h"

#include <netinet/in.h>
#include <openssl/crypto.h>

#include <algorithm>

#include "rtc/hmac_sha1_impl.h"

namespace patchcord::rtc {
namespace {

constexpr uint32_t kMagicCookie = 0x2112a442;
constexpr uint32_t kFingerprintXor = 0x5354554e;  // "STUN", RFC 8489 section 14.7
constexpr size_t kAttributeHeader = 4;
constexpr size_t kIntegritySize = 20;
constexpr size_t kMaxUsername = 513;  // RFC 8489 section 14.3

consteval std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) ? (c >> 1) ^ 0xedb88320u : c >> 1;
    table[i] = c;
  }
  return table;
}

uint32_t crc32(ByteSpan bytes) {
  static constexpr std::array<uint32_t, 256> kTable = make_crc_table();
  uint32_t crc = 0xffffffffu;
  for (const uint8_t byte : bytes) crc = (crc >> 8) ^ kTable[(crc ^ byte) & 0xff];
  return ~crc;
}

// The mask of XOR-MAPPED-ADDRESS: the cookie, then the transaction (RFC 8489 section 14.2).
std::array<uint8_t, 16> address_mask(const StunTransaction& transaction) {
  std::array<uint8_t, 16> mask;
  store_be32(mask.data(), kMagicCookie);
  std::copy(transaction.begin(), transaction.end(), mask.begin() + 4);
  return mask;
}

std::optional<SocketAddress> read_xor_mapped(ByteSpan value, const StunTransaction& transaction) {
  constexpr uint8_t kIpv4 = 1, kIpv6 = 2;
  Reader reader(value);
  reader.skip(1);
  const uint8_t family = reader.u8();
  const auto port = static_cast<uint16_t>(reader.u16() ^ (kMagicCookie >> 16));
  const ByteSpan masked = reader.rest();
  if (reader.failed()) return std::nullopt;

  const auto mask = address_mask(transaction);
  std::array<uint8_t, 16> ip{};
  for (size_t i = 0; i < std::min(masked.size(), ip.size()); ++i) ip[i] = masked[i] ^ mask[i];
  if (family == kIpv4 && masked.size() == 4) {
    return SocketAddress(IpAddress::v4(ip[0], ip[1], ip[2], ip[3]), port);
  }
  if (family != kIpv6 || masked.size() != 16) return std::nullopt;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  std::copy(ip.begin(), ip.end(), address.sin6_addr.s6_addr);
  return SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&address));
}

uint16_t read_error_code(ByteSpan value) {
  Reader reader(value);
  reader.skip(2);
  const uint8_t hundreds = reader.u8() & 0x07;
  const uint8_t rest = reader.u8();
  const bool valid = !reader.failed() && hundreds >= 3 && hundreds <= 6 && rest < 100;
  return valid ? static_cast<uint16_t>(hundreds * 100 + rest) : 0;
}

template <class T, class U>
void set_first(std::optional<T>& field, U value) {
  if (!field) field = value;  // RFC 8489 section 14: of attributes of one type the first counts
}

// False if the attribute is known and its value is not what it must be.
bool note_attribute(StunMessage& message, uint16_t type, ByteSpan value) {
  Reader reader(value);
  switch (static_cast<StunAttribute>(type)) {
    case StunAttribute::kUsername:
      set_first(message.username, as_text(value));
      return value.size() <= kMaxUsername;
    case StunAttribute::kPriority:
      set_first(message.priority, reader.u32());
      return value.size() == 4;
    case StunAttribute::kUseCandidate:
      message.use_candidate = true;
      return value.empty();
    case StunAttribute::kIceControlling:
      set_first(message.controlling, reader.u64());
      return value.size() == 8;
    case StunAttribute::kIceControlled:
      set_first(message.controlled, reader.u64());
      return value.size() == 8;
    case StunAttribute::kXorMappedAddress:
      if (!message.mapped) message.mapped = read_xor_mapped(value, message.transaction);
      return message.mapped.has_value();
    case StunAttribute::kErrorCode:
      if (message.error_code == 0) message.error_code = read_error_code(value);
      return message.error_code != 0;
    case StunAttribute::kMappedAddress:
    case StunAttribute::kUnknownAttributes:
    case StunAttribute::kRealm:
    case StunAttribute::kNonce:
    case StunAttribute::kMessageIntegritySha256:
      return true;  // understood, and of no use in ICE
    default:
      // RFC 8489 section 14: below 0x8000 the receiver must understand it.
      if (type < 0x8000 && message.unknown_count < StunMessage::kMaxUnknown) {
        message.unknown[message.unknown_count++] = type;
      }
      return true;
  }
}

bool fingerprint_fits(ByteSpan datagram, size_t at, ByteSpan value) {
  const size_t end = at + kAttributeHeader + value.size();
  return value.size() == 4 && end == datagram.size() &&
         load_be32(value.data()) == (crc32(datagram.first(at)) ^ kFingerprintXor);
}

}  // namespace

std::string_view StunMessage::local_ufrag() const {
  const std::string_view name = username.value_or(std::string_view());
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? std::string_view() : name.substr(0, colon);
}

std::optional<StunMessage> parse_stun(ByteSpan datagram) {
  if (datagram.size() < kStunHeaderSize || datagram.size() > kStunMaxSize) return std::nullopt;
  Reader reader(datagram);
  StunMessage message;
  message.type = reader.u16();
  const size_t length = reader.u16();
  const uint32_t cookie = reader.u32();
  const ByteSpan transaction = reader.bytes(message.transaction.size());
  if (message.type > 0x3fff || cookie != kMagicCookie || length != reader.remaining() ||
      length % 4 != 0) {
    return std::nullopt;
  }
  std::copy(transaction.begin(), transaction.end(), message.transaction.begin());

  while (reader.remaining() > 0) {
    const size_t at = reader.position();
    const uint16_t type = reader.u16();
    const size_t size = reader.u16();
    const ByteSpan value = reader.bytes(size);
    reader.skip((4 - size % 4) % 4);
    if (reader.failed()) return std::nullopt;

    if (type == static_cast<uint16_t>(StunAttribute::kFingerprint)) {
      if (!fingerprint_fits(datagram, at, value)) return std::nullopt;
      message.has_fingerprint = true;
    } else if (message.integrity_at != 0) {
      continue;  // RFC 8489 section 14.5: what follows the integrity is not covered: ignore it
    } else if (type == static_cast<uint16_t>(StunAttribute::kMessageIntegrity)) {
      if (size != kIntegritySize) return std::nullopt;
      message.integrity_at = at;
    } else if (!note_attribute(message, type, value)) {
      return std::nullopt;
    }
  }
  return message;
}

bool has_integrity(ByteSpan datagram, const StunMessage& message, std::string_view password) {
  const size_t at = message.integrity_at;
  if (at == 0) return false;
  // The hash is over a header that pretends to end with this attribute (RFC 8489 section 14.5).
  std::array<uint8_t, kStunHeaderSize> header;
  std::copy_n(datagram.begin(), header.size(), header.begin());
  store_be16(&header[2],
             static_cast<uint16_t>(at + kAttributeHeader + kIntegritySize - kStunHeaderSize));
  const ByteSpan covered = datagram.subspan(kStunHeaderSize, at - kStunHeaderSize);
  const auto expected = HmacSha1(as_bytes(password)).tag(header, covered);
  const ByteSpan given = datagram.subspan(at + kAttributeHeader, kIntegritySize);
  return CRYPTO_memcmp(expected.data(), given.data(), kIntegritySize) == 0;
}

std::optional<std::string_view> ufrag_of(ByteSpan datagram) {
  const auto message = parse_stun(datagram);
  if (!message || !message->is(StunType::kBindingRequest)) return std::nullopt;
  const std::string_view ufrag = message->local_ufrag();
  if (ufrag.empty()) return std::nullopt;
  return ufrag;
}

StunBuilder::StunBuilder(MutableByteSpan buffer, StunType type, const StunTransaction& transaction)
    : buffer_(buffer), writer_(buffer), transaction_(transaction) {
  writer_.u16(static_cast<uint16_t>(type));
  writer_.u16(0);
  writer_.u32(kMagicCookie);
  writer_.bytes(transaction);
}

void StunBuilder::begin(StunAttribute type, size_t size) {
  writer_.u16(static_cast<uint16_t>(type));
  writer_.u16(static_cast<uint16_t>(size));
}

void StunBuilder::pad() {
  writer_.fill((4 - writer_.size() % 4) % 4, 0);
}

void StunBuilder::set_length(size_t attributes_end) {
  store_be16(&buffer_[2], static_cast<uint16_t>(attributes_end - kStunHeaderSize));
}

StunBuilder& StunBuilder::username(std::string_view value) {
  begin(StunAttribute::kUsername, value.size());
  writer_.bytes(as_bytes(value));
  pad();
  return *this;
}

StunBuilder& StunBuilder::priority(uint32_t value) {
  begin(StunAttribute::kPriority, 4);
  writer_.u32(value);
  return *this;
}

StunBuilder& StunBuilder::use_candidate() {
  begin(StunAttribute::kUseCandidate, 0);
  return *this;
}

StunBuilder& StunBuilder::controlling(uint64_t tie_breaker) {
  begin(StunAttribute::kIceControlling, 8);
  writer_.u64(tie_breaker);
  return *this;
}

StunBuilder& StunBuilder::controlled(uint64_t tie_breaker) {
  begin(StunAttribute::kIceControlled, 8);
  writer_.u64(tie_breaker);
  return *this;
}

StunBuilder& StunBuilder::xor_mapped(const SocketAddress& address) {
  const bool v4 = address.ip().is_v4();
  const size_t ip_size = v4 ? 4 : 16;
  const auto mask = address_mask(transaction_);
  begin(StunAttribute::kXorMappedAddress, 4 + ip_size);
  writer_.u8(0);
  writer_.u8(v4 ? 1 : 2);
  writer_.u16(static_cast<uint16_t>(address.port() ^ (kMagicCookie >> 16)));
  for (size_t i = 0; i < ip_size; ++i) writer_.u8(address.ip().bytes()[i] ^ mask[i]);
  return *this;
}

StunBuilder& StunBuilder::error(uint16_t code, std::string_view reason) {
  begin(StunAttribute::kErrorCode, 4 + reason.size());
  writer_.u16(0);
  writer_.u8(static_cast<uint8_t>(code / 100));
  writer_.u8(static_cast<uint8_t>(code % 100));
  writer_.bytes(as_bytes(reason));
  pad();
  return *this;
}

StunBuilder& StunBuilder::unknown_attributes(std::span<const uint16_t> types) {
  begin(StunAttribute::kUnknownAttributes, 2 * types.size());
  for (const uint16_t type : types) writer_.u16(type);
  pad();
  return *this;
}

ByteSpan StunBuilder::seal(std::string_view password) {
  constexpr size_t kIntegrity = kAttributeHeader + kIntegritySize;
  constexpr size_t kFingerprint = kAttributeHeader + 4;
  if (writer_.failed() || writer_.remaining() < kIntegrity + kFingerprint) return {};
  if (!password.empty()) {
    set_length(writer_.size() + kIntegrity);
    const auto tag = HmacSha1(as_bytes(password)).tag(writer_.written());
    begin(StunAttribute::kMessageIntegrity, kIntegritySize);
    writer_.bytes(tag);
  }
  set_length(writer_.size() + kFingerprint);
  const uint32_t crc = crc32(writer_.written()) ^ kFingerprintXor;
  begin(StunAttribute::kFingerprint, 4);
  writer_.u32(crc);
  return writer_.written();
}

}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
// A look at the record headers of a DTLS datagram (RFC 6347 section 4.1) before OpenSSL sees it, so
// that junk, unknown record types and future epochs never reach it.
//
//    0     1        3       5              11       13
//    | type | version | epoch | sequence     | length | fragment ...   then the next record
//
// Thread: any.
#pragma once

#include <optional>

#include "core/bytes.h"

namespace patchcord::rtc {

enum class DtlsContent : uint8_t {
  kChangeCipherSpec = 20,
  kAlert = 21,
  kHandshake = 22,
  kApplicationData = 23,
};

// OpenSSL reserves what the first fragment of a message claims, for up to ten messages at a time. A
// ClientHello with a post-quantum key has 1.5 kB, a certificate rarely 2.
inline constexpr size_t kDtlsMaxMessage = 8 * 1024;

inline constexpr size_t kDtlsRecordHeader = 13;

struct DtlsRecords {
  DtlsContent first;             // the type of the first record
  uint16_t first_epoch = 0;      // 0: in the clear, 1: under the agreed keys
  size_t first_length = 0;       // bytes of its fragment
  size_t encrypted_records = 0;  // records of epoch 1
};

// Are these whole handshake fragments (RFC 6347 section 4.2.2) of messages of a sane size?
inline bool are_handshake_fragments(ByteSpan record) {
  Reader reader(record);
  while (reader.remaining() > 0 && !reader.failed()) {
    reader.skip(1);
    if (reader.u24() > kDtlsMaxMessage) return false;
    reader.skip(2 + 3);
    reader.skip(reader.u24());
  }
  return !reader.failed();
}

// Nothing unless the datagram is made of whole records of a known type, of DTLS 1.0 or 1.2 (a
// ClientHello says 1.0), of epoch 0 or 1: there is no third epoch without renegotiation.
inline std::optional<DtlsRecords> scan_dtls(ByteSpan datagram) {
  std::optional<DtlsRecords> out;
  Reader reader(datagram);
  while (reader.remaining() > 0) {
    const uint8_t type = reader.u8();
    const uint16_t version = reader.u16();
    const uint16_t epoch = reader.u16();
    reader.skip(6);
    const ByteSpan fragment = reader.bytes(reader.u16());
    const auto content = static_cast<DtlsContent>(type);
    if (reader.failed() || type < 20 || type > 23 || (version != 0xfeff && version != 0xfefd) ||
        epoch > 1) {
      return std::nullopt;
    }
    if (content == DtlsContent::kHandshake && epoch == 0 && !are_handshake_fragments(fragment)) {
      return std::nullopt;
    }
    if (!out) out = DtlsRecords{content, epoch, fragment.size()};
    out->encrypted_records += epoch;
  }
  return out;
}

}  // namespace patchcord::rtc

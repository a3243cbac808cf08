// SPDX-License-Identifier: GPL-3.0-or-later
// SrtpTransform: the cryptography of one direction of one suite, with its session keys and cipher
// contexts, made once and kept. It knows no streams, no replay and no rollover: the packet index is
// an argument. Private to rtc/ (and its tests); SrtpSender and SrtpReceiver are the public faces.
//
//   SRTP            | header | payload, encrypted          | tag |
//   SRTCP, AES-CM   | 8 bytes | encrypted | E, index | tag |
//   SRTCP, AEAD     | 8 bytes | encrypted | tag | E, index |
//
// Thread: that of the owner. RFC 3711, RFC 7714.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/bytes.h"
#include "rtc/srtp_key.h"

namespace patchcord::rtc {

inline constexpr size_t kSrtcpHeaderSize = 8;  // what SRTCP leaves readable
inline constexpr size_t kSrtcpIndexSize = 4;

// The keys of one direction for RTP or for RTCP (RFC 3711 section 4.3). Sizes are those of the
// suite.
struct SrtpSessionKeys {
  std::array<uint8_t, 32> cipher{};
  std::array<uint8_t, 14> salt{};
  std::array<uint8_t, 20> auth{};  // AES-CM only

  SrtpSessionKeys() = default;
  SrtpSessionKeys(const SrtpSessionKeys&) = default;
  SrtpSessionKeys& operator=(const SrtpSessionKeys&) = default;
  ~SrtpSessionKeys();
};

enum class SrtpFlow : uint8_t { kRtp, kRtcp };
enum class SrtpDirection : uint8_t { kSeal, kOpen };

SrtpSessionKeys derive_session_keys(const SrtpKey& master, SrtpFlow flow);

class SrtpTransform {
 public:
  static std::unique_ptr<SrtpTransform> create(const SrtpKey& master, SrtpDirection direction);
  static std::unique_ptr<SrtpTransform> create(SrtpSuite suite, const SrtpSessionKeys& rtp,
                                               const SrtpSessionKeys& rtcp,
                                               SrtpDirection direction);
  virtual ~SrtpTransform() = default;

  virtual size_t tag_size() const = 0;

  // `index` = rollover counter << 16 | sequence number. `header` = bytes left readable, at
  // least 12. seal: `packet` is the plain packet followed by exactly tag_size() bytes of room.
  // open: `packet` is the whole protected packet; false if the tag is wrong, and then it is spoilt.
  virtual void seal_rtp(MutableByteSpan packet, size_t header, uint64_t index) = 0;
  virtual bool open_rtp(MutableByteSpan packet, size_t header, uint64_t index) = 0;

  // `index` has 31 bits. The room, or what is given up, is tag_size() + kSrtcpIndexSize bytes.
  virtual void seal_rtcp(MutableByteSpan packet, uint32_t index) = 0;
  virtual bool open_rtcp(MutableByteSpan packet) = 0;
  // The word "E, index" of a protected packet, read before it is authenticated.
  virtual uint32_t rtcp_index_word(ByteSpan packet) const = 0;
};

inline constexpr uint32_t kSrtcpEncrypted = 0x80000000u;  // the E bit

}  // namespace patchcord::rtc

// SPDX-License-Identifier: GPL-3.0-or-later
// SrtpSender and SrtpReceiver: one direction each of SRTP and SRTCP (RFC 3711, RFC 7714), in place.
// They add and check tags, rollover counters and replay windows, stream by stream; they read no
// more of RTP than where its payload begins. Who makes the key (DTLS or SDES) is none of their
// business. The cipher contexts are made once per direction and kept: nothing is allocated per
// packet.
// Thread: that of the owner (media). Owner: Transport, or the plain RTP endpoint for SDES.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/bytes.h"
#include "core/counters.h"
#include "core/id.h"
#include "rtc/replay_window.h"
#include "rtc/srtp_key.h"

namespace patchcord::rtc {

class SrtpTransform;

// What protecting adds at most (RFC 7714: a tag of 16 and, in SRTCP, an index of 4 bytes).
inline constexpr size_t kSrtpMaxTrailer = 20;
// Streams of one direction: audio, video, a retransmission stream for each, and as many spare.
inline constexpr size_t kSrtpMaxStreams = 8;

enum class SrtpDrop : uint8_t {
  kMalformed,    // too short, or a header that runs over the end
  kAuth,         // the tag is wrong
  kReplay,       // seen before, or older than the window
  kUnencrypted,  // SRTCP with E=0: we agreed to encryption
  kNoStream,     // sender: a ninth SSRC
  kNoRoom,       // sender: the buffer has no room for the tag
  kExhausted,    // sender: 2^31 SRTCP packets under one key (RFC 3711 section 9.2)
  kCount
};

// What a direction remembers of one SSRC (RFC 3711 section 3.2.3).
struct SrtpStream {
  Ssrc ssrc;
  ReplayWindow<1024> rtp;
  ReplayWindow<128> rtcp;
  uint64_t last_used = 0;  // in packets of this direction; 0 = the seat is free
};

class SrtpSender {
 public:
  explicit SrtpSender(const SrtpKey& key);
  SrtpSender(SrtpSender&&) noexcept;
  SrtpSender& operator=(SrtpSender&&) noexcept;
  ~SrtpSender();

  // The packet is the first `size` bytes of `buffer`; what follows is room for the trailer
  // (kSrtpMaxTrailer is always enough). The protected packet, or nothing and a counted reason.
  // The same SSRC and sequence number is refused the second time: under GCM, two packets with one
  // nonce would give the key away. A retransmission needs its own SSRC (RFC 4588) or a kept copy.
  std::optional<MutableByteSpan> protect_rtp(MutableByteSpan buffer, size_t size);
  std::optional<MutableByteSpan> protect_rtcp(MutableByteSpan buffer, size_t size);

  const Counters<SrtpDrop>& drops() const { return drops_; }

 private:
  std::nullopt_t drop(SrtpDrop reason);
  SrtpStream* stream_of(Ssrc ssrc);

  std::unique_ptr<SrtpTransform> transform_;
  std::array<SrtpStream, kSrtpMaxStreams> streams_{};
  uint32_t rtcp_index_ = 0;  // one for all SSRCs: (SSRC, index) is unique all the same
  Counters<SrtpDrop> drops_;
};

class SrtpReceiver {
 public:
  explicit SrtpReceiver(const SrtpKey& key);
  SrtpReceiver(SrtpReceiver&&) noexcept;
  SrtpReceiver& operator=(SrtpReceiver&&) noexcept;
  ~SrtpReceiver();

  // The plain packet, at the front of the same bytes, or nothing and a counted reason; after a
  // failure the bytes are spoilt. Only an authenticated packet changes any state: it may take the
  // seat of the stream that was silent longest.
  std::optional<MutableByteSpan> unprotect_rtp(MutableByteSpan packet);
  std::optional<MutableByteSpan> unprotect_rtcp(MutableByteSpan packet);

  const Counters<SrtpDrop>& drops() const { return drops_; }

 private:
  std::nullopt_t drop(SrtpDrop reason);
  SrtpStream* find(Ssrc ssrc);
  SrtpStream& seat_for(Ssrc ssrc);

  std::unique_ptr<SrtpTransform> transform_;
  std::array<SrtpStream, kSrtpMaxStreams> streams_{};
  uint64_t packets_ = 0;
  Counters<SrtpDrop> drops_;
};

}  // namespace patchcord::rtc

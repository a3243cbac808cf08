// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtc/srtp.h"

#include <algorithm>

#include "rtc/srtp_transform.h"

namespace patchcord::rtc {
namespace {

constexpr size_t kRtpHeaderSize = 12;

// Where the payload of an RTP packet begins: behind CSRCs and header extension (RFC
// 3550 5.1, 5.3.1).
std::optional<size_t> rtp_header_size(ByteSpan packet) {
  if (packet.size() < kRtpHeaderSize || packet[0] >> 6 != 2) return std::nullopt;
  const bool has_extension = (packet[0] & 0x10) != 0;
  size_t size = kRtpHeaderSize + 4 * size_t{packet[0] & 0x0fu};
  if (has_extension) {
    if (packet.size() < size + 4) return std::nullopt;
    size += 4 + 4 * size_t{load_be16(&packet[size + 2])};
  }
  if (size > packet.size()) return std::nullopt;
  return size;
}

Ssrc rtp_ssrc(ByteSpan packet) {
  return Ssrc(load_be32(&packet[8]));
}
Ssrc rtcp_ssrc(ByteSpan packet) {
  return Ssrc(load_be32(&packet[4]));
}
uint16_t rtp_sequence(ByteSpan packet) {
  return load_be16(&packet[2]);
}

}  // namespace

SrtpSender::SrtpSender(const SrtpKey& key)
    : transform_(SrtpTransform::create(key, SrtpDirection::kSeal)) {}
SrtpSender::SrtpSender(SrtpSender&&) noexcept = default;
SrtpSender& SrtpSender::operator=(SrtpSender&&) noexcept = default;
SrtpSender::~SrtpSender() = default;

std::nullopt_t SrtpSender::drop(SrtpDrop reason) {
  drops_.add(reason);
  return std::nullopt;
}

// A seat, once taken, is kept: a stream forgotten and begun again would use its nonces twice.
SrtpStream* SrtpSender::stream_of(Ssrc ssrc) {
  for (SrtpStream& stream : streams_) {
    if (stream.last_used == 0) stream.ssrc = ssrc;
    if (stream.ssrc == ssrc) {
      stream.last_used = 1;
      return &stream;
    }
  }
  return nullptr;
}

std::optional<MutableByteSpan> SrtpSender::protect_rtp(MutableByteSpan buffer, size_t size) {
  if (size > buffer.size()) return drop(SrtpDrop::kNoRoom);
  const auto header = rtp_header_size(buffer.first(size));
  if (!header) return drop(SrtpDrop::kMalformed);
  const size_t sealed = size + transform_->tag_size();
  if (sealed > buffer.size()) return drop(SrtpDrop::kNoRoom);

  SrtpStream* stream = stream_of(rtp_ssrc(buffer));
  if (!stream) return drop(SrtpDrop::kNoStream);
  const uint64_t index = stream->rtp.guess(rtp_sequence(buffer));
  if (!stream->rtp.is_fresh(index)) return drop(SrtpDrop::kReplay);
  stream->rtp.accept(index);
  transform_->seal_rtp(buffer.first(sealed), *header, index);
  return buffer.first(sealed);
}

std::optional<MutableByteSpan> SrtpSender::protect_rtcp(MutableByteSpan buffer, size_t size) {
  if (size > buffer.size()) return drop(SrtpDrop::kNoRoom);
  if (size < kSrtcpHeaderSize) return drop(SrtpDrop::kMalformed);
  const size_t sealed = size + transform_->tag_size() + kSrtcpIndexSize;
  if (sealed > buffer.size()) return drop(SrtpDrop::kNoRoom);
  if (rtcp_index_ == kSrtcpEncrypted) return drop(SrtpDrop::kExhausted);

  transform_->seal_rtcp(buffer.first(sealed), rtcp_index_++);
  return buffer.first(sealed);
}

SrtpReceiver::SrtpReceiver(const SrtpKey& key)
    : transform_(SrtpTransform::create(key, SrtpDirection::kOpen)) {}
SrtpReceiver::SrtpReceiver(SrtpReceiver&&) noexcept = default;
SrtpReceiver& SrtpReceiver::operator=(SrtpReceiver&&) noexcept = default;
SrtpReceiver::~SrtpReceiver() = default;

std::nullopt_t SrtpReceiver::drop(SrtpDrop reason) {
  drops_.add(reason);
  return std::nullopt;
}

SrtpStream* SrtpReceiver::find(Ssrc ssrc) {
  for (SrtpStream& stream : streams_) {
    if (stream.last_used != 0 && stream.ssrc == ssrc) return &stream;
  }
  return nullptr;
}

SrtpStream& SrtpReceiver::seat_for(Ssrc ssrc) {
  SrtpStream* seat = find(ssrc);
  if (!seat) {
    seat = &*std::min_element(
        streams_.begin(), streams_.end(),
        [](const SrtpStream& a, const SrtpStream& b) { return a.last_used < b.last_used; });
    *seat = SrtpStream{};
    seat->ssrc = ssrc;
  }
  seat->last_used = ++packets_;
  return *seat;
}

std::optional<MutableByteSpan> SrtpReceiver::unprotect_rtp(MutableByteSpan packet) {
  const auto header = rtp_header_size(packet);
  if (!header || packet.size() < *header + transform_->tag_size()) {
    return drop(SrtpDrop::kMalformed);
  }
  const Ssrc ssrc = rtp_ssrc(packet);
  const uint16_t sequence = rtp_sequence(packet);
  const SrtpStream* known = find(ssrc);
  const uint64_t index = known ? known->rtp.guess(sequence) : sequence;
  if (known && !known->rtp.is_fresh(index)) return drop(SrtpDrop::kReplay);
  if (!transform_->open_rtp(packet, *header, index)) return drop(SrtpDrop::kAuth);
  seat_for(ssrc).rtp.accept(index);
  return packet.first(packet.size() - transform_->tag_size());
}

std::optional<MutableByteSpan> SrtpReceiver::unprotect_rtcp(MutableByteSpan packet) {
  const size_t trailer = transform_->tag_size() + kSrtcpIndexSize;
  if (packet.size() < kSrtcpHeaderSize + trailer) return drop(SrtpDrop::kMalformed);
  const uint32_t word = transform_->rtcp_index_word(packet);
  if ((word & kSrtcpEncrypted) == 0) return drop(SrtpDrop::kUnencrypted);
  const uint32_t index = word & ~kSrtcpEncrypted;
  const Ssrc ssrc = rtcp_ssrc(packet);
  const SrtpStream* known = find(ssrc);
  if (known && !known->rtcp.is_fresh(index)) return drop(SrtpDrop::kReplay);
  if (!transform_->open_rtcp(packet)) return drop(SrtpDrop::kAuth);
  seat_for(ssrc).rtcp.accept(index);
  return packet.first(packet.size() - trailer);
}

}  // namespace patchcord::rtc

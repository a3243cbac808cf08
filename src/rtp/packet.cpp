// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/packet.h"

#include <cstring>

namespace patchcord::rtp {
namespace {

constexpr uint8_t kVersionBits = 2 << 6;
constexpr uint8_t kPaddingBit = 0x20;
constexpr uint8_t kExtensionBit = 0x10;
constexpr size_t kExtensionHeaderSize = 4;
constexpr uint16_t kOneByteProfile = 0xbede;
constexpr uint16_t kTwoByteProfile = 0x1000;  // the low four bits are the application's
constexpr uint16_t kTwoByteProfileMask = 0xfff0;

// The size of header, CSRC list and extension, or nothing if the datagram is shorter.
std::optional<size_t> measure_header(ByteSpan datagram) {
  if (datagram.size() < kFixedHeaderSize || datagram[0] >> 6 != 2) return std::nullopt;
  size_t size = kFixedHeaderSize + 4 * static_cast<size_t>(datagram[0] & 0x0f);
  if ((datagram[0] & kExtensionBit) != 0) {
    if (datagram.size() < size + kExtensionHeaderSize) return std::nullopt;
    const size_t words = load_be16(datagram.data() + size + 2);
    size += kExtensionHeaderSize + 4 * words;
  }
  if (datagram.size() < size) return std::nullopt;
  return size;
}

}  // namespace

size_t write_header(MutableByteSpan out, const Header& header) {
  if (out.size() < kFixedHeaderSize) return 0;
  out[0] = kVersionBits;
  out[1] = static_cast<uint8_t>((header.marker ? 0x80 : 0) | (header.payload_type.value() & 0x7f));
  store_be16(out.data() + 2, header.sequence);
  store_be32(out.data() + 4, header.timestamp);
  store_be32(out.data() + 8, header.ssrc.value());
  return kFixedHeaderSize;
}

ExtensionReader::ExtensionReader(uint16_t profile, MutableByteSpan body)
    : form_(profile == kOneByteProfile                           ? Form::kOneByte
            : (profile & kTwoByteProfileMask) == kTwoByteProfile ? Form::kTwoByte
                                                                 : Form::kUnknown),
      rest_(body) {}

std::optional<ExtensionElement> ExtensionReader::next() {
  if (form_ == Form::kUnknown) return std::nullopt;
  const size_t prefix = form_ == Form::kOneByte ? 1 : 2;
  // RFC 8285 section 4.1.1: a zero byte where an element could begin is padding.
  size_t at = 0;
  while (at < rest_.size() && rest_[at] == 0) ++at;
  rest_ = rest_.subspan(at);
  if (rest_.size() < prefix) return std::nullopt;

  uint8_t id = rest_[0];
  size_t length = 0;
  if (form_ == Form::kOneByte) {
    length = static_cast<size_t>(id & 0x0f) + 1;
    id = static_cast<uint8_t>(id >> 4);
  } else {
    length = rest_[1];
  }
  // RFC 8285 section 4.2: id 15 stops processing; id 0 with a length is not for us to guess about.
  const bool stops = form_ == Form::kOneByte && (id == 15 || id == 0);
  if (stops || length > rest_.size() - prefix) {
    rest_ = {};
    return std::nullopt;
  }
  const ExtensionElement element{id, rest_.subspan(prefix, length)};
  rest_ = rest_.subspan(prefix + length);
  return element;
}

std::optional<Packet> Packet::parse(MutableByteSpan datagram) {
  if (datagram.size() > kMaxPacketSize) return std::nullopt;
  const auto header_size = measure_header(datagram);
  if (!header_size) return std::nullopt;
  size_t payload_size = datagram.size() - *header_size;
  if ((datagram[0] & kPaddingBit) != 0) {
    // RFC 3550 section 5.1: the last byte counts the padding, itself included.
    const size_t padding = payload_size == 0 ? 0 : datagram.back();
    if (padding == 0 || padding > payload_size) return std::nullopt;
    payload_size -= padding;
  }
  return Packet(datagram, *header_size, payload_size);
}

Ssrc Packet::csrc(size_t index) const {
  return Ssrc(load_be32(data() + kFixedHeaderSize + 4 * index));
}

ExtensionReader Packet::extensions() const {
  if (!has_extension()) return {0, {}};
  const size_t at = kFixedHeaderSize + 4 * csrc_count();
  const size_t body = at + kExtensionHeaderSize;
  return {load_be16(data() + at), bytes_.subspan(body, header_size_ - body)};
}

std::optional<MutableByteSpan> Packet::extension(uint8_t id) const {
  ExtensionReader reader = extensions();
  while (const auto element = reader.next()) {
    if (element->id == id) return element->data;
  }
  return std::nullopt;
}

void Packet::set_payload_type(PayloadType type) {
  data()[1] = static_cast<uint8_t>((data()[1] & 0x80) | (type.value() & 0x7f));
}

void Packet::set_marker(bool marker) {
  data()[1] = static_cast<uint8_t>((data()[1] & 0x7f) | (marker ? 0x80 : 0));
}

void Packet::strip() {
  const size_t extra = header_size_ - kFixedHeaderSize;
  if (extra > 0) std::memmove(data() + extra, data(), kFixedHeaderSize);
  bytes_ = bytes_.subspan(extra, kFixedHeaderSize + payload_size_);
  header_size_ = kFixedHeaderSize;
  data()[0] = kVersionBits;
}

}  // namespace patchcord::rtp

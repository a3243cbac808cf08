// SPDX-License-Identifier: GPL-3.0-or-later
// Packet: a view over one RTP packet in a buffer of somebody else; parsed once, patched in place.
// It is valid as long as the buffer is (media: until the turn ends); copying it copies the view.
// Not a builder of payloads, and it knows no codec. RTCP is rtcp.h.
// Thread: any. RFC 3550 section 5, RFC 8285 (header extensions), RFC 5761 (telling RTCP apart).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "core/id.h"

namespace patchcord::rtp {

inline constexpr size_t kFixedHeaderSize = 12;
// No codec of ours makes more than 200 ms of G.711; what is larger is not media of a call.
inline constexpr size_t kMaxPacketSize = 2048;

// RFC 5761 section 4: on a shared port the second byte of RTCP is 192..223, which as RTP would be
// payload types 64..95 with the marker. The first byte is the demultiplexer's business (RFC 7983).
constexpr bool is_rtcp(ByteSpan datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;
}

// The fields of the fixed header that a sender chooses.
struct Header {
  PayloadType payload_type;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  Ssrc ssrc;
  bool marker = false;
};

// Writes the 12 bytes of a header without CSRC, extension or padding. Gives the bytes written: 12,
// or 0 if `out` is shorter.
size_t write_header(MutableByteSpan out, const Header& header);

struct ExtensionElement {
  uint8_t id;  // 1..14 in the one-byte form, 1..255 in the two-byte form
  MutableByteSpan data;
};

// Iterates the elements of a header extension, RFC 8285 section 4.2 and 4.3. An element that claims
// more than there is ends the iteration, as does id 15 of the one-byte form.
class ExtensionReader {
 public:
  ExtensionReader(uint16_t profile, MutableByteSpan body);
  std::optional<ExtensionElement> next();

 private:
  enum class Form : uint8_t { kUnknown, kOneByte, kTwoByte };
  Form form_;
  MutableByteSpan rest_;
};

class Packet {
 public:
  // Nothing for what is no RTP packet: shorter than its header says, version other than 2, padding
  // of zero or longer than the payload, over kMaxPacketSize. Header extensions are only measured
  // here; their elements are checked where they are read.
  static std::optional<Packet> parse(MutableByteSpan datagram);

  PayloadType payload_type() const { return PayloadType(data()[1] & 0x7f); }
  bool marker() const { return (data()[1] & 0x80) != 0; }
  uint16_t sequence() const { return load_be16(data() + 2); }
  uint32_t timestamp() const { return load_be32(data() + 4); }
  Ssrc ssrc() const { return Ssrc(load_be32(data() + 8)); }
  Header header() const { return {payload_type(), sequence(), timestamp(), ssrc(), marker()}; }

  size_t csrc_count() const { return data()[0] & 0x0f; }  // 0..15
  Ssrc csrc(size_t index) const;                          // index < csrc_count()

  // The payload without padding; may be empty (probes and keep-alives are only padding).
  MutableByteSpan payload() const { return bytes_.subspan(header_size_, payload_size_); }
  size_t padding_size() const { return bytes_.size() - header_size_ - payload_size_; }
  MutableByteSpan bytes() const { return bytes_; }  // the whole packet, to be sent

  bool has_extension() const { return (data()[0] & 0x10) != 0; }
  ExtensionReader extensions() const;
  std::optional<MutableByteSpan> extension(uint8_t id) const;  // the first element with this id

  void set_payload_type(PayloadType type);  // 0..127
  void set_marker(bool marker);
  void set_sequence(uint16_t sequence) { store_be16(data() + 2, sequence); }
  void set_timestamp(uint32_t timestamp) { store_be32(data() + 4, timestamp); }
  void set_ssrc(Ssrc ssrc) { store_be32(data() + 8, ssrc.value()); }

  // Takes CSRC list, header extension and padding away: they mean something to the sending side's
  // negotiation only. Moves 12 bytes, never the payload; bytes() begins later in the buffer.
  void strip();

 private:
  Packet(MutableByteSpan bytes, size_t header_size, size_t payload_size)
      : bytes_(bytes), header_size_(header_size), payload_size_(payload_size) {}
  uint8_t* data() const { return bytes_.data(); }

  MutableByteSpan bytes_;
  size_t header_size_;
  size_t payload_size_;
};

}  // namespace patchcord::rtp

// SPDX-License-Identifier: GPL-3.0-or-later
// RTCP: a compound datagram to typed views, and a writer for the few packets we send.
// RtcpCompound::parse checks the whole datagram before anything of it is shown, so that a half good
// one changes nothing; the views live as long as its buffer. Who is concerned by a packet (which
// SSRC) is the caller's question; so is how often to send. Not SRTCP: that is rtc/srtp.
// Thread: any. RFC 3550 section 6, RFC 4585 (NACK, PLI), RFC 5104 (FIR), RFC 5506 (reduced size),
// draft-alvestrand-rmcat-remb.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "core/bytes.h"
#include "core/id.h"
#include "core/time.h"

namespace patchcord::rtp {

// Seconds since 1900 in the high half, 1/2^32 seconds in the low one.
struct NtpTime {
  uint64_t value = 0;
  static NtpTime from_wall(WallTime time);
  uint32_t middle() const { return static_cast<uint32_t>(value >> 16); }  // as in LSR: 1/65536 s
  auto operator<=>(const NtpTime&) const = default;
};

// A list of items of one size inside a packet, decoded when asked for.
template <class Item>
class ItemList {
 public:
  ItemList() = default;
  explicit ItemList(ByteSpan bytes) : bytes_(bytes) {}
  size_t size() const { return bytes_.size() / Item::kSize; }
  Item operator[](size_t index) const {  // index < size()
    return Item::read(bytes_.data() + index * Item::kSize);
  }

 private:
  ByteSpan bytes_;
};

struct SsrcItem {
  static constexpr size_t kSize = 4;
  static SsrcItem read(const uint8_t* p) { return {Ssrc(load_be32(p))}; }
  Ssrc ssrc;
};

struct ReportBlock {
  static constexpr size_t kSize = 24;
  static ReportBlock read(const uint8_t* p);
  Ssrc source;
  uint8_t fraction_lost = 0;         // of 256, since the report before
  int32_t cumulative_lost = 0;       // 24 bits signed: repeats make it negative
  uint32_t highest_sequence = 0;     // extended: cycles in the high half
  uint32_t jitter = 0;               // ticks of the RTP clock
  uint32_t last_sender_report = 0;   // NtpTime::middle() of it, 0: none came
  uint32_t delay_since_last_sr = 0;  // 1/65536 s
};

struct SenderInfo {
  NtpTime ntp;
  uint32_t rtp_timestamp = 0;
  uint32_t packets = 0;
  uint32_t octets = 0;  // of payload
};

struct NackItem {
  static constexpr size_t kSize = 4;
  static NackItem read(const uint8_t* p) { return {load_be16(p), load_be16(p + 2)}; }
  uint16_t sequence;
  uint16_t following;  // bit i: sequence + i + 1 is missing too
};

struct FirItem {
  static constexpr size_t kSize = 8;
  static FirItem read(const uint8_t* p) { return {Ssrc(load_be32(p)), p[4]}; }
  Ssrc ssrc;
  uint8_t command;  // the same number is the same request
};

struct SenderReport {
  Ssrc sender;
  SenderInfo info;
  ItemList<ReportBlock> blocks;
};
struct ReceiverReport {
  Ssrc sender;
  ItemList<ReportBlock> blocks;
};
struct SourceDescription {
  uint8_t chunks = 0;
  ByteSpan body;
  std::string_view cname_of(Ssrc source) const;  // empty if it is not there
};
struct Bye {
  ItemList<SsrcItem> sources;
};
struct Nack {
  Ssrc sender;
  Ssrc media;
  ItemList<NackItem> items;
};
struct PictureLoss {
  Ssrc sender;
  Ssrc media;
};
struct FullIntraRequest {
  Ssrc sender;
  ItemList<FirItem> items;
};
struct BandwidthEstimate {  // REMB
  Ssrc sender;
  uint64_t bits_per_second = 0;
  ItemList<SsrcItem> sources;
};
struct IgnoredRtcp {  // transport-cc, XR, APP and whatever comes later: measured, not looked into
  uint8_t type = 0;
  uint8_t format = 0;
};

using RtcpPacket = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye, Nack,
                                PictureLoss, FullIntraRequest, BandwidthEstimate, IgnoredRtcp>;

class RtcpCompound {
 public:
  static constexpr size_t kMaxPackets = 32;

  // Nothing if any packet of it is not version 2, is longer than what is left, has counts its
  // length does not bear, or if there are more than kMaxPackets. A compound may begin with any
  // packet (RFC 5506): browsers send feedback alone.
  static std::optional<RtcpCompound> parse(ByteSpan datagram);

  class Iterator {
   public:
    explicit Iterator(ByteSpan rest) : rest_(rest) {}
    RtcpPacket operator*() const;
    Iterator& operator++();
    bool operator==(const Iterator& other) const { return rest_.size() == other.rest_.size(); }

   private:
    ByteSpan rest_;
  };
  Iterator begin() const { return Iterator(datagram_); }
  Iterator end() const { return Iterator(ByteSpan()); }

 private:
  explicit RtcpCompound(ByteSpan datagram) : datagram_(datagram) {}
  ByteSpan datagram_;
};

// Appends packets to a buffer; what does not fit is not begun and sets failed().
class RtcpWriter {
 public:
  static constexpr size_t kMaxBlocks = 31;

  explicit RtcpWriter(MutableByteSpan out) : out_(out) {}

  // At most kMaxBlocks blocks are written.
  void sender_report(Ssrc sender, const SenderInfo& info, std::span<const ReportBlock> blocks);
  void receiver_report(Ssrc sender, std::span<const ReportBlock> blocks);
  void cname(Ssrc source, std::string_view name);  // an SDES packet; at most 255 bytes of the name
  void bye(Ssrc source);
  void picture_loss(Ssrc sender, Ssrc media);

  size_t size() const { return size_; }
  MutableByteSpan written() const { return out_.first(size_); }
  bool failed() const { return failed_; }

 private:
  // Room for a packet of `body` bytes after the common header, a multiple of 4; empty if none.
  MutableByteSpan begin_packet(uint8_t count_or_format, uint8_t type, size_t body);

  MutableByteSpan out_;
  size_t size_ = 0;
  bool failed_ = false;
};

}  // namespace patchcord::rtp

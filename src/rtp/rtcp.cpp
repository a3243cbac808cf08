// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/rtcp.h"

#include <algorithm>
#include <chrono>

namespace patchcord::rtp {
namespace {

constexpr size_t kCommonHeaderSize = 4;
constexpr size_t kSenderInfoSize = 20;
constexpr size_t kFeedbackHeaderSize = 8;   // sender and media SSRC
constexpr uint32_t kRembName = 0x52454d42;  // "REMB"

enum Type : uint8_t {
  kSenderReport = 200,
  kReceiverReport = 201,
  kSourceDescription = 202,
  kBye = 203,
  kTransportFeedback = 205,
  kPayloadFeedback = 206,
};
constexpr uint8_t kNackFormat = 1;         // of transport feedback, RFC 4585 section 6.2.1
constexpr uint8_t kPictureLossFormat = 1;  // of payload feedback, RFC 4585 section 6.3.1
constexpr uint8_t kFirFormat = 4;          // RFC 5104 section 4.3.1
constexpr uint8_t kApplicationFormat = 15;
constexpr uint8_t kCnameItem = 1;

// One packet of the compound, its lengths checked against what is there.
struct Frame {
  uint8_t count_or_format;
  uint8_t type;
  ByteSpan body;  // without the common header and padding
  size_t total;   // never below kCommonHeaderSize, so each step through a compound goes forward
};

std::optional<Frame> read_frame(ByteSpan rest) {
  if (rest.size() < kCommonHeaderSize || rest[0] >> 6 != 2) return std::nullopt;
  const size_t total = kCommonHeaderSize + 4 * size_t{load_be16(rest.data() + 2)};
  if (total > rest.size()) return std::nullopt;
  ByteSpan body = rest.subspan(kCommonHeaderSize, total - kCommonHeaderSize);
  if ((rest[0] & 0x20) != 0) {
    // RFC 3550 section 6.4.1: only the last packet is padded, by a multiple of four.
    const size_t padding = body.empty() ? 0 : body.back();
    if (total != rest.size() || padding == 0 || padding % 4 != 0 || padding > body.size()) {
      return std::nullopt;
    }
    body = body.first(body.size() - padding);
  }
  return Frame{static_cast<uint8_t>(rest[0] & 0x1f), rest[1], body, total};
}

// The first `count` items of the bytes, or nothing if there are fewer.
template <class Item>
std::optional<ItemList<Item>> items(ByteSpan bytes, size_t count) {
  if (bytes.size() / Item::kSize < count) return std::nullopt;
  return ItemList<Item>(bytes.first(count * Item::kSize));
}

std::optional<RtcpPacket> decode_sender_report(const Frame& frame) {
  Reader reader(frame.body);
  SenderReport report;
  report.sender = Ssrc(reader.u32());
  report.info.ntp = NtpTime{reader.u64()};
  report.info.rtp_timestamp = reader.u32();
  report.info.packets = reader.u32();
  report.info.octets = reader.u32();
  const auto blocks = items<ReportBlock>(reader.rest(), frame.count_or_format);
  if (reader.failed() || !blocks) return std::nullopt;
  report.blocks = *blocks;
  return report;
}

std::optional<RtcpPacket> decode_receiver_report(const Frame& frame) {
  Reader reader(frame.body);
  const Ssrc sender(reader.u32());
  const auto blocks = items<ReportBlock>(reader.rest(), frame.count_or_format);
  if (reader.failed() || !blocks) return std::nullopt;
  return ReceiverReport{sender, *blocks};
}

std::optional<RtcpPacket> decode_remb(Ssrc sender, Reader reader) {
  const uint8_t count = reader.u8();
  const uint32_t rate = reader.u24();
  const uint32_t exponent = rate >> 18;
  const uint64_t mantissa = rate & 0x3ffff;
  const auto sources = items<SsrcItem>(reader.rest(), count);
  if (reader.failed() || !sources) return std::nullopt;
  // 18 bits shifted by up to 63: what does not fit is more than anyone has.
  const uint64_t bits = exponent > 46 && mantissa > 0 ? UINT64_MAX : mantissa << exponent % 64;
  return BandwidthEstimate{sender, bits, *sources};
}

std::optional<RtcpPacket> decode_feedback(const Frame& frame) {
  if (frame.body.size() < kFeedbackHeaderSize) return std::nullopt;
  Reader reader(frame.body);
  const Ssrc sender(reader.u32());
  const Ssrc media(reader.u32());
  const uint8_t format = frame.count_or_format;
  if (frame.type == kTransportFeedback) {
    if (format == kNackFormat) return Nack{sender, media, ItemList<NackItem>(reader.rest())};
  } else if (format == kPictureLossFormat) {
    return PictureLoss{sender, media};
  } else if (format == kFirFormat) {
    if (reader.remaining() % FirItem::kSize != 0) return std::nullopt;
    return FullIntraRequest{sender, ItemList<FirItem>(reader.rest())};
  } else if (format == kApplicationFormat && reader.u32() == kRembName) {
    return decode_remb(sender, reader);
  }
  return IgnoredRtcp{frame.type, format};
}

std::optional<RtcpPacket> decode(const Frame& frame) {
  switch (frame.type) {
    case kSenderReport:
      return decode_sender_report(frame);
    case kReceiverReport:
      return decode_receiver_report(frame);
    case kSourceDescription:
      return SourceDescription{frame.count_or_format, frame.body};
    case kBye: {
      const auto sources = items<SsrcItem>(frame.body, frame.count_or_format);
      if (!sources) return std::nullopt;
      return Bye{*sources};
    }
    case kTransportFeedback:
    case kPayloadFeedback:
      return decode_feedback(frame);
    default:
      return IgnoredRtcp{frame.type, frame.count_or_format};
  }
}

void write_block(Writer& writer, const ReportBlock& block) {
  writer.u32(block.source.value());
  writer.u8(block.fraction_lost);
  writer.u24(static_cast<uint32_t>(block.cumulative_lost) & 0xffffff);
  writer.u32(block.highest_sequence);
  writer.u32(block.jitter);
  writer.u32(block.last_sender_report);
  writer.u32(block.delay_since_last_sr);
}

}  // namespace

NtpTime NtpTime::from_wall(WallTime time) {
  constexpr uint64_t kFrom1900To1970 = 2'208'988'800;
  const auto since_1970 = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_1970);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970 - seconds);
  const uint64_t fraction = (static_cast<uint64_t>(rest.count()) << 32) / 1'000'000'000;
  return {(static_cast<uint64_t>(seconds.count()) + kFrom1900To1970) << 32 | fraction};
}

ReportBlock ReportBlock::read(const uint8_t* p) {
  Reader reader(ByteSpan(p, kSize));
  ReportBlock block;
  block.source = Ssrc(reader.u32());
  block.fraction_lost = reader.u8();
  const uint32_t lost = reader.u24();
  block.cumulative_lost = static_cast<int32_t>(lost << 8) >> 8;  // carries the sign of 24 bits
  block.highest_sequence = reader.u32();
  block.jitter = reader.u32();
  block.last_sender_report = reader.u32();
  block.delay_since_last_sr = reader.u32();
  return block;
}

std::string_view SourceDescription::cname_of(Ssrc source) const {
  // RFC 3550 section 6.5: a chunk is an SSRC and items, ended by one to four zeros to a multiple
  // of 4.
  Reader reader(body);
  for (int chunk = 0; chunk < chunks && !reader.failed(); ++chunk) {
    const Ssrc ssrc(reader.u32());
    while (!reader.failed()) {
      const uint8_t item = reader.u8();
      if (item == 0) break;
      const ByteSpan text = reader.bytes(reader.u8());
      if (item == kCnameItem && ssrc == source && !reader.failed()) return as_text(text);
    }
    reader.skip((4 - reader.position() % 4) % 4);
  }
  return {};
}

std::optional<RtcpCompound> RtcpCompound::parse(ByteSpan datagram) {
  if (datagram.empty()) return std::nullopt;
  ByteSpan rest = datagram;
  for (size_t packets = 0; !rest.empty(); ++packets) {
    if (packets == kMaxPackets) return std::nullopt;
    const auto frame = read_frame(rest);
    if (!frame || !decode(*frame)) return std::nullopt;
    rest = rest.subspan(frame->total);
  }
  return RtcpCompound(datagram);
}

// parse() has seen every frame of it: neither of these two can fail.
RtcpPacket RtcpCompound::Iterator::operator*() const {
  return *decode(*read_frame(rest_));
}

RtcpCompound::Iterator& RtcpCompound::Iterator::operator++() {
  rest_ = rest_.subspan(read_frame(rest_)->total);
  return *this;
}

MutableByteSpan RtcpWriter::begin_packet(uint8_t count_or_format, uint8_t type, size_t body) {
  const size_t total = kCommonHeaderSize + body;
  if (failed_ || total > out_.size() - size_) {
    failed_ = true;
    return {};
  }
  const MutableByteSpan packet = out_.subspan(size_, total);
  packet[0] = static_cast<uint8_t>(2 << 6 | count_or_format);
  packet[1] = type;
  store_be16(packet.data() + 2, static_cast<uint16_t>(total / 4 - 1));
  size_ += total;
  return packet.subspan(kCommonHeaderSize);
}

void RtcpWriter::sender_report(Ssrc sender, const SenderInfo& info,
                               std::span<const ReportBlock> blocks) {
  blocks = blocks.first(std::min(blocks.size(), kMaxBlocks));
  Writer writer(begin_packet(static_cast<uint8_t>(blocks.size()), kSenderReport,
                             4 + kSenderInfoSize + blocks.size() * ReportBlock::kSize));
  writer.u32(sender.value());
  writer.u64(info.ntp.value);
  writer.u32(info.rtp_timestamp);
  writer.u32(info.packets);
  writer.u32(info.octets);
  for (const ReportBlock& block : blocks) write_block(writer, block);
}

void RtcpWriter::receiver_report(Ssrc sender, std::span<const ReportBlock> blocks) {
  blocks = blocks.first(std::min(blocks.size(), kMaxBlocks));
  Writer writer(begin_packet(static_cast<uint8_t>(blocks.size()), kReceiverReport,
                             4 + blocks.size() * ReportBlock::kSize));
  writer.u32(sender.value());
  for (const ReportBlock& block : blocks) write_block(writer, block);
}

void RtcpWriter::cname(Ssrc source, std::string_view name) {
  name = name.substr(0, 255);
  const size_t unpadded = 4 + 2 + name.size();
  const size_t padded = unpadded + 4 - unpadded % 4;  // at least one zero ends the items
  Writer writer(begin_packet(1, kSourceDescription, padded));
  writer.u32(source.value());
  writer.u8(kCnameItem);
  writer.u8(static_cast<uint8_t>(name.size()));
  writer.bytes(as_bytes(name));
  writer.fill(padded - unpadded, 0);
}

void RtcpWriter::bye(Ssrc source) {
  Writer writer(begin_packet(1, kBye, 4));
  writer.u32(source.value());
}

void RtcpWriter::picture_loss(Ssrc sender, Ssrc media) {
  Writer writer(begin_packet(kPictureLossFormat, kPayloadFeedback, kFeedbackHeaderSize));
  writer.u32(sender.value());
  writer.u32(media.value());
}

}  // namespace patchcord::rtp

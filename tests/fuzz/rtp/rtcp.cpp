// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/rtcp.h"

#include <array>
#include <cstdlib>
#include <vector>

using namespace patchcord;

namespace {

// Reads every item; gives how many bytes of the datagram they took.
template <class Item>
size_t walk(const rtp::ItemList<Item>& items) {
  for (size_t i = 0; i < items.size(); ++i) static_cast<void>(items[i]);
  return items.size() * Item::kSize;
}

std::vector<rtp::ReportBlock> blocks_of(const rtp::ItemList<rtp::ReportBlock>& items) {
  std::vector<rtp::ReportBlock> blocks;
  for (size_t i = 0; i < items.size(); ++i) blocks.push_back(items[i]);
  return blocks;
}

// What was written, read again: it must be one packet of that kind.
template <class Packet>
Packet reread(const rtp::RtcpWriter& written, MutableByteSpan bytes) {
  if (written.failed()) std::abort();
  const auto compound = rtp::RtcpCompound::parse(bytes);
  if (!compound) std::abort();
  const rtp::RtcpPacket packet = *compound->begin();
  if (!std::holds_alternative<Packet>(packet)) std::abort();
  return std::get<Packet>(packet);
}

void require_same(const std::vector<rtp::ReportBlock>& before,
                  const rtp::ItemList<rtp::ReportBlock>& after) {
  if (after.size() != before.size()) std::abort();
  for (size_t i = 0; i < before.size(); ++i) {
    if (after[i].source != before[i].source ||
        after[i].cumulative_lost != before[i].cumulative_lost ||
        after[i].jitter != before[i].jitter) {
      std::abort();
    }
  }
}

// Every packet is read to its end, and what we write ourselves is read as what was meant. Each
// gives how many bytes of the datagram its items took.
class Visit {
 public:
  size_t operator()(const rtp::SenderReport& p) {
    const auto blocks = blocks_of(p.blocks);
    writer_.sender_report(p.sender, p.info, blocks);
    const auto again = reread<rtp::SenderReport>(writer_, writer_.written());
    if (again.sender != p.sender || again.info.ntp != p.info.ntp) std::abort();
    require_same(blocks, again.blocks);
    return walk(p.blocks);
  }
  size_t operator()(const rtp::ReceiverReport& p) {
    const auto blocks = blocks_of(p.blocks);
    writer_.receiver_report(p.sender, blocks);
    const auto again = reread<rtp::ReceiverReport>(writer_, writer_.written());
    if (again.sender != p.sender) std::abort();
    require_same(blocks, again.blocks);
    return walk(p.blocks);
  }
  size_t operator()(const rtp::SourceDescription& p) {
    for (const Ssrc source : {Ssrc(0), Ssrc(1)}) {
      const std::string_view name = p.cname_of(source);
      if (name.size() > 255) std::abort();
      rtp::RtcpWriter writer(buffer_);
      writer.cname(source, name);
      const auto again = reread<rtp::SourceDescription>(writer, writer.written());
      if (again.cname_of(source) != name) std::abort();
    }
    return 0;
  }
  size_t operator()(const rtp::Bye& p) {
    if (p.sources.size() > 0) {
      writer_.bye(p.sources[0].ssrc);
      const auto again = reread<rtp::Bye>(writer_, writer_.written());
      if (again.sources.size() != 1 || again.sources[0].ssrc != p.sources[0].ssrc) std::abort();
    }
    return walk(p.sources);
  }
  size_t operator()(const rtp::PictureLoss& p) {
    writer_.picture_loss(p.sender, p.media);
    const auto again = reread<rtp::PictureLoss>(writer_, writer_.written());
    if (again.sender != p.sender || again.media != p.media) std::abort();
    return 8;
  }
  size_t operator()(const rtp::Nack& p) { return walk(p.items); }
  size_t operator()(const rtp::FullIntraRequest& p) { return walk(p.items); }
  size_t operator()(const rtp::BandwidthEstimate& p) { return walk(p.sources); }
  size_t operator()(const rtp::IgnoredRtcp&) { return 0; }

 private:
  std::array<uint8_t, 1024> buffer_{};
  rtp::RtcpWriter writer_{buffer_};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto compound = rtp::RtcpCompound::parse({data, size});
  if (!compound) return 0;
  size_t packets = 0;
  size_t bytes = 0;
  for (const rtp::RtcpPacket& packet : *compound) {
    bytes += std::visit(Visit(), packet);
    ++packets;
  }
  if (packets == 0 || packets > rtp::RtcpCompound::kMaxPackets || bytes > size) std::abort();
  return 0;
}

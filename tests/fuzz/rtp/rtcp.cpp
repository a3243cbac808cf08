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

struct Visit {
  size_t operator()(const rtp::SenderReport& p) const { return walk(p.blocks) + rewrite(p); }
  size_t operator()(const rtp::ReceiverReport& p) const { return walk(p.blocks); }
  size_t operator()(const rtp::SourceDescription& p) const {
    return p.cname_of(Ssrc(1)).size() + p.cname_of(Ssrc(0)).size() > 510 ? SIZE_MAX : 0;
  }
  size_t operator()(const rtp::Bye& p) const { return walk(p.sources); }
  size_t operator()(const rtp::Nack& p) const { return walk(p.items); }
  size_t operator()(const rtp::PictureLoss&) const { return 8; }
  size_t operator()(const rtp::FullIntraRequest& p) const { return walk(p.items); }
  size_t operator()(const rtp::BandwidthEstimate& p) const { return walk(p.sources); }
  size_t operator()(const rtp::IgnoredRtcp&) const { return 0; }

  // A report that was read is written and read as the same.
  static size_t rewrite(const rtp::SenderReport& report) {
    std::vector<rtp::ReportBlock> blocks;
    for (size_t i = 0; i < report.blocks.size(); ++i) blocks.push_back(report.blocks[i]);
    std::array<uint8_t, 1024> buffer{};
    rtp::RtcpWriter writer(buffer);
    writer.sender_report(report.sender, report.info, blocks);
    const auto compound = rtp::RtcpCompound::parse(writer.written());
    if (!compound) std::abort();
    const auto again = std::get<rtp::SenderReport>(*compound->begin());
    if (again.info.ntp != report.info.ntp || again.blocks.size() != blocks.size()) std::abort();
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (again.blocks[i].cumulative_lost != blocks[i].cumulative_lost) std::abort();
    }
    return 0;
  }
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

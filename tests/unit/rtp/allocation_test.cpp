// SPDX-License-Identifier: GPL-3.0-or-later
// The media path must not allocate per packet: counts what operator new is asked for.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <vector>

#include "rtp/packet.h"
#include "rtp/rewriter.h"
#include "rtp/rtcp.h"
#include "rtp/statistics.h"
#include "rtp/telephone_event.h"

namespace {
size_t allocations = 0;
}

// noinline: g++ takes an inlined free() for one that does not fit to new.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace patchcord::rtp {
namespace {

TEST(Allocation, NoneOnTheMediaPath) {
  std::vector<uint8_t> buffer(200, 1);
  std::vector<uint8_t> rtcp(200);
  Rewriter rewriter({Ssrc(1), 0, 0, 8000});
  ReceiverStatistics statistics(8000);
  TelephoneEventReceiver events(8000);
  TelephoneEventSender sender(8000);
  size_t passed = 0;

  const size_t before = allocations;
  ASSERT_TRUE(sender.queue('5'));
  for (uint16_t i = 0; i < 100; ++i) {
    const MonoTime now{std::chrono::milliseconds(20 * i)};
    write_header(buffer, {PayloadType(0), i, i * 160u, Ssrc(i / 10u), false});
    auto packet = Packet::parse(buffer);
    if (!packet) continue;
    statistics.on_packet(packet->sequence(), packet->timestamp(), now);
    static_cast<void>(events.receive(*packet, now));
    if (rewriter.rewrite(*packet, PayloadType(8), now)) ++passed;
    if (sender.next(now, rewriter.timestamp_at(now))) rewriter.insert(now);
    packet->strip();

    RtcpWriter writer(rtcp);
    const ReportBlock block = statistics.report(Ssrc(9), now);
    writer.receiver_report(Ssrc(1), std::span(&block, 1));
    const auto compound = RtcpCompound::parse(writer.written());
    if (!compound) continue;
    for (const RtcpPacket& each : *compound) passed += std::holds_alternative<ReceiverReport>(each);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(passed, 200u);
}

}  // namespace
}  // namespace patchcord::rtp

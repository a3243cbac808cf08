// SPDX-License-Identifier: GPL-3.0-or-later
// The media path must not allocate per packet: counts what operator new is asked for while pipes
// transcode, conceal, fill and relay.
#include "pipe_fixture.h"
#include "support/allocations.h"

namespace patchcord::media::test {
namespace {

class CountingSink final : public PacketSink {
 public:
  void send(rtp::Packet&, MonoTime) override { ++sent; }
  size_t sent = 0;
};

struct Case {
  AudioFormat from, to;
};

class Allocation : public testing::TestWithParam<Case> {};

TEST_P(Allocation, NoneOnceThePipeIsMade) {
  const auto [from, to] = GetParam();
  rtp::Rewriter stream({Ssrc(1), 0, 0, to.clock_rate});
  const auto pipe =
      make_pipe(open_plan({from}, {to}), {.lead = PipeSettings::Lead::kSilence}, stream);
  Talker talker(from, 20);
  std::vector<Kept> kept;
  for (int i = 0; i < 200; ++i) kept.emplace_back(talker.next());
  // Lost, swapped and stalled, so that every branch is taken.
  std::vector<rtp::Packet> packets;
  for (Kept& one : kept) packets.push_back(one.packet());
  std::swap(packets[30], packets[31]);
  CountingSink sink;

  const size_t before = patchcord::test::allocations();
  pipe->start(at(0));
  for (int ms = 0; ms < 200; ms += 20) pipe->on_time(at(ms), sink);
  for (size_t i = 0; i < packets.size(); ++i) {
    const double ms = 200 + 20.0 * static_cast<double>(i);
    if (i % 20 == 7 || (i > 100 && i < 130)) {
      pipe->on_time(at(ms), sink);
    } else {
      pipe->push(packets[i], at(ms), sink);
    }
    pipe->on_time(at(ms + 10), sink);
  }
  EXPECT_EQ(patchcord::test::allocations(), before);
  EXPECT_GT(sink.sent, 150U);
}

INSTANTIATE_TEST_SUITE_P(Pipes, Allocation,
                         testing::Values(Case{kOpus, kPcma}, Case{kPcma, kOpus}, Case{kG722, kPcmu},
                                         Case{kG722, kOpus}, Case{kPcma, kPcma}));

}  // namespace
}  // namespace patchcord::media::test

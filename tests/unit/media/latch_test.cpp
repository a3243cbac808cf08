// SPDX-License-Identifier: GPL-3.0-or-later
#include "media/latch.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace patchcord::media {
namespace {

SocketAddress at(std::string_view text) {
  return SocketAddress::parse(text).value();
}

// Packets of one source as a latch sees them.
struct Source {
  SocketAddress from;
  Ssrc ssrc{1};
  uint16_t sequence = 100;

  int send(Latch& latch, int count) {
    int accepted = 0;
    for (int i = 0; i < count; ++i) {
      std::array<uint8_t, 20> bytes{};
      rtp::write_header(bytes, {PayloadType(8), sequence++, 0, ssrc, false});
      if (latch.accept(from, *rtp::Packet::parse(bytes))) ++accepted;
    }
    return accepted;
  }
};

RtpPlan plan_of(std::string_view rtp, std::string_view signalling_peer, uint32_t generation = 1) {
  RtpPlan plan;
  plan.rtp = at(rtp);
  plan.signalling_peer = *IpAddress::parse(signalling_peer);
  plan.generation = generation;
  return plan;
}

// What one source achieves against a fresh latch.
TEST(LatchTest, WhoIsLearntByTheTable) {
  const struct {
    const char* what;
    const char* sdp;
    const char* signalling_peer;
    const char* source;
    int accepted;  // of ten packets
    const char* remote;
  } rows[] = {
      {"the SDP's address", "198.51.100.20:3000", "198.51.100.9", "198.51.100.20:3000", 10,
       "198.51.100.20:3000"},
      {"another port of the SDP's host", "198.51.100.20:3000", "198.51.100.9", "198.51.100.20:3002",
       0, "198.51.100.20:3000"},
      {"a stranger", "198.51.100.20:3000", "198.51.100.9", "198.51.100.66:3000", 0,
       "198.51.100.20:3000"},
      {"the signalling peer's host", "198.51.100.20:3000", "198.51.100.9", "198.51.100.9:4444", 10,
       "198.51.100.9:4444"},
      {"the SDP's host is the signalling peer, behind NAT", "198.51.100.9:3000", "198.51.100.9",
       "198.51.100.9:61000", 10, "198.51.100.9:61000"},
      {"a private SDP, from the signalling peer", "192.168.1.5:3000", "198.51.100.9",
       "198.51.100.9:61000", 10, "198.51.100.9:61000"},
      {"a private SDP, from elsewhere", "192.168.1.5:3000", "198.51.100.9", "203.0.113.7:61000", 6,
       "203.0.113.7:61000"},
      {"a loopback SDP is not a private one", "127.0.0.1:3000", "127.0.0.1", "127.0.0.66:3000", 0,
       "127.0.0.1:3000"},
      {"IPv6", "[2001:db8::20]:3000", "2001:db8::9", "[2001:db8::66]:3000", 0,
       "[2001:db8::20]:3000"},
  };
  for (const auto& row : rows) {
    Latch latch;
    latch.set_plan(plan_of(row.sdp, row.signalling_peer));
    Source source{at(row.source)};
    EXPECT_EQ(source.send(latch, 10), row.accepted) << row.what;
    EXPECT_EQ(latch.remote(), at(row.remote)) << row.what;
  }
}

TEST(LatchTest, NothingIsBelievedBeforeThereIsAnSdp) {
  Latch latch;
  Source source{at("198.51.100.20:3000")};
  EXPECT_EQ(source.send(latch, 10), 0);
  EXPECT_FALSE(latch.remote().is_set());
}

TEST(LatchTest, FiveConsistentPacketsSettleIt) {
  Latch latch;
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9"));
  Source phone{at("198.51.100.20:3000")};
  Source proxy{at("198.51.100.9:4000"), Ssrc(2)};
  phone.send(latch, 4);
  EXPECT_FALSE(latch.is_settled());
  phone.send(latch, 1);
  EXPECT_TRUE(latch.is_settled());
  EXPECT_EQ(proxy.send(latch, 100), 0);
  EXPECT_EQ(latch.remote(), phone.from);
}

TEST(LatchTest, BeforeItIsSettledTheSdpAddressWinsBack) {
  Latch latch;
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9"));
  Source phone{at("198.51.100.20:3000")};
  Source proxy{at("198.51.100.9:4000"), Ssrc(2)};
  EXPECT_EQ(proxy.send(latch, 3), 3);
  EXPECT_EQ(phone.send(latch, 5), 5);
  EXPECT_EQ(latch.remote(), phone.from);
  EXPECT_EQ(proxy.send(latch, 5), 0);
}

TEST(LatchTest, APrivateAddressThatSpokeIsReachable) {
  Latch latch;
  latch.set_plan(plan_of("192.168.1.5:3000", "192.168.1.1"));
  Source phone{at("192.168.1.5:3000")};
  Source attacker{at("192.168.1.66:3000"), Ssrc(2)};
  EXPECT_EQ(phone.send(latch, 1), 1);
  EXPECT_EQ(attacker.send(latch, 100), 0);
  EXPECT_EQ(latch.remote(), phone.from);
}

TEST(LatchTest, PacketsThatDoNotBelongTogetherTeachNothing) {
  Latch latch;
  latch.set_plan(plan_of("192.168.1.5:3000", "198.51.100.9"));
  for (uint32_t i = 0; i < 50; ++i) {  // a new SSRC each, then a new port each, then wild numbers
    EXPECT_EQ((Source{at("203.0.113.7:61000"), Ssrc(i)}.send(latch, 1)), 0);
    EXPECT_EQ((Source{{at("203.0.113.7:1").ip(), static_cast<uint16_t>(2000 + i)}}.send(latch, 1)),
              0);
    EXPECT_EQ(
        (Source{at("203.0.113.7:61000"), Ssrc(1), static_cast<uint16_t>(i * 7919)}.send(latch, 1)),
        0);
  }
  EXPECT_EQ(latch.remote(), at("192.168.1.5:3000"));
}

TEST(LatchTest, OnlyAHigherGenerationPermitsAnotherLearning) {
  Latch latch;
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9", 1));
  Source phone{at("198.51.100.20:3000")};
  Source proxy{at("198.51.100.9:4000"), Ssrc(2)};
  phone.send(latch, 5);
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9", 1));
  EXPECT_TRUE(latch.is_settled());
  EXPECT_EQ(proxy.send(latch, 5), 0);
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9", 2));
  EXPECT_EQ(proxy.send(latch, 5), 5);
  EXPECT_EQ(latch.remote(), proxy.from);
  EXPECT_EQ(phone.send(latch, 5), 0);
}

TEST(LatchTest, ANegotiationThatChangesNothingKeepsWhatWasLearnt) {
  Latch latch;
  latch.set_plan(plan_of("192.168.1.5:3000", "198.51.100.9", 1));
  Source nat{at("198.51.100.9:61000")};
  nat.send(latch, 10);
  latch.set_plan(plan_of("192.168.1.5:3000", "198.51.100.9", 2));
  EXPECT_EQ(latch.remote(), nat.from);
  EXPECT_EQ(nat.send(latch, 10), 10);
}

TEST(LatchTest, ANewSdpAddressIsBelievedAtOnce) {
  Latch latch;
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9", 1));
  Source old{at("198.51.100.20:3000")};
  old.send(latch, 10);
  latch.set_plan(plan_of("198.51.100.21:3000", "198.51.100.9", 2));
  EXPECT_EQ(latch.remote(), at("198.51.100.21:3000"));
  EXPECT_EQ(old.send(latch, 10), 0);
}

// ---- forks: two phones with early media behind one signalling peer, and a third that answers

struct Forked : testing::Test {
  static RtpPlan early(std::string_view rtp, uint32_t generation) {
    RtpPlan plan = plan_of(rtp, "198.51.100.9", generation);
    plan.awaits_answer = true;
    return plan;
  }
  Forked() { latch.set_plan(early("198.51.100.20:3000", 1)); }

  Latch latch;
  Source first{at("198.51.100.20:3000")};
  Source second{at("198.51.100.21:3000")};
  Source third{at("198.51.100.9:3000")};  // the signalling peer's own address
};

TEST_F(Forked, TheOneBeforeIsHeardUntilTheNewOneSpeaks) {
  EXPECT_EQ(first.send(latch, 10), 10);
  EXPECT_EQ(second.send(latch, 10), 0);
  latch.set_plan(early("198.51.100.21:3000", 2));
  EXPECT_EQ(latch.remote(), second.from);
  EXPECT_EQ(first.send(latch, 10), 10);
  EXPECT_EQ(latch.remote(), second.from);  // heard, yet not spoken to
  EXPECT_EQ(second.send(latch, 1), 1);
  EXPECT_EQ(first.send(latch, 10), 0);
  EXPECT_EQ(second.send(latch, 10), 10);
}

TEST_F(Forked, AfterTheAnswerNoOtherPhoneIsHeard) {
  first.send(latch, 10);
  latch.set_plan(early("198.51.100.9:3000", 2));
  third.send(latch, 2);
  latch.set_plan(plan_of("198.51.100.21:3000", "198.51.100.9", 3));
  EXPECT_EQ(first.send(latch, 10), 0);
  // Not even the one at the address from which others would be learnt.
  EXPECT_EQ(third.send(latch, 10), 0);
  EXPECT_EQ(latch.remote(), second.from);
  EXPECT_EQ(second.send(latch, 10), 10);
}

TEST_F(Forked, ThePhoneThatWasHeardFirstMayBeTheOneThatAnswers) {
  first.send(latch, 10);
  latch.set_plan(early("198.51.100.21:3000", 2));
  second.send(latch, 10);
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9", 3));
  EXPECT_EQ(second.send(latch, 10), 0);
  EXPECT_EQ(first.send(latch, 10), 10);
}

TEST(LatchTest, OnceTheSdpsAddressHasSpokenTheSignallingPeersIsNotLearnt) {
  Latch latch;
  latch.set_plan(plan_of("198.51.100.20:3000", "198.51.100.9"));
  Source phone{at("198.51.100.20:3000")};
  Source other{at("198.51.100.9:4444")};
  EXPECT_EQ(phone.send(latch, 1), 1);
  EXPECT_EQ(other.send(latch, 1), 0);
  EXPECT_EQ(phone.send(latch, 10), 10);
}

}  // namespace
}  // namespace patchcord::media

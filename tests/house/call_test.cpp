// SPDX-License-Identifier: GPL-3.0-or-later
// The whole gateway over a simulated network: every way a call begins, goes on and ends.
#include <gtest/gtest.h>

#include "call/reason.h"
#include "house/sim_house.h"

namespace patchcord::test {
namespace {

using Answer = PhoneManners::Answer;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Story = std::vector<std::string>;

size_t heard(const FakeCall& call) {
  return call.media ? call.media->heard.size() : 0;
}

TEST(House, AWebPageCallsAPhone) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("+49 (170) 123-4567");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  EXPECT_EQ(ann.calls[id].story, (Story{"trying", "sdp", "ring", "talk"}));
  house.run(seconds(3));
  EXPECT_GT(heard(ann.calls[id]), 140u) << "the phone is heard";
  EXPECT_GT(house.far.phone.heard.size(), 130u) << "the browser is heard";
  EXPECT_EQ(house.far.phone.heard.back().header.payload_type, PayloadType(8));
  EXPECT_EQ(house.far.phone.heard.back().payload.size(), 160u);
  ann.hangup(id);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "hangup");
  EXPECT_EQ(ann.calls[id].finish->cause.by, wcs::EndedBy::kLocal);
  house.run(seconds(1));
  EXPECT_EQ(house.far.ended.back().by, sip::EndedBy::kRemote) << "the phone had its BYE";
}

TEST(House, ThePhoneHangsUp) {
  SimHouse house;
  house.far.manners.hangs_up = true;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.by, wcs::EndedBy::kRemote);
  EXPECT_EQ(ann.calls[id].finish->call.status, wcs::CallStatus::kFinish);
}

TEST(House, TheEchoGivesBackWhatItHears) {
  SimHouse house;
  FakeBrowser& ann = house.browser();
  ann.sign_in("ann", "ann", "home");
  ASSERT_TRUE(house.until([&] { return ann.is_registered; }));
  const std::string id = ann.call("600");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(2));
  EXPECT_GT(heard(ann.calls[id]), 90u);
  ann.hangup(id);
  EXPECT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
}

TEST(House, OneBrowserCallsAnother) {
  SimHouse house;
  FakeBrowser& ann = house.browser();
  FakeBrowser& bob = house.browser();
  ann.sign_in("ann", "ann", "home");
  bob.sign_in("bob", "bob", "home");
  ASSERT_TRUE(house.until([&] { return ann.is_registered && bob.is_registered; }));
  const std::string id = ann.call("bob");
  ASSERT_TRUE(house.until([&] { return !bob.incoming.empty(); }));
  bob.answer(bob.incoming[0]);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(2));
  EXPECT_GT(heard(ann.calls[id]), 80u);
  EXPECT_GT(heard(bob.calls[bob.incoming[0]]), 80u);
  bob.hangup(bob.incoming[0]);
  EXPECT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
}

TEST(House, APhoneCallsAWebPage) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  house.far.call("1001");
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  const std::string id = ann.incoming[0];
  house.run(milliseconds(300));
  EXPECT_EQ(ann.calls[id].story, (Story{"sdp", "incoming", "ring"})) << "T4: in this order";
  ann.answer(id);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk") && house.far.is_up; }));
  house.run(seconds(2));
  EXPECT_GT(heard(ann.calls[id]), 80u);
  EXPECT_GT(house.far.phone.heard.size(), 80u);
  house.far.hangup();
  EXPECT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
}

TEST(House, APhoneWithIpv6MediaCallsAndIsCalledByAWebPageWithIpv4) {
  SimHouse house({.phone_media = *IpAddress::parse("fd00::2")});
  FakeBrowser& ann = house.signed_in("1001");
  house.far.call("1001");
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  const std::string in = ann.incoming[0];
  ann.answer(in);
  ASSERT_TRUE(house.until([&] { return ann.calls[in].told("talk") && house.far.is_up; }));
  EXPECT_NE(house.far.last_answer.find("c=IN IP6 fd00::1\r\n"), std::string::npos)
      << house.far.last_answer;
  house.run(seconds(2));
  EXPECT_GT(heard(ann.calls[in]), 80u);
  EXPECT_GT(house.far.phone.heard.size(), 80u);
  house.far.hangup();
  EXPECT_TRUE(house.until([&] { return ann.calls[in].finish.has_value(); }));

  // The way to its server is IPv4, and so is our offer; its answer is not.
  house.far.phone.heard.clear();
  const std::string out = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[out].told("talk"); }));
  EXPECT_NE(house.far.last_offer.find("c=IN IP4 10.0.0.1\r\n"), std::string::npos)
      << house.far.last_offer;
  house.run(seconds(2));
  EXPECT_GT(heard(ann.calls[out]), 80u);
  EXPECT_GT(house.far.phone.heard.size(), 80u);
  ann.hangup(out);
  EXPECT_TRUE(house.until([&] { return ann.calls[out].finish.has_value(); }));
}

TEST(House, AnInviteWithoutSdpIsOffered) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  house.far.call("1001", false);
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  ann.answer(ann.incoming[0]);
  ASSERT_TRUE(house.until([&] { return ann.calls[ann.incoming[0]].told("talk"); }));
  house.run(seconds(1));
  ann.hangup(ann.incoming[0]);
  EXPECT_TRUE(house.until([&] { return ann.calls[ann.incoming[0]].finish.has_value(); }));
}

TEST(House, T25_TwoTabsOfOneAccountAreToldApart) {
  SimHouse house;
  FakeBrowser& first = house.signed_in("1001");
  FakeBrowser& second = house.signed_in("1001");
  ASSERT_EQ(house.far.contacts["1001"].size(), 2u);
  house.far.call("1001");
  ASSERT_TRUE(house.until([&] { return !second.incoming.empty(); }));
  EXPECT_TRUE(first.incoming.empty());
  second.leave();
  ASSERT_TRUE(house.until([&] { return house.far.unregistrations == 1; }));
  ASSERT_EQ(house.far.contacts["1001"].size(), 1u) << "the other tab stays registered";
  house.run(seconds(1));
  house.far.call("1001");
  EXPECT_TRUE(house.until([&] { return !first.incoming.empty(); }));
  house.far.hangup();
  house.run(seconds(1));
}

TEST(House, AnIncomingCallIsRefusedOrGivenUp) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  house.far.call("1001");
  ASSERT_TRUE(house.until([&] { return !ann.incoming.empty(); }));
  house.run(milliseconds(100));
  ann.hangup(ann.incoming[0]);
  ASSERT_TRUE(house.until([&] { return !house.far.ended.empty(); }));
  EXPECT_EQ(house.far.ended[0].status, 603);
  EXPECT_TRUE(ann.calls[ann.incoming[0]].told("finish")) << "T11";

  house.far.call("1001");
  ASSERT_TRUE(house.until([&] { return ann.incoming.size() == 2; }));
  house.run(milliseconds(100));
  house.far.hangup();
  ASSERT_TRUE(house.until([&] { return ann.calls[ann.incoming[1]].finish.has_value(); }));
  EXPECT_EQ(ann.calls[ann.incoming[1]].finish->cause.reason, "cancelled");
}

struct Refusal {
  int status;
  const char* reason;
  wcs::CallStatus told;
};
class HouseRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(HouseRefusal, ArrivesByName) {
  SimHouse house;
  house.far.manners.answer = Answer::kReject;
  house.far.manners.status = GetParam().status;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, GetParam().reason);
  EXPECT_EQ(ann.calls[id].finish->cause.sip_status, GetParam().status);
  EXPECT_EQ(ann.calls[id].finish->call.status, GetParam().told);
  EXPECT_FALSE(ann.calls[id].finish->cause.info.empty());
}

INSTANTIATE_TEST_SUITE_P(SipStatus, HouseRefusal,
                         testing::Values(Refusal{404, "not_found", wcs::CallStatus::kFailed},
                                         Refusal{486, "busy", wcs::CallStatus::kFinish},
                                         Refusal{600, "busy", wcs::CallStatus::kFinish},
                                         Refusal{480, "no_answer", wcs::CallStatus::kFailed},
                                         Refusal{403, "forbidden", wcs::CallStatus::kFailed},
                                         Refusal{488, "no_codec", wcs::CallStatus::kFailed},
                                         Refusal{603, "declined", wcs::CallStatus::kFailed},
                                         Refusal{500, "server_error", wcs::CallStatus::kFailed},
                                         Refusal{503, "sip_unreachable",
                                                 wcs::CallStatus::kFailed}));

TEST(House, TheCallerGivesUpWhileItRings) {
  SimHouse house;
  house.far.manners.answer = Answer::kRingOnly;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("ring"); }));
  ann.hangup(id);
  ASSERT_TRUE(house.until([&] { return !house.far.ended.empty(); }));
  EXPECT_EQ(house.far.ended[0].status, 487);
}

TEST(House, ABrowserThatClosesItsMediaBeforeItSaysSoHasGivenUpToo) {
  SimHouse house;
  house.far.manners.answer = Answer::kRingOnly;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("ring"); }));
  house.run(seconds(1));
  ASSERT_TRUE(ann.calls[id].media->is_connected());
  ann.calls[id].media->close();
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "cancelled");
  EXPECT_EQ(ann.calls[id].finish->call.status, wcs::CallStatus::kFinish);
}

TEST(House, TheCallerGivesUpBeforeAnythingCameBack) {
  SimHouse house;
  house.far.manners.answer = Answer::kRingOnly;
  FakeBrowser& ann = house.signed_in("1001");
  ann.hangup(ann.call("100"));
  house.run(seconds(5));
  EXPECT_EQ(house.far.live_dialogs(), 0u) << "T50: the CANCEL waited for the 100";
}

TEST(House, NobodyAnswers) {
  SimHouse house({.configure = [](app::Config& c) { c.limits.ringing = seconds(10); }});
  house.far.manners.answer = Answer::kRingOnly;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }, seconds(12)));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "no_answer");
  EXPECT_TRUE(house.until([&] { return house.far.live_dialogs() == 0; }));
}

TEST(House, TheSipServerIsGone) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  house.world.set_quality(IpAddress::v4(10, 0, 0, 1), IpAddress::v4(10, 0, 0, 2), {.loss = 1});
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }, seconds(40)));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "sip_timeout");
  house.world.set_quality(IpAddress::v4(10, 0, 0, 1), IpAddress::v4(10, 0, 0, 2), {});
}

TEST(House, TheMicrophoneStaysInsideUntilTheAnswer) {
  SimHouse house;
  house.far.manners.ringing = seconds(3);
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("ring"); }));
  house.run(seconds(2));
  EXPECT_TRUE(ann.calls[id].media->is_connected()) << "DTLS is done while it rings";
  EXPECT_GT(heard(ann.calls[id]), 80u) << "silence flows to the browser as soon as DTLS is up";
  EXPECT_EQ(house.far.phone.heard.size(), 0u);
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(1));
  EXPECT_GT(house.far.phone.heard.size(), 30u);
}

TEST(House, EarlyMediaIsHeardBeforeTheAnswer) {
  SimHouse house;
  house.far.manners.early_media = true;
  house.far.manners.ringing = seconds(3);
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("ring_media"); }));
  house.run(seconds(2));
  const auto& packets = ann.calls[id].media->heard;
  ASSERT_GT(packets.size(), 80u);
  EXPECT_EQ(packets.back().header.payload_type, PayloadType(8)) << "the phone's own sound";
  EXPECT_GT(house.far.phone.heard.size(), 60u) << "a 183 with SDP opens the microphone";
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  EXPECT_EQ(std::count(ann.calls[id].story.begin(), ann.calls[id].story.end(), "sdp"), 1)
      << "T6: exactly one SDP towards the browser";
}

TEST(House, TheStreamToTheBrowserNeverBreaks) {
  SimHouse house;
  house.far.manners.ringing = seconds(1);
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(1));
  house.far.reoffer("sendonly");
  house.run(seconds(1));
  house.far.reoffer("sendrecv");
  house.run(seconds(1));
  const auto& packets = ann.calls[id].media->heard;
  ASSERT_GT(packets.size(), 150u);
  for (size_t i = 1; i < packets.size(); ++i) {
    EXPECT_EQ(packets[i].header.ssrc, packets[0].header.ssrc);
    EXPECT_EQ(static_cast<uint16_t>(packets[i].header.sequence - packets[i - 1].header.sequence),
              1);
  }
}

TEST(House, HoldByThePhoneStopsTheMicrophone) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  house.run(seconds(1));
  house.far.reoffer("sendonly");
  house.run(seconds(1));
  const size_t before = house.far.phone.heard.size();
  house.run(seconds(2));
  EXPECT_LE(house.far.phone.heard.size(), before + 1);
  house.far.reoffer("sendrecv");
  house.run(seconds(2));
  EXPECT_GT(house.far.phone.heard.size(), before + 50);
  EXPECT_EQ(ann.calls[id].story, (Story{"trying", "sdp", "ring", "talk"}))
      << "the browser hears nothing of it";
}

TEST(House, DigitsArriveOnceAndInOrder) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  ann.digits(id, "1");
  ann.digits(id, "2*#");
  house.run(seconds(3));
  std::vector<int> events;
  std::optional<uint32_t> last;
  for (const HeardPacket& packet : house.far.phone.heard) {
    if (packet.header.payload_type != PayloadType(101) || last == packet.header.timestamp) continue;
    last = packet.header.timestamp;
    events.push_back(packet.payload.at(0));
  }
  EXPECT_EQ(events, (std::vector<int>{1, 2, 10, 11}));
}

TEST(House, IceThatNeverComesEndsTheCallByName) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  ann.no_ice = true;
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }, seconds(60)));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "ice_failed");
  EXPECT_EQ(ann.calls[id].finish->cause.by, wcs::EndedBy::kLocal);
}

TEST(House, AWrongFingerprintEndsTheCallByName) {
  SimHouse house;
  house.far.manners.ringing = seconds(30);
  FakeBrowser& ann = house.signed_in("1001");
  ann.wrong_fingerprint = true;
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "fingerprint_mismatch");
  EXPECT_EQ(house.far.phone.heard.size(), 0u);
}

TEST(House, SilenceFromThePhoneEndsTheCallByName) {
  SimHouse house({.configure = [](app::Config& c) { c.limits.media_inactivity = seconds(10); }});
  house.far.manners.sends_sound = false;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }, seconds(20)));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "media_silent");
}

TEST(House, AClosedTabEndsTheCall) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  ann.leave();
  EXPECT_TRUE(house.until([&] { return !house.far.ended.empty(); }, seconds(2)));
  EXPECT_TRUE(house.until([&] { return house.far.unregistrations == 1; }, seconds(2)));
}

TEST(House, ABrowserThatVanishesIsMissed) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  ann.vanish();
  ann.calls[id].media.reset();
  EXPECT_TRUE(house.until([&] { return !house.far.ended.empty(); }, seconds(40)));
}

TEST(House, WrongPasswordsAreRefused) {
  SimHouse house;
  FakeBrowser& home = house.browser();
  home.sign_in("ann", "wrong", "home");
  ASSERT_TRUE(house.until([&] { return home.closed_with.has_value(); }));
  ASSERT_EQ(home.fails.size(), 1u);
  EXPECT_EQ(home.fails[0].status, "AUTHENTICATION_FAIL");
  FakeBrowser& away = house.browser();
  away.sign_in("1001", "wrong", "10.0.0.2");
  ASSERT_TRUE(house.until([&] { return away.closed_with.has_value(); }));
  EXPECT_FALSE(away.is_registered);
  EXPECT_EQ(away.fails.at(0).cause.reason, "auth_rejected");
  EXPECT_EQ(house.far.registrations, 0);
}

TEST(House, T53_OnlyAllowedSipServersAreSpokenTo) {
  SimHouse house;
  FakeBrowser& ann = house.browser();
  ann.sign_in("1001", "secret", "10.9.9.9");
  ASSERT_TRUE(house.until([&] { return ann.closed_with.has_value(); }));
  EXPECT_EQ(ann.fails.at(0).cause.reason, "domain_not_allowed");
  EXPECT_EQ(house.world.unreachable(), 0u) << "not one datagram went there";
}

TEST(House, NumbersThatCannotBeDialledAreRefusedByName) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("12<34");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].finish.has_value(); }));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "bad_number");
  EXPECT_EQ(house.far.invites, 0);
}

TEST(House, PortsRunOutAndComeBack) {
  SimHouse house({.configure = [](app::Config& c) {
    c.rtp.first_port = 20000;
    c.rtp.last_port = 20003;
  }});
  house.far.manners.answer = Answer::kRingOnly;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string first = ann.call("1"), second = ann.call("2"), third = ann.call("3");
  ASSERT_TRUE(house.until([&] { return ann.calls[third].finish.has_value(); }));
  EXPECT_EQ(ann.calls[third].finish->cause.reason, "no_ports");
  ann.hangup(first);
  house.run(seconds(1));
  const std::string fourth = ann.call("4");
  EXPECT_TRUE(house.until([&] { return ann.calls[fourth].told("ring"); }));
}

TEST(House, StoppingSaysGoodbye) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  const std::string id = ann.call("100");
  ASSERT_TRUE(house.until([&] { return ann.calls[id].told("talk"); }));
  bool stopped = false;
  house.gateway->stop([&] { stopped = true; });
  const std::string refused = ann.call("200");
  ASSERT_TRUE(house.until([&] { return stopped; }, seconds(5)));
  EXPECT_EQ(ann.calls[id].finish->cause.reason, "draining");
  EXPECT_EQ(ann.calls[refused].finish->cause.reason, "draining");
  EXPECT_EQ(house.far.unregistrations, 1);
  EXPECT_FALSE(house.far.ended.empty());
}

TEST(House, ALongCallKeepsItsRegistration) {
  SimHouse house;
  FakeBrowser& ann = house.signed_in("1001");
  house.run(std::chrono::minutes(30));
  EXPECT_GE(house.far.registrations, 3);
  EXPECT_TRUE(ann.is_registered);
  EXPECT_EQ(std::count_if(ann.fails.begin(), ann.fails.end(), [](auto&) { return true; }), 0);
}

}  // namespace
}  // namespace patchcord::test

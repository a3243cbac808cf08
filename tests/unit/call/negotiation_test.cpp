// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/negotiation.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sdp/offer_answer.h"

namespace patchcord::call {
namespace {

using codec::AudioCodec;
using media::AudioPlan;
using media::EndpointKind;

MediaPolicy policy(std::vector<std::string> browser = {"opus", "pcma", "pcmu", "g722",
                                                       "telephone-event"},
                   std::vector<std::string> sip = {"opus", "pcma", "pcmu", "telephone-event"}) {
  return {*formats_of(browser), *formats_of(sip), std::chrono::seconds(60)};
}

Agreement browser_side() {
  Agreement a;
  a.kind = EndpointKind::kWebrtc;
  a.local = media::WebrtcLocal{.ufrag = "ours",
                               .password = "ourpasswordourpasswordour",
                               .fingerprint = "sha-256 AA:BB:CC",
                               .candidates = {*SocketAddress::parse("192.0.2.9:10000"),
                                              *SocketAddress::parse("127.0.0.1:10000")},
                               .tcp_candidates = {*SocketAddress::parse("192.0.2.9:10000"),
                                                  *SocketAddress::parse("[2001:db8::9]:10000")},
                               .ssrc = Ssrc(4711),
                               .cname = "cn"};
  return a;
}

Agreement sip_side() {
  Agreement a;
  a.kind = EndpointKind::kRtp;
  a.local = media::RtpLocal{.rtp_port = 20000, .rtcp_port = 20001};
  a.address = *IpAddress::parse("192.0.2.9");
  return a;
}

std::string corpus(const std::string& name) {
  std::ifstream in(std::string(PATCHCORD_SOURCE_DIR) + "/tests/corpora/sdp/browser/" + name);
  EXPECT_TRUE(in) << name;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::string phone_sdp(const std::string& lines, const std::string& address = "203.0.113.5",
                      const std::string& port = "4000") {
  return "v=0\r\no=- 1 1 IN IP4 " + address + "\r\ns=-\r\nc=IN IP4 " + address +
         "\r\nt=0 0\r\nm=audio " + port + " RTP/AVP " + lines;
}

template <class T>
T good(Negotiated<T> result) {
  if (const auto* objection = std::get_if<Objection>(&result)) {
    ADD_FAILURE() << objection->text;
    return {};
  }
  return std::get<T>(std::move(result));
}

template <class T>
Objection bad(Negotiated<T> result) {
  EXPECT_TRUE(std::holds_alternative<Objection>(result));
  return std::holds_alternative<Objection>(result) ? std::get<Objection>(result) : Objection{};
}

TEST(Negotiation, BrowserGetsItsFixedAnswer) {
  for (const char* name : {"chromium-audio.sdp", "firefox-audio.sdp"}) {
    const Described d = good(answer_offer(browser_side(), corpus(name), policy()));
    const auto answer = *sdp::parse(d.sdp);
    ASSERT_EQ(answer.media.size(), 1u) << name;
    const sdp::Media& audio = answer.media[0];
    EXPECT_TRUE(answer.ice_lite) << "T32: the browser must take the controlling role";
    EXPECT_TRUE(audio.rtcp_mux) << "T33";
    ASSERT_EQ(audio.msids.size(), 1u) << "T34: no sound is rendered without a stream";
    EXPECT_EQ(audio.codecs[0].name, "opus") << "T35";
    for (const sdp::Codec& codec : audio.codecs) EXPECT_FALSE(codec.name.empty()) << "T35";
    EXPECT_EQ(audio.setup, sdp::Setup::kPassive);
    EXPECT_EQ(audio.candidates.size(), 4u);
    EXPECT_TRUE(audio.end_of_candidates);
    EXPECT_EQ(audio.mid, "0");
    EXPECT_EQ(answer.bundle()->mids, std::vector<std::string>{"0"});
    EXPECT_NE(d.sdp.find("useinbandfec=1"), std::string::npos);
    EXPECT_EQ(d.agreement.webrtc->fingerprints.size(), 1u);
    EXPECT_TRUE(d.agreement.event);
  }
}

TEST(Negotiation, APhoneIsAnsweredInTheFamilyItAskedFor) {
  const auto offer = [](const std::string& where) {
    return "v=0\r\no=- 1 1 IN " + where + "\r\ns=-\r\nc=IN " + where +
           "\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
  };
  Agreement both = sip_side();
  both.address.second = *IpAddress::parse("2001:db8::9");
  const Described six = good(answer_offer(both, offer("IP6 2001:db8::5"), policy()));
  EXPECT_NE(six.sdp.find("c=IN IP6 2001:db8::9\r\n"), std::string::npos) << six.sdp;
  EXPECT_EQ(six.sdp.find("IP4"), std::string::npos) << six.sdp;
  EXPECT_EQ(six.agreement.rtp.rtp, *SocketAddress::parse("[2001:db8::5]:4000"));

  // A later offer of the other family, and a hold that names none.
  const Described four = good(answer_offer(six.agreement, offer("IP4 203.0.113.5"), policy()));
  EXPECT_NE(four.sdp.find("c=IN IP4 192.0.2.9\r\n"), std::string::npos) << four.sdp;
  const Described hold = good(answer_offer(six.agreement, offer("IP4 0.0.0.0"), policy()));
  EXPECT_NE(hold.sdp.find("c=IN IP6 2001:db8::9\r\n"), std::string::npos) << hold.sdp;

  const Objection none = bad(answer_offer(sip_side(), offer("IP6 2001:db8::5"), policy()));
  EXPECT_EQ(none.reason, Reason::kBadSdp);
  EXPECT_NE(none.text.find("IPv6"), std::string::npos);
}

TEST(Negotiation, AMappedAddressIsTheIpv4AddressThatItIs) {
  const std::string offer =
      "v=0\r\no=- 1 1 IN IP6 ::ffff:203.0.113.5\r\ns=-\r\nc=IN IP6 ::ffff:203.0.113.5\r\n"
      "t=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
  const Described d = good(answer_offer(sip_side(), offer, policy()));
  EXPECT_EQ(d.agreement.rtp.rtp, *SocketAddress::parse("203.0.113.5:4000"));
  EXPECT_EQ(d.sdp.find("ffff"), std::string::npos) << d.sdp;
}

TEST(Negotiation, CandidatesOverTcpArePassiveAndComeAfterAllOthers) {
  const Described d = good(answer_offer(browser_side(), corpus("chromium-audio.sdp"), policy()));
  EXPECT_NE(d.sdp.find("a=candidate:t2 1 tcp 1520434943 2001:db8::9 10000 typ host "
                       "tcptype passive\r\n"),
            std::string::npos)
      << d.sdp;
  const auto answer = *sdp::parse(d.sdp);
  uint32_t last = 0xffffffff;
  for (const sdp::Candidate& candidate : answer.media[0].candidates) {
    EXPECT_LT(candidate.priority, last);
    last = candidate.priority;
  }
  EXPECT_EQ(answer.media[0].candidates[1].transport, "udp");
  EXPECT_EQ(answer.media[0].candidates[2].transport, "tcp");
}

TEST(Negotiation, VideoIsRejectedInItsPlace) {
  for (const char* name : {"chromium-audiovideo.sdp", "firefox-audiovideo.sdp"}) {
    const std::string offer = corpus(name);
    const Described d = good(answer_offer(browser_side(), offer, policy()));
    const auto offered = *sdp::parse(offer);
    const auto answer = *sdp::parse(d.sdp);
    ASSERT_EQ(answer.media.size(), offered.media.size());
    for (size_t i = 0; i < answer.media.size(); ++i) {
      EXPECT_EQ(answer.media[i].type, offered.media[i].type);
      EXPECT_EQ(answer.media[i].port == 0, answer.media[i].type != "audio");
    }
    EXPECT_EQ(answer.bundle()->mids.size(), 1u) << "only what was accepted is bundled";
  }
}

TEST(Negotiation, SipOfferIsCompactAndOffersTheSuperset) {
  const Described d = make_offer(sip_side(), policy());
  EXPECT_LT(d.sdp.size(), 500u) << "an INVITE must stay below 1300 bytes on UDP";
  const auto offer = *sdp::parse(d.sdp);
  EXPECT_EQ(offer.media[0].port, 20000);
  EXPECT_EQ(offer.media[0].protocol, "RTP/AVP");
  EXPECT_EQ(offer.address_of(offer.media[0])->to_string(), "192.0.2.9:20000");
  EXPECT_EQ(offer.media[0].codecs[0].name, "opus");
  EXPECT_EQ(d.sdp.find("candidate"), std::string::npos);
}

TEST(Negotiation, PhoneChoosesPcmaThenOpusIsTranscodedAndPcmaRelayed) {
  const Agreement a =
      good(answer_offer(browser_side(), corpus("chromium-audio.sdp"), policy())).agreement;
  const Agreement offered = make_offer(sip_side(), policy()).agreement;
  const Agreement b = good(take_answer(
      offered, phone_sdp("8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"),
      AnswerStanding::kFinal, policy()));
  const media::MediaPlan plan = make_plan(a, b, Sound::kOpen, policy());
  const AudioPlan& up = plan.from(media::Side::kA);
  ASSERT_EQ(up.to.size(), 1u);
  EXPECT_EQ(up.to[0].codec, AudioCodec::kPcma);
  EXPECT_EQ(up.event_to->clock_rate, 8000u);
  EXPECT_EQ(up.flow, AudioPlan::Flow::kOpen);
  const AudioPlan& down = plan.from(media::Side::kB);
  EXPECT_EQ(down.to[0].codec, AudioCodec::kOpus);
  EXPECT_TRUE(std::any_of(down.to.begin(), down.to.end(), [](const media::AudioFormat& f) {
    return f.codec == AudioCodec::kPcma;
  })) << "the browser takes PCMA as it comes";
  EXPECT_EQ(std::get<media::RtpPlan>(plan.endpoints[1]).rtcp.port(), 4001);
}

TEST(Negotiation, AnotherEarlyPhoneIsHeardBesideTheFirstUntilTheAnswer) {
  const MediaPolicy p = policy();
  const Agreement a = good(answer_offer(browser_side(), corpus("chromium-audio.sdp"), p)).agreement;
  const auto from_phone = [&](const Agreement& b) {
    std::vector<AudioCodec> codecs;
    const media::MediaPlan plan = make_plan(a, b, Sound::kOpen, p);
    for (const media::AudioFormat& format : plan.from(media::Side::kB).from) {
      codecs.push_back(format.codec);
    }
    return codecs;
  };
  using Codecs = std::vector<AudioCodec>;
  const auto early = AnswerStanding::kEarly;
  const Agreement offered = make_offer(sip_side(), p).agreement;
  EXPECT_TRUE(offered.rtp.awaits_answer);
  const Agreement first = good(take_answer(offered, phone_sdp("8\r\n"), early, p));
  EXPECT_EQ(from_phone(first), Codecs{AudioCodec::kPcma});
  const Agreement second = good(take_answer(first, phone_sdp("0\r\n"), early, p));
  EXPECT_EQ(from_phone(second), (Codecs{AudioCodec::kPcmu, AudioCodec::kPcma}));
  EXPECT_TRUE(second.rtp.awaits_answer);
  const Agreement up = good(take_answer(second, phone_sdp("0\r\n"), AnswerStanding::kFinal, p));
  EXPECT_EQ(from_phone(up), Codecs{AudioCodec::kPcmu});
  EXPECT_FALSE(up.rtp.awaits_answer);
}

TEST(Negotiation, NothingFlowsBeforeTheAnswer) {
  const Agreement a =
      good(answer_offer(browser_side(), corpus("chromium-audio.sdp"), policy())).agreement;
  const Agreement b = make_offer(sip_side(), policy()).agreement;
  for (const Sound sound : {Sound::kNone, Sound::kOpen}) {
    const media::MediaPlan plan = make_plan(a, b, sound, policy());
    EXPECT_EQ(plan.from(media::Side::kA).flow, AudioPlan::Flow::kSilence)
        << "the microphone never leaves before the phone has said where to";
  }
}

TEST(Negotiation, SipCallerGetsOneCodecOfItsOwnOrder) {
  const Described d =
      good(answer_offer(sip_side(),
                        phone_sdp("18 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
                                  "a=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n"),
                        policy()));
  const auto answer = *sdp::parse(d.sdp);
  ASSERT_EQ(answer.media[0].codecs.size(), 2u);
  EXPECT_EQ(answer.media[0].codecs[0].name, "PCMU");
  EXPECT_EQ(answer.media[0].codecs[1].payload_type, PayloadType(101));
  EXPECT_EQ(d.agreement.ptime.count(), 30);
}

TEST(Negotiation, HoldIsAnsweredAndStopsTheFlow) {
  const MediaPolicy p = policy();
  const Agreement a = good(answer_offer(browser_side(), corpus("chromium-audio.sdp"), p)).agreement;
  const Agreement up = good(take_answer(make_offer(sip_side(), p).agreement, phone_sdp("8\r\n"),
                                        AnswerStanding::kFinal, p));
  struct Row {
    std::string sdp;
    const char* answer;
    AudioPlan::Flow to_phone, from_phone;
  };
  using Flow = AudioPlan::Flow;
  const Row rows[] = {
      {phone_sdp("8\r\na=sendonly\r\n"), "recvonly", Flow::kSilence, Flow::kOpen},
      {phone_sdp("8\r\na=inactive\r\n"), "inactive", Flow::kSilence, Flow::kSilence},
      {phone_sdp("8\r\n", "0.0.0.0"), "recvonly", Flow::kSilence, Flow::kOpen},
      {phone_sdp("8\r\na=sendrecv\r\n"), "sendrecv", Flow::kOpen, Flow::kOpen},
  };
  for (const Row& row : rows) {
    const Described d = good(answer_offer(up, row.sdp, p));
    EXPECT_NE(d.sdp.find(std::string("a=") + row.answer), std::string::npos) << d.sdp;
    const media::MediaPlan plan = make_plan(a, d.agreement, Sound::kOpen, p);
    EXPECT_EQ(plan.from(media::Side::kA).flow, row.to_phone) << row.sdp;
    EXPECT_EQ(plan.from(media::Side::kB).flow, row.from_phone) << row.sdp;
    EXPECT_EQ(std::get<media::WebrtcPlan>(plan.endpoints[0]), media::WebrtcPlan{a.webrtc})
        << "a re-INVITE never touches the browser";
  }
}

TEST(Negotiation, ObjectsByName) {
  struct Row {
    const char* what;
    Agreement side;
    std::string sdp;
    Reason reason;
  };
  const Row rows[] = {
      {"garbage", sip_side(), "hello", Reason::kBadSdp},
      {"no audio", sip_side(), "v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\ns=-\r\nt=0 0\r\n",
       Reason::kNoCodec},
      {"no common codec", sip_side(), phone_sdp("4\r\na=rtpmap:4 G723/8000\r\n"), Reason::kNoCodec},
      {"only telephone-event", sip_side(),
       phone_sdp("101\r\na=rtpmap:101 telephone-event/8000\r\n"), Reason::kNoCodec},
      {"multicast", sip_side(), phone_sdp("8\r\n", "224.2.1.1"), Reason::kBadSdp},
      {"refused audio", sip_side(), phone_sdp("8\r\n", "203.0.113.5", "0"), Reason::kNoCodec},
      {"a browser without ICE", browser_side(), phone_sdp("8\r\n"), Reason::kBadSdp},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(bad(answer_offer(row.side, row.sdp, policy())).reason, row.reason) << row.what;
  }
  const Objection objection = bad(answer_offer(
      sip_side(), phone_sdp("4\r\na=rtpmap:4 G723/8000\r\n"), policy({"opus"}, {"pcma"})));
  EXPECT_NE(objection.text.find("G723/8000"), std::string::npos) << "both lists are named";
  EXPECT_NE(objection.text.find("PCMA/8000"), std::string::npos);
}

TEST(Negotiation, IncomingCallOffersTheBrowserEverythingInline) {
  const Described d = make_offer(browser_side(), policy());
  const auto offer = *sdp::parse(d.sdp);
  const sdp::Media& audio = offer.media[0];
  EXPECT_EQ(audio.setup, sdp::Setup::kActPass);
  EXPECT_FALSE(audio.candidates.empty());
  EXPECT_FALSE(audio.msids.empty());
  EXPECT_EQ(offer.bundle()->mids, std::vector<std::string>{"0"});
  EXPECT_EQ(offer.media.size(), 1u) << "no video is offered, so no camera is asked for";
}

}  // namespace
}  // namespace patchcord::call

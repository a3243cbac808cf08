// SPDX-License-Identifier: GPL-3.0-or-later
#include "sdp/offer_answer.h"

#include <gtest/gtest.h>

#include <string>

namespace patchcord::sdp {
namespace {

using enum Direction;

Session session(const std::string& lines) {
  auto parsed = parse("v=0\no=- 1 1 IN IP4 192.0.2.1\nt=0 0\n" + lines);
  EXPECT_TRUE(parsed.ok()) << lines;
  return parsed.ok() ? std::move(parsed).value() : Session();
}

Codec codec(uint8_t type, const char* name, uint32_t rate, uint8_t channels = 1,
            const char* fmtp = "") {
  return {PayloadType(type), name, rate, channels, fmtp, {}};
}

bool any_fmtp(const Codec&, const Codec&) {
  return true;
}
bool same_fmtp(const Codec& a, const Codec& b) {
  return a.fmtp == b.fmtp;
}

TEST(OfferAnswer, PairsLinesByPosition) {
  const Session offer = session(
      "m=audio 1000 RTP/AVP 0\nm=video 1002 RTP/AVP 96\nm=audio 0 RTP/AVP 8\n"
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n");
  const Session answer =
      session("m=audio 2000 RTP/AVP 0\nm=video 0 RTP/AVP 96\nm=audio 2002 RTP/AVP 8\n");
  const auto pairs = pair_media(offer, answer);
  ASSERT_TRUE(pairs.ok());
  ASSERT_EQ(pairs->size(), 4u);
  EXPECT_EQ((*pairs)[0].offer, &offer.media[0]);
  EXPECT_EQ((*pairs)[0].answer, &answer.media[0]);
  EXPECT_EQ((*pairs)[1].answer, nullptr) << "rejected";
  EXPECT_EQ((*pairs)[2].answer, nullptr) << "was not offered";
  EXPECT_EQ((*pairs)[3].answer, nullptr) << "left out";
}

TEST(OfferAnswer, RefusesAnAnswerToSomethingElse) {
  const Session offer = session("m=audio 1000 RTP/AVP 0\nm=video 1002 RTP/AVP 96\n");
  EXPECT_FALSE(pair_media(offer, session("m=video 1000 RTP/AVP 0\n")).ok());
  EXPECT_FALSE(pair_media(offer, session("m=audio 1 RTP/AVP 0\nm=video 1 RTP/AVP 96\n"
                                         "m=video 1 RTP/AVP 96\n"))
                   .ok());
}

TEST(OfferAnswer, RejectsInPlace) {
  Session answer = session("");
  const Session offer = session(
      "m=video 9 UDP/TLS/RTP/SAVPF 96 97\na=mid:v\na=rtpmap:96 VP8/90000\na=fmtp:96 x=1\n"
      "a=rtcp-fb:96 nack\nm=image 6000 udptl t38\nm=audio 9 RTP/AVP\n");
  for (const Media& media : offer.media) answer.media.push_back(rejection_of(media));
  const std::string text = *print(answer);
  EXPECT_EQ(text.substr(text.find("m=")),
            "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:v\r\na=inactive\r\n"
            "a=rtpmap:96 VP8/90000\r\n"
            "m=image 0 udptl t38\r\na=inactive\r\n"
            "m=audio 0 RTP/AVP 0\r\na=inactive\r\n");
}

TEST(OfferAnswer, ComparesCodecs) {
  const struct {
    Codec a, b;
    bool same;
  } kCases[] = {
      {codec(0, "PCMU", 8000), codec(0, "PCMU", 8000), true},
      {codec(0, "pcmu", 8000), codec(97, "PCMU", 8000), true},
      {codec(0, "PCMU", 8000), codec(8, "PCMA", 8000), false},
      {codec(96, "speex", 8000), codec(97, "speex", 16000), false},
      {codec(96, "L16", 8000, 2), codec(97, "L16", 8000, 1), false},
      {codec(96, "opus", 48000, 2), codec(97, "OPUS", 48000, 1), true},
      {codec(96, "opus", 48000, 2), codec(97, "opus", 16000, 2), false},
      {codec(101, "telephone-event", 8000), codec(101, "telephone-event", 48000), false},
      {codec(96, "", 0), codec(96, "", 0), false},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(is_same_codec(c.a, c.b), c.same) << c.a.name << " " << c.b.name;
    EXPECT_EQ(is_same_codec(c.b, c.a), c.same) << c.a.name << " " << c.b.name;
  }
}

std::string types(const std::vector<CodecMatch>& matches) {
  std::string out;
  for (const CodecMatch& match : matches) {
    out += std::to_string(match.offered->payload_type.value()) + "=" +
           std::to_string(match.ours->payload_type.value()) + " ";
  }
  return out;
}

TEST(OfferAnswer, MatchesCodecsInEitherOrder) {
  const std::vector<Codec> offered{codec(111, "opus", 48000, 2), codec(9, "G722", 8000),
                                   codec(0, "PCMU", 8000), codec(8, "PCMA", 8000),
                                   codec(126, "telephone-event", 8000)};
  const std::vector<Codec> ours{codec(8, "PCMA", 8000), codec(101, "telephone-event", 8000),
                                codec(96, "opus", 48000, 2), codec(18, "G729", 8000)};
  EXPECT_EQ(types(match_codecs(offered, ours, CodecOrder::kOfferer, any_fmtp)),
            "111=96 8=8 126=101 ");
  EXPECT_EQ(types(match_codecs(offered, ours, CodecOrder::kOurs, any_fmtp)), "8=8 126=101 111=96 ");
  EXPECT_EQ(types(match_codecs({}, ours, CodecOrder::kOurs, any_fmtp)), "");
}

TEST(OfferAnswer, MatchesEachCodecOnce) {
  const std::vector<Codec> offered{codec(0, "PCMU", 8000), codec(96, "PCMU", 8000),
                                   codec(97, "H264", 90000, 1, "packetization-mode=0"),
                                   codec(98, "H264", 90000, 1, "packetization-mode=1")};
  const std::vector<Codec> ours{codec(0, "PCMU", 8000),
                                codec(99, "H264", 90000, 1, "packetization-mode=1")};
  EXPECT_EQ(types(match_codecs(offered, ours, CodecOrder::kOfferer, any_fmtp)), "0=0 97=99 ");
  EXPECT_EQ(types(match_codecs(offered, ours, CodecOrder::kOfferer, same_fmtp)), "0=0 98=99 ");
}

TEST(OfferAnswer, TheAnswerKeepsTheNumbersOfTheOffer) {
  std::vector<Codec> offered{codec(111, "OPUS", 48000, 2, "minptime=10;useinbandfec=1")};
  offered[0].feedback = {"nack", "transport-cc"};
  std::vector<Codec> ours{codec(96, "opus", 48000, 2, "useinbandfec=1")};
  ours[0].feedback = {"nack", "nack pli"};
  const auto matches = match_codecs(offered, ours, CodecOrder::kOurs, any_fmtp);
  const auto answer = answer_codecs(matches);
  ASSERT_EQ(answer.size(), 1u);
  EXPECT_EQ(answer[0].payload_type, PayloadType(111));
  EXPECT_EQ(answer[0].name, "OPUS");
  EXPECT_EQ(answer[0].fmtp, "useinbandfec=1");
  EXPECT_EQ(answer[0].feedback, std::vector<std::string>{"nack"});
}

// RFC 3264 section 6.1.
TEST(OfferAnswer, AnswersDirections) {
  const struct {
    Direction offered, wanted, answer;
  } kCases[] = {
      {kSendRecv, kSendRecv, kSendRecv}, {kSendRecv, kSendOnly, kSendOnly},
      {kSendRecv, kRecvOnly, kRecvOnly}, {kSendRecv, kInactive, kInactive},
      {kSendOnly, kSendRecv, kRecvOnly}, {kSendOnly, kSendOnly, kInactive},
      {kSendOnly, kRecvOnly, kRecvOnly}, {kSendOnly, kInactive, kInactive},
      {kRecvOnly, kSendRecv, kSendOnly}, {kRecvOnly, kSendOnly, kSendOnly},
      {kRecvOnly, kRecvOnly, kInactive}, {kRecvOnly, kInactive, kInactive},
      {kInactive, kSendRecv, kInactive}, {kInactive, kSendOnly, kInactive},
      {kInactive, kRecvOnly, kInactive}, {kInactive, kInactive, kInactive},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(answer_direction(c.offered, c.wanted), c.answer)
        << to_string(c.offered) << " " << to_string(c.wanted);
  }
  EXPECT_EQ(reversed(kSendOnly), kRecvOnly);
  EXPECT_EQ(reversed(kSendRecv), kSendRecv);
}

TEST(OfferAnswer, UnderstandsHold) {
  const struct {
    const char* lines;
    Direction meant;
  } kCases[] = {
      {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\n", kSendRecv},
      {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\na=sendonly\n", kSendOnly},
      {"c=IN IP4 192.0.2.1\na=inactive\nm=audio 4000 RTP/AVP 0\n", kInactive},
      {"c=IN IP4 192.0.2.1\na=inactive\nm=audio 4000 RTP/AVP 0\na=recvonly\n", kRecvOnly},
      {"c=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 0\n", kSendOnly},
      {"c=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", kSendOnly},
      {"c=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 0\na=recvonly\n", kInactive},
      {"c=IN IP6 ::\nm=audio 4000 RTP/AVP 0\n", kSendOnly},
      {"m=audio 4000 RTP/AVP 0\n", kSendRecv},
      {"m=audio 9 UDP/TLS/RTP/SAVPF 0\nc=IN IP4 0.0.0.0\na=ice-ufrag:abcd\n", kSendRecv},
      {"a=ice-ufrag:abcd\nm=audio 9 UDP/TLS/RTP/SAVPF 0\nc=IN IP4 0.0.0.0\n", kSendRecv},
  };
  for (const auto& c : kCases) {
    const Session parsed = session(c.lines);
    EXPECT_EQ(meant_direction(parsed, parsed.media.at(0)), c.meant) << c.lines;
  }
}

TEST(OfferAnswer, TheOriginTellsARefresh) {
  const Session before = session("m=audio 4000 RTP/AVP 0\n");
  Session now = session("m=audio 4000 RTP/AVP 0\na=sendonly\n");
  EXPECT_TRUE(is_unchanged(before, now));
  now.origin.session_version = "2";
  EXPECT_FALSE(is_unchanged(before, now));
}

}  // namespace
}  // namespace patchcord::sdp

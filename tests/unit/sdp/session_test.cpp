// SPDX-License-Identifier: GPL-3.0-or-later
#include "sdp/session.h"

#include <gtest/gtest.h>

#include <string>

namespace patchcord::sdp {
namespace {

const std::string kHead = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n";
const std::string kAudio = kHead + "c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0 96\r\n";

// "ok", or the name of the error.
std::string verdict(const std::string& text) {
  const auto session = parse(text);
  if (session.ok()) return "ok";
  return session.error().code == ErrorCode::kTooLarge ? "too large" : "malformed";
}

std::string repeated(const std::string& text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

TEST(Session, RefusesOrForgives) {
  const struct {
    const char* what;
    std::string text;
    const char* verdict;
  } kCases[] = {
      {"the least", "v=0\no=- 1 1 IN IP4 192.0.2.1", "ok"},
      {"nothing", "", "malformed"},
      {"only line ends", "\r\n\n\r\n", "malformed"},
      {"no version", "o=- 1 1 IN IP4 192.0.2.1\r\n", "malformed"},
      {"version 1", "v=1\r\no=- 1 1 IN IP4 192.0.2.1\r\n", "malformed"},
      {"no origin", "v=0\r\ns=-\r\n", "malformed"},
      {"two origins", kHead + "o=- 1 1 IN IP4 192.0.2.1\r\n", "malformed"},
      {"origin cut", "v=0\r\no=- 1 1 IN IP4\r\n", "malformed"},
      {"origin of another network", "v=0\r\no=- 1 1 TN RFC2543 +1-201-406-4090\r\n", "malformed"},
      {"empty lines before and between", "\r\n\r\n" + kHead + "\r\n\n" + "a=x\n\n", "ok"},
      {"a line without a type", kHead + "hello\r\n", "malformed"},
      {"a line of one letter", kHead + "a\r\n", "malformed"},
      {"an unknown type", kHead + "y=1\r\n", "ok"},
      {"NUL", kHead + std::string("a=x\0y\r\n", 7), "malformed"},
      {"a control byte", kHead + "a=x\x01\r\n", "malformed"},
      {"CR within a line", kHead + "a=x\ry\r\n", "malformed"},
      {"CR twice at the end", kHead + "a=x\r\r\n", "ok"},
      {"bytes above 0x7f", kHead + "a=x:\x80\xff\r\n", "ok"},
      {"c= cut", kHead + "c=IN IP4\r\n", "malformed"},
      {"c= of another family", kHead + "c=IN IP5 1\r\n", "malformed"},
      {"c= with nonsense for an address", kHead + "c=IN IP4 999.1.1.1\r\n", "ok"},
      {"m= without a port", kHead + "m=audio\r\n", "malformed"},
      {"m= without a protocol", kHead + "m=audio 4000\r\n", "malformed"},
      {"m= without a format", kHead + "m=audio 4000 RTP/AVP\r\n", "ok"},
      {"port 65536", kHead + "m=audio 65536 RTP/AVP 0\r\n", "malformed"},
      {"port -1", kHead + "m=audio -1 RTP/AVP 0\r\n", "malformed"},
      {"port of 64 bits", kHead + "m=audio 18446744073709551617 RTP/AVP 0\r\n", "malformed"},
      {"port 0x50", kHead + "m=audio 0x50 RTP/AVP 0\r\n", "malformed"},
      {"port count 0", kHead + "m=audio 4000/0 RTP/AVP 0\r\n", "malformed"},
      {"port count x", kHead + "m=audio 4000/x RTP/AVP 0\r\n", "malformed"},
      {"64 formats", kHead + "m=audio 4000 RTP/AVP" + repeated(" 0", 64) + "\r\n", "ok"},
      {"65 formats", kHead + "m=audio 4000 RTP/AVP" + repeated(" 0", 65) + "\r\n", "too large"},
      {"64 m-lines", kHead + repeated("m=audio 0 RTP/AVP 0\n", 64), "ok"},
      {"65 m-lines", kHead + repeated("m=audio 0 RTP/AVP 0\n", 65), "too large"},
      {"10,000 m-lines", kHead + repeated("m=a 0 x\n", 10'000), "too large"},
      {"2000 lines", kHead + repeated("a=x\n", 1996), "ok"},
      {"2001 lines", kHead + repeated("a=x\n", 1997), "too large"},
      {"64 KiB", kHead + "a=" + std::string(kMaxText - kHead.size() - 2, 'x'), "ok"},
      {"one byte more", kHead + "a=" + std::string(kMaxText - kHead.size() - 1, 'x'), "too large"},
      {"attributes without a name", kHead + "a=\r\na=:x\r\na= :\r\n", "ok"},
  };
  for (const auto& c : kCases) EXPECT_EQ(verdict(c.text), c.verdict) << c.what;
}

// What becomes of attribute lines under "m=audio 4000 RTP/AVP 0 96", as it is printed again.
TEST(Session, AttributesComeOutAs) {
  const std::string pcmu = "a=rtpmap:0 PCMU/8000\r\n";
  const struct {
    const char* in;
    std::string out;
  } kCases[] = {
      {"", pcmu},
      {"a=rtpmap:0 pcmu/8000/1\r\n", "a=rtpmap:0 pcmu/8000\r\n"},
      {"a=rtpmap:96\topus/48000/2 \r\n", pcmu + "a=rtpmap:96 opus/48000/2\r\n"},
      {"a=rtpmap:96 a/1\na=rtpmap:96 b/2\n", pcmu + "a=rtpmap:96 a/1\r\na=rtpmap:96 b/2\r\n"},
      {"a=rtpmap:97 opus/48000\na=fmtp:97 x\na=rtcp-fb:97 nack\n", pcmu},
      {"a=rtpmap:96 opus/0\r\n", pcmu + "a=rtpmap:96 opus/0\r\n"},
      {"a=rtpmap:96\r\n", pcmu + "a=rtpmap:96\r\n"},
      {"a=fmtp:96 a=1\na=fmtp:96 b=2\n", pcmu + "a=fmtp:96 a=1;b=2\r\n"},
      {"a=fmtp:x y\r\n", pcmu + "a=fmtp:x y\r\n"},
      {"a=rtcp-fb:* nack\na=rtcp-fb:96 nack pli\n",
       pcmu + "a=rtcp-fb:96 nack pli\r\na=rtcp-fb:* nack\r\n"},
      {"a=ptime:20\na=maxptime: 60\n", pcmu + "a=ptime:20\r\na=maxptime:60\r\n"},
      {"a=ptime:0\na=ptime:-1\n", pcmu + "a=ptime:0\r\na=ptime:-1\r\n"},
      {"a=sendonly\na=recvonly\n", "a=sendonly\r\n" + pcmu + "a=recvonly\r\n"},
      {"a=SendRecv\n", pcmu + "a=SendRecv\r\n"},
      {"a=mid:1\na=mid:2\na=mid:\n", "a=mid:1\r\n" + pcmu + "a=mid:2\r\na=mid\r\n"},
      {"a=rtcp:9 IN IP4 0.0.0.0\na=rtcp:10\n",
       "a=rtcp:9 IN IP4 0.0.0.0\r\n" + pcmu + "a=rtcp:10\r\n"},
      {"a=rtcp:65536\na=rtcp:9 IN\n", pcmu + "a=rtcp:65536\r\na=rtcp:9 IN\r\n"},
      {"a=candidate:1 1 udp 5 host.local 9 typ host\n",
       "a=candidate:1 1 udp 5 host.local 9 typ host\r\n" + pcmu},
      {"a=candidate:1 1 udp 5 1.2.3.4 99999 typ host\na=candidate:1 1 udp 5 1.2.3.4 9 host\n",
       pcmu + "a=candidate:1 1 udp 5 1.2.3.4 99999 typ host\r\n"
              "a=candidate:1 1 udp 5 1.2.3.4 9 host\r\n"},
      {"a=fingerprint:SHA-1 aa:0b\na=fingerprint:sha-256\n",
       "a=fingerprint:sha-1 AA:0B\r\n" + pcmu + "a=fingerprint:sha-256\r\n"},
      {"a=setup:passive\na=setup:both\n", "a=setup:passive\r\n" + pcmu + "a=setup:both\r\n"},
      {"a=ice-options:trickle  renomination\na=ice-options:\n",
       "a=ice-options:trickle renomination\r\n" + pcmu + "a=ice-options\r\n"},
      {"a=extmap:1/sendonly urn:x a b\na=extmap:2/up urn:y\na=extmap:99999 z\na=extmap:3\n",
       "a=extmap:1/sendonly urn:x a b\r\n" + pcmu +
           "a=extmap:2/up urn:y\r\na=extmap:99999 z\r\na=extmap:3\r\n"},
      {"a=msid:s t\na=msid:s\na=msid:a b c\n",
       "a=msid:s t\r\na=msid:s\r\n" + pcmu + "a=msid:a b c\r\n"},
      {"a=ssrc:5 cname:x y\na=ssrc:5 mark\na=ssrc:-5 cname:x\n",
       pcmu + "a=ssrc:5 cname:x y\r\na=ssrc:5 mark\r\na=ssrc:-5 cname:x\r\n"},
      {"a=unknown\na=other: kept as it is\na=group:BUNDLE 0\n",
       pcmu + "a=unknown\r\na=other: kept as it is\r\na=group:BUNDLE 0\r\n"},
      {"a=rtcp-mux\na=rtcp-mux\na=rtcp-rsize:x\n",
       "a=rtcp-mux\r\n" + pcmu + "a=rtcp-mux\r\na=rtcp-rsize:x\r\n"},
  };
  for (const auto& c : kCases) {
    const auto session = parse(kAudio + c.in);
    ASSERT_TRUE(session.ok()) << c.in;
    const std::string printed = *print(*session);
    const std::string line = "m=audio 4000 RTP/AVP 0 96\r\n";
    EXPECT_EQ(printed.substr(printed.find(line) + line.size()), c.out) << c.in;
    EXPECT_EQ(*parse(printed), *session) << c.in;
  }
}

TEST(Session, ListsOfWordsAreBounded) {
  const auto full = parse(kHead + "a=ice-options:" + repeated("x ", 64) + "\na=group:LS" +
                          repeated(" x", 64) + "\n");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->ice_options.size(), 64u);
  EXPECT_EQ(full->groups.at(0).mids.size(), 64u);
  const auto over = parse(kHead + "a=ice-options:" + repeated("x ", 30'000) + "\na=group:LS" +
                          repeated(" x", 65) + "\n");
  ASSERT_TRUE(over.ok());
  EXPECT_TRUE(over->ice_options.empty());
  EXPECT_TRUE(over->groups.empty());
  EXPECT_EQ(over->attributes.size(), 2u) << "kept as text";
  EXPECT_EQ(*parse(*print(*over)), *over);
}

TEST(Session, TheSessionSpeaksForLinesThatSayNothing) {
  const auto session = parse(kHead +
                             "c=IN IP4 192.0.2.1\na=inactive\na=setup:active\na=ice-ufrag:u\n"
                             "a=ice-pwd:p\na=fingerprint:sha-256 AA\na=ice-lite\n"
                             "m=audio 4000 RTP/AVP 0\n"
                             "m=audio 4002 RTP/AVP 0\nc=IN IP6 ::1\na=sendonly\na=setup:passive\n"
                             "a=ice-ufrag:u2\na=ice-pwd:p2\na=fingerprint:sha-1 BB\n");
  ASSERT_TRUE(session.ok());
  EXPECT_TRUE(session->ice_lite);
  const Media& first = session->media.at(0);
  EXPECT_EQ(session->address_of(first)->to_string(), "192.0.2.1:4000");
  EXPECT_EQ(session->direction_of(first), Direction::kInactive);
  EXPECT_EQ(session->setup_of(first), Setup::kActive);
  EXPECT_EQ(session->ice_ufrag_of(first), "u");
  EXPECT_EQ(session->ice_pwd_of(first), "p");
  EXPECT_EQ(session->fingerprints_of(first).at(0).value, "AA");
  const Media& second = session->media.at(1);
  EXPECT_EQ(session->address_of(second)->to_string(), "[::1]:4002");
  EXPECT_EQ(session->direction_of(second), Direction::kSendOnly);
  EXPECT_EQ(session->setup_of(second), Setup::kPassive);
  EXPECT_EQ(session->ice_ufrag_of(second), "u2");
  EXPECT_EQ(session->ice_pwd_of(second), "p2");
  EXPECT_EQ(session->fingerprints_of(second).at(0).value, "BB");
  EXPECT_EQ(session->bundle(), nullptr);
}

TEST(Session, MulticastAddressesKeepTheirTail) {
  const auto session = parse(kHead + "c=IN IP4 233.252.0.1/127\nm=audio 4000 RTP/AVP 0\n");
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session->connection->address, "233.252.0.1/127");
  EXPECT_TRUE(session->connection->ip()->is_multicast());
}

TEST(Session, PortZeroIsRejectedUnlessBundled) {
  const auto session = parse(kHead + "m=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 96\na=bundle-only\n");
  ASSERT_TRUE(session.ok());
  EXPECT_TRUE(session->media.at(0).is_rejected());
  EXPECT_FALSE(session->media.at(1).is_rejected());
}

TEST(Session, NoValueBeginsALineOfItsOwn) {
  for (const char* bad : {"x\r\na=evil", "x\ny", "x\ry"}) {
    for (int field = 0; field < 9; ++field) {
      Session session = *parse(kAudio + "a=rtpmap:96 opus/48000/2\n");
      Media& media = session.media.at(0);
      switch (field) {
        case 0:
          session.name = bad;
          break;
        case 1:
          session.origin.username = bad;
          break;
        case 2:
          session.attributes.push_back({"x", bad});
          break;
        case 3:
          media.type = bad;
          break;
        case 4:
          media.codecs.at(1).fmtp = bad;
          break;
        case 5:
          media.mid = bad;
          break;
        case 6:
          media.connection = Connection{AddressType::kIp4, bad};
          break;
        case 7:
          media.candidates.push_back(
              {.foundation = bad, .transport = "", .address = "", .type = "", .extra = ""});
          break;
        case 8:
          media.ssrcs.push_back({Ssrc(1), {"cname", bad}});
          break;
      }
      const auto text = print(session);
      ASSERT_FALSE(text.ok()) << field;
      EXPECT_EQ(text.error().code, ErrorCode::kMalformed);
    }
  }
  Session session = *parse(kAudio);
  session.name = std::string("a\0b", 3);
  EXPECT_FALSE(print(session).ok());
}

TEST(Session, IsPrintedInTheOrderOfTheRfc) {
  const auto session = parse(
      "v=0\no=- 1 2 IN IP4 192.0.2.1\nt=0 0\na=group:BUNDLE a\ns=name\nc=IN IP4 "
      "192.0.2.1\nb=AS:64\n"
      "m=audio 9 UDP/TLS/RTP/SAVPF 96\na=ptime:20\na=rtpmap:96 opus/48000/2\na=sendrecv\na=mid:a\n"
      "b=AS:32\nc=IN IP4 192.0.2.2\n");
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(*print(*session),
            "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=name\r\nc=IN IP4 192.0.2.1\r\nb=AS:64\r\n"
            "t=0 0\r\na=group:BUNDLE a\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\n"
            "c=IN IP4 192.0.2.2\r\nb=AS:32\r\na=mid:a\r\na=sendrecv\r\n"
            "a=rtpmap:96 opus/48000/2\r\na=ptime:20\r\n");
}

}  // namespace
}  // namespace patchcord::sdp

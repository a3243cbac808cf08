// SPDX-License-Identifier: GPL-3.0-or-later
// The kept SDPs (tests/corpora/sdp): what is understood of each, and that none changes by being
// parsed, printed and parsed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sdp/offer_answer.h"
#include "sdp/session.h"

namespace patchcord::sdp {
namespace {

const std::filesystem::path kCorpus = PATCHCORD_SOURCE_DIR "/tests/corpora/sdp";

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string describe(const Codec& codec) {
  std::string out = " " + std::to_string(codec.payload_type.value());
  if (codec.name.empty()) return out;
  out += ":" + codec.name + "/" + std::to_string(codec.clock_rate);
  if (codec.channels != 1) out += "/" + std::to_string(codec.channels);
  if (!codec.fmtp.empty()) out += "(" + codec.fmtp + ")";
  return out;
}

// "audio 9 sendrecv 111:opus/48000/2(useinbandfec=1) 8:PCMA/8000"
std::string describe(const Session& session, const Media& media) {
  std::string out = media.type + " " + std::to_string(media.port) + " " +
                    std::string(to_string(meant_direction(session, media)));
  for (const Codec& codec : media.codecs) out += describe(codec);
  for (const std::string& format : media.formats) out += " " + format;
  return out;
}

TEST(Corpus, IsNotChangedByParsePrintParse) {
  size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kCorpus)) {
    if (entry.path().extension() != ".sdp") continue;
    ++files;
    const auto first = parse(read(entry.path()));
    ASSERT_TRUE(first.ok()) << entry.path() << first.error().text;
    const auto text = print(*first);
    ASSERT_TRUE(text.ok()) << entry.path();
    const auto second = parse(*text);
    ASSERT_TRUE(second.ok()) << entry.path() << second.error().text;
    EXPECT_EQ(*first, *second) << entry.path() << "\n" << *text;
    EXPECT_EQ(*print(*second), *text) << entry.path();
  }
  EXPECT_EQ(files, 19u);
}

TEST(Corpus, LosesNoLineOfABrowser) {
  // Each line of a browser's offer is in the print too, in whatever order.
  for (const auto& entry : std::filesystem::directory_iterator(kCorpus / "browser")) {
    const std::string text = read(entry.path());
    const std::string printed = "\r\n" + *print(*parse(text));
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find("\r\n", at);
      std::string line = text.substr(at, end - at);
      if (line == "a=rtpmap:9 G722/8000/1")
        line = "a=rtpmap:9 G722/8000";  // one channel is none said
      EXPECT_NE(printed.find("\r\n" + line + "\r\n"), std::string::npos)
          << entry.path() << ": " << line;
      at = end + 2;
    }
  }
}

TEST(Corpus, IsUnderstood) {
  const struct {
    const char* file;
    const char* description;
  } kCases[] = {
      {"browser/chromium-audio.sdp",
       "audio 56757 sendrecv 111:opus/48000/2(minptime=10;useinbandfec=1) 63:red/48000/2(111/111) "
       "9:G722/8000 0:PCMU/8000 8:PCMA/8000 13:CN/8000 110:telephone-event/48000 "
       "126:telephone-event/8000"},
      {"browser/firefox-audio.sdp",
       "audio 43276 sendrecv 109:opus/48000/2(maxplaybackrate=48000;stereo=1;useinbandfec=1) "
       "9:G722/8000 0:PCMU/8000 8:PCMA/8000 101:telephone-event/8000(0-15)"},
      {"phone/asterisk-audio.sdp",
       "audio 14822 sendrecv 8:PCMA/8000 0:PCMU/8000 9:G722/8000 101:telephone-event/8000(0-16)"},
      {"phone/asterisk-hold.sdp",
       "audio 14822 sendonly 8:PCMA/8000 101:telephone-event/8000(0-16)"},
      {"phone/cisco-gateway.sdp",
       "audio 18336 sendrecv 18:G729/8000(annexb=no) 0:PCMU/8000 8:PCMA/8000 "
       "101:telephone-event/8000(0-15) 19:CN/8000"},
      {"phone/old-hold.sdp", "audio 5004 sendonly 0:PCMU/8000"},
      {"phone/static-only.sdp",
       "audio 4000 sendrecv 0:PCMU/8000 8:PCMA/8000 9:G722/8000 13:CN/8000 18:G729/8000 4"},
      {"phone/trunk-srtp.sdp", "audio 49170 sendrecv 8:PCMA/8000 101:telephone-event/8000(0-15)"},
      {"phone/baresip-av.sdp",
       "audio 20610 sendrecv 96:opus/48000/2(stereo=1;sprop-stereo=1) 0:PCMU/8000 8:PCMA/8000 "
       "97:telephone-event/8000(0-15) | "
       "video 20612 sendrecv 98:H264/90000(packetization-mode=0;profile-level-id=42e01f)"},
      {"phone/linphone-zrtp.sdp",
       "audio 7078 sendrecv 96:opus/48000/2(useinbandfec=1) 97:speex/16000(vbr=on) "
       "98:speex/8000(vbr=on) 0:PCMU/8000 8:PCMA/8000 101:telephone-event/48000 "
       "99:telephone-event/16000 100:telephone-event/8000"},
      {"phone/kamailio-rtpengine.sdp",
       "audio 30154 sendrecv 111:opus/48000/2(minptime=10;useinbandfec=1) 8:PCMA/8000 0:PCMU/8000 "
       "126:telephone-event/8000"},
      {"phone/fax-and-application.sdp",
       "audio 0 sendrecv 8:PCMA/8000 | image 6000 sendrecv t38 | "
       "application 9 sendrecv webrtc-datachannel"},
      {"phone/provider-names.sdp",
       "audio 35000 sendrecv 8:PCMA/8000 96:telephone-event/8000(0-11;16)"},
      {"phone/lf-no-final-newline.sdp", "audio 6000 recvonly 8:PCMA/8000 101:telephone-event/8000"},
      {"phone/script-stripped.sdp",
       "audio 9 sendrecv 111:opus/48000/2 8:PCMA/8000 | video 9 sendrecv"},
  };
  for (const auto& c : kCases) {
    const auto session = parse(read(kCorpus / c.file));
    ASSERT_TRUE(session.ok()) << c.file << session.error().text;
    std::string description;
    for (const Media& media : session->media) {
      description += (description.empty() ? "" : " | ") + describe(*session, media);
    }
    EXPECT_EQ(description, c.description) << c.file;
  }
}

TEST(Corpus, ChromiumTransportIsRead) {
  const auto session = parse(read(kCorpus / "browser/chromium-audio.sdp"));
  ASSERT_TRUE(session.ok());
  const Media& audio = session->media.at(0);
  EXPECT_TRUE(audio.is_rtp() && audio.is_secure() && audio.is_dtls());
  EXPECT_EQ(session->ice_ufrag_of(audio), "JgCv");
  EXPECT_EQ(session->ice_pwd_of(audio), "BZS4ytVO//MRohIRv8LMlJFN");
  EXPECT_EQ(session->setup_of(audio), Setup::kActPass);
  ASSERT_EQ(session->fingerprints_of(audio).size(), 1u);
  EXPECT_EQ(session->fingerprints_of(audio)[0].hash, "sha-256");
  ASSERT_EQ(audio.candidates.size(), 4u);
  EXPECT_EQ(audio.candidates[3].transport, "tcp");
  EXPECT_EQ(audio.candidates[3].port, 9);
  EXPECT_EQ(audio.candidates[3].extra, "tcptype active generation 0 network-id 2");
  ASSERT_TRUE(session->bundle());
  EXPECT_EQ(session->bundle()->mids, std::vector<std::string>{"0"});
  EXPECT_EQ(session->media_with_mid("0"), &audio);
  EXPECT_EQ(audio.extmaps.at(3).uri, "urn:ietf:params:rtp-hdrext:sdes:mid");
  EXPECT_EQ(audio.msids.at(0).track, "193f461d-01a2-4597-993f-5c92a90b21f8");
  EXPECT_EQ(audio.ssrcs.at(0).ssrc, Ssrc(3970831952));
  EXPECT_TRUE(audio.rtcp_mux && audio.rtcp_rsize);
  EXPECT_EQ(session->address_of(audio)->to_string(), "192.0.2.2:56757");
  EXPECT_EQ(session->attribute("msid-semantic"), " WMS 22b60cff-f77a-4e64-ad5d-1ce23addc198");
  EXPECT_EQ(audio.codec(PayloadType(111))->feedback, std::vector<std::string>{"transport-cc"});
  EXPECT_EQ(audio.codec(PayloadType(112)), nullptr);
}

TEST(Corpus, FirefoxSaysTheFingerprintOnce) {
  const auto session = parse(read(kCorpus / "browser/firefox-audiovideo.sdp"));
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session->direction, Direction::kSendRecv);
  for (const Media& media : session->media) {
    EXPECT_TRUE(media.fingerprints.empty());
    EXPECT_EQ(session->fingerprints_of(media).size(), 1u);
    EXPECT_TRUE(media.end_of_candidates);
  }
  EXPECT_EQ(session->media.at(0).rtcp->port, 39816);
  EXPECT_EQ(session->media.at(0).extmaps.at(1).direction, Direction::kRecvOnly);
}

TEST(Corpus, PhoneHabitsAreRead) {
  const auto trunk = parse(read(kCorpus / "phone/trunk-srtp.sdp"));
  ASSERT_TRUE(trunk.ok());
  EXPECT_EQ(trunk->media.at(0).crypto.size(), 2u);
  EXPECT_TRUE(trunk->media.at(0).is_secure());
  EXPECT_FALSE(trunk->media.at(0).is_dtls());
  EXPECT_EQ(trunk->bandwidths, std::vector<std::string>{"AS:80"});

  const auto cisco = parse(read(kCorpus / "phone/cisco-gateway.sdp"));
  ASSERT_TRUE(cisco.ok());
  EXPECT_EQ(cisco->address_of(cisco->media.at(0))->to_string(), "198.51.100.8:18336")
      << "the m-line's own c= counts";

  const auto kamailio = parse(read(kCorpus / "phone/kamailio-rtpengine.sdp"));
  ASSERT_TRUE(kamailio.ok());
  EXPECT_EQ(kamailio->media.at(0).fingerprints.at(0).hash, "sha-256");
  EXPECT_TRUE(kamailio->media.at(0).fingerprints.at(0).value.starts_with("5B:7A:15:0E"));

  const auto linphone = parse(read(kCorpus / "phone/linphone-zrtp.sdp"));
  ASSERT_TRUE(linphone.ok());
  EXPECT_EQ(linphone->ice_ufrag_of(linphone->media.at(0)), "6c2a1d8f");
  EXPECT_EQ(linphone->media.at(0).candidates.at(2).extra, "raddr 10.0.0.33 rport 7078");
  EXPECT_EQ(linphone->address_of(linphone->media.at(0))->to_string(), "[2001:db8::33]:7078");

  const auto provider = parse(read(kCorpus / "phone/provider-names.sdp"));
  ASSERT_TRUE(provider.ok());
  EXPECT_EQ(provider->origin.username, "MG4000 2.0 trunk 5");
  EXPECT_EQ(provider->origin.session_id, "17");
  EXPECT_FALSE(provider->address_of(provider->media.at(0))) << "names are not resolved here";
  EXPECT_EQ(provider->media.at(0).ptime, 30u) << "20.0 is no number of milliseconds";
  EXPECT_EQ(provider->media.at(0).port_count, 2);
}

}  // namespace
}  // namespace patchcord::sdp

// SPDX-License-Identifier: GPL-3.0-or-later
#include "rtp/packet.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace patchcord::rtp {
namespace {

using Bytes = std::vector<uint8_t>;

// A packet of SSRC 0x11223344, sequence 0x0102, timestamp 0x01020304.
Bytes packet(uint8_t first, uint8_t second, const Bytes& rest = {}) {
  Bytes bytes{first, second, 0x01, 0x02, 0x01, 0x02, 0x03, 0x04, 0x11, 0x22, 0x33, 0x44};
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

Bytes copy(ByteSpan span) {
  return {span.begin(), span.end()};
}

TEST(Packet, ReadsTheFixedHeader) {
  Bytes bytes = packet(0x80, 0x80 | 111, {9, 8, 7});
  const auto parsed = Packet::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload_type(), PayloadType(111));
  EXPECT_TRUE(parsed->marker());
  EXPECT_EQ(parsed->sequence(), 0x0102);
  EXPECT_EQ(parsed->timestamp(), 0x01020304u);
  EXPECT_EQ(parsed->ssrc(), Ssrc(0x11223344));
  EXPECT_EQ(copy(parsed->payload()), (Bytes{9, 8, 7}));
  EXPECT_EQ(parsed->csrc_count(), 0u);
  EXPECT_FALSE(parsed->has_extension());
  EXPECT_EQ(parsed->padding_size(), 0u);
}

TEST(Packet, RefusesWhatIsNoRtp) {
  const struct {
    const char* what;
    Bytes bytes;
  } kCases[] = {
      {"empty", {}},
      {"one byte short", Bytes(11, 0x80)},
      {"version 0", packet(0x00, 0)},
      {"version 1", packet(0x40, 0)},
      {"version 3", packet(0xc0, 0)},
      {"15 CSRC announced, 14 there", packet(0x8f, 0, Bytes(14 * 4))},
      {"extension header cut", packet(0x90, 0, {0xbe, 0xde, 0})},
      {"extension of 0xffff words", packet(0x90, 0, {0xbe, 0xde, 0xff, 0xff, 1, 2, 3, 4})},
      {"extension one word too long", packet(0x90, 0, {0xbe, 0xde, 0, 2, 1, 2, 3, 4})},
      {"padding of 0", packet(0xa0, 0, {1, 2, 0})},
      {"padding of 255", packet(0xa0, 0, {1, 2, 255})},
      {"padding one more than the payload", packet(0xa0, 0, {1, 2, 4})},
      {"padding bit without a byte for it", packet(0xa0, 0)},
      {"padding into the CSRC list", packet(0xa1, 0, {0, 0, 0, 4})},
      {"9 kB", packet(0x80, 0, Bytes(9000))},
  };
  for (const auto& c : kCases) {
    Bytes bytes = c.bytes;
    EXPECT_FALSE(Packet::parse(bytes)) << c.what;
  }
}

TEST(Packet, EveryLengthOfAFullPacketIsEitherReadOrRefused) {
  Bytes whole = packet(0xb2, 96, {0,    0,    0, 1, 0,    0,    0, 2,  // two CSRC
                                  0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0,  // an element
                                  5,    6,    7, 2, 2});               // payload, padding
  for (size_t size = 0; size < whole.size(); ++size) {
    Bytes bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = Packet::parse(bytes);
    if (parsed) {
      EXPECT_LE(parsed->payload().size() + parsed->padding_size() + 28, size);
    }
  }
  const auto parsed = Packet::parse(whole);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(copy(parsed->payload()), (Bytes{5, 6, 7}));
  EXPECT_EQ(parsed->padding_size(), 2u);
  EXPECT_EQ(parsed->csrc(1), Ssrc(2));
}

TEST(Packet, PaddingMayBeTheWholePayload) {
  Bytes bytes = packet(0xa0, 0, {0, 0, 3});
  const auto parsed = Packet::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->payload().empty());
  EXPECT_EQ(parsed->padding_size(), 3u);
}

// Ids and sizes of the elements, as text.
std::string elements(uint16_t profile, Bytes body) {
  body.resize((body.size() + 3) / 4 * 4);
  Bytes rest{static_cast<uint8_t>(profile >> 8), static_cast<uint8_t>(profile), 0,
             static_cast<uint8_t>(body.size() / 4)};
  rest.insert(rest.end(), body.begin(), body.end());
  rest.push_back(0x55);
  Bytes bytes = packet(0x90, 0, rest);
  const auto parsed = Packet::parse(bytes);
  if (!parsed || parsed->payload().size() != 1) return "refused";
  std::string out;
  ExtensionReader reader = parsed->extensions();
  while (const auto element = reader.next()) {
    out += std::to_string(element->id) + "/" + std::to_string(element->data.size()) + " ";
  }
  return out;
}

TEST(Packet, ReadsExtensionElements) {
  const struct {
    const char* what;
    uint16_t profile;
    Bytes body;
    const char* elements;
  } kCases[] = {
      {"one-byte, RFC 8285 4.2",
       0xbede,
       {0x10, 1, 0x21, 1, 2, 0, 0, 0x33, 1, 2, 3, 4},
       "1/1 2/2 3/4 "},
      {"one-byte, nothing but padding", 0xbede, {0, 0, 0, 0}, ""},
      {"one-byte, id 15 stops", 0xbede, {0x10, 1, 0xf0, 1, 0x20, 1}, "1/1 "},
      {"one-byte, id 15 with the longest length", 0xbede, {0xff}, ""},
      {"one-byte, id 0 with a length", 0xbede, {0x03, 1, 2, 3, 0x10, 1}, ""},
      {"one-byte, an element over the end", 0xbede, {0x10, 1, 0x2f, 1}, "1/1 "},
      {"two-byte, RFC 8285 4.3", 0x1000, {1, 0, 2, 1, 9, 0, 3, 4, 1, 2, 3, 4}, "1/0 2/1 3/4 "},
      {"two-byte with application bits", 0x100f, {255, 2, 1, 2}, "255/2 "},
      {"two-byte, an element over the end", 0x1000, {1, 1, 7, 2, 200, 1}, "1/1 "},
      {"two-byte, an id at the very end", 0x1000, {1, 1, 7, 2}, "1/1 "},
      {"some other profile", 0x1234, {0x10, 1, 2, 3}, ""},
      {"no body", 0xbede, {}, ""},
  };
  for (const auto& c : kCases) EXPECT_EQ(elements(c.profile, c.body), c.elements) << c.what;
}

TEST(Packet, FindsAnElementById) {
  Bytes bytes = packet(0x90, 0, {0xbe, 0xde, 0, 1, 0x10, 0xaa, 0x40, 0xbb});
  auto parsed = Packet::parse(bytes);
  ASSERT_TRUE(parsed);
  const auto found = parsed->extension(4);
  ASSERT_TRUE(found);
  EXPECT_EQ(copy(*found), Bytes{0xbb});
  EXPECT_FALSE(parsed->extension(2));
}

TEST(Packet, IsPatchedInPlace) {
  Bytes bytes = packet(0x80, 0x80 | 111, {9, 8, 7});
  auto parsed = Packet::parse(bytes);
  ASSERT_TRUE(parsed);
  parsed->set_payload_type(PayloadType(8));
  EXPECT_TRUE(parsed->marker()) << "the marker is not the payload type's";
  parsed->set_marker(false);
  parsed->set_sequence(65535);
  parsed->set_timestamp(0xfffffffe);
  parsed->set_ssrc(Ssrc(7));
  EXPECT_EQ(bytes, (Bytes{0x80, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 7, 9, 8, 7}));
}

TEST(Packet, StripLeavesHeaderAndPayload) {
  Bytes bytes = packet(0xb1, 0x80 | 96,
                       {0, 0, 0, 1, 0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0,  //
                        5, 6, 7, 0, 2});
  auto parsed = Packet::parse(bytes);
  ASSERT_TRUE(parsed);
  parsed->strip();
  EXPECT_EQ(copy(parsed->bytes()), packet(0x80, 0x80 | 96, {5, 6, 7}));
  EXPECT_EQ(parsed->padding_size(), 0u);
  auto again = Packet::parse(parsed->bytes());
  ASSERT_TRUE(again);
  EXPECT_EQ(copy(again->payload()), (Bytes{5, 6, 7}));
  parsed->strip();
  EXPECT_EQ(copy(parsed->bytes()), packet(0x80, 0x80 | 96, {5, 6, 7})) << "nothing left to strip";
}

TEST(Packet, HeaderWrittenIsHeaderRead) {
  Bytes bytes(kFixedHeaderSize + 1);
  const Header header{PayloadType(126), 65535, 0x80000000, Ssrc(0xdeadbeef), true};
  EXPECT_EQ(write_header(bytes, header), kFixedHeaderSize);
  const auto parsed = Packet::parse(bytes);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->payload_type(), header.payload_type);
  EXPECT_EQ(parsed->sequence(), header.sequence);
  EXPECT_EQ(parsed->timestamp(), header.timestamp);
  EXPECT_EQ(parsed->ssrc(), header.ssrc);
  EXPECT_TRUE(parsed->marker());
  Bytes small(11);
  EXPECT_EQ(write_header(small, header), 0u);
}

TEST(Packet, TellsRtcpByTheSecondByte) {
  for (int second = 0; second < 256; ++second) {
    const Bytes bytes{0x80, static_cast<uint8_t>(second)};
    EXPECT_EQ(is_rtcp(bytes), second >= 192 && second <= 223) << second;
  }
  EXPECT_FALSE(is_rtcp(Bytes{0x80}));
}

}  // namespace
}  // namespace patchcord::rtp

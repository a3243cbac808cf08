// SPDX-License-Identifier: GPL-3.0-or-later
// Streams: the same frames however the bytes come, keep-alives of RFC 5626, and every doubt about
// an end is a fault.
#include "sip/framing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sip/message.h"

namespace patchcord::sip {
namespace {

using Kind = Frame::Kind;
using Side = StreamFramer::Side;

const std::string kHead =
    "Via: SIP/2.0/TCP a\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\n";
const std::string kOne = "OPTIONS sip:b SIP/2.0\r\n" + kHead + "CSeq: 1 OPTIONS\r\nl: 0\r\n\r\n";
const std::string kTwo =
    "INVITE sip:b SIP/2.0\r\n" + kHead +
    "CSeq: 2 INVITE\r\nContent-Length  :\r\n  12\r\nX: y\r\n\r\nv=0\r\n\r\n\r\nabc";
const std::string kThree =
    "SIP/2.0 200 OK\r\n" + kHead + "CSeq: 3 OPTIONS\r\nContent-Length: 0005\r\n\r\nSIP/2";

std::string shown(const Frame& frame) {
  switch (frame.kind) {
    case Kind::kMessage:
      return frame.bytes;
    case Kind::kPing:
      return "ping";
    case Kind::kPong:
      return "pong";
    case Kind::kFault:
      break;
  }
  return "fault " + frame.bytes;
}

// Feeds pieces of `size` bytes.
std::vector<std::string> frames(const std::string& stream, size_t size, Side side) {
  StreamFramer framer(side);
  std::vector<std::string> out;
  for (size_t at = 0; at < stream.size(); at += size) {
    framer.receive(std::string_view(stream).substr(at, size));
    while (const auto frame = framer.next()) out.push_back(shown(*frame));
  }
  return out;
}

TEST(StreamFramer, TheSameFramesHoweverTheBytesCome) {
  const std::string stream =
      kOne + kTwo + "\r\n\r\n" + kThree + "\r\n" + kOne + "\r\n\r\n\r\n\r\n" + kTwo;
  const std::vector<std::string> wanted = {kOne, kTwo, "ping", kThree, kOne, "ping", "ping", kTwo};
  for (size_t size = 1; size <= stream.size(); ++size) {
    ASSERT_EQ(frames(stream, size, Side::kAccepted), wanted) << size;
  }
}

TEST(StreamFramer, SplitInTwoAtEveryByte) {
  const std::string stream = kTwo + kThree + kOne;
  for (size_t at = 0; at <= stream.size(); ++at) {
    StreamFramer framer(Side::kAccepted);
    std::vector<std::string> out;
    for (const auto& piece : {stream.substr(0, at), stream.substr(at)}) {
      framer.receive(piece);
      while (const auto frame = framer.next()) out.push_back(shown(*frame));
    }
    ASSERT_THAT(out, testing::ElementsAre(kTwo, kThree, kOne)) << at;
    EXPECT_FALSE(framer.partial());
  }
}

TEST(StreamFramer, ADiallerGetsPongs) {
  for (size_t size = 1; size < 8; ++size) {
    EXPECT_THAT(frames("\r\n\r\n" + kOne + "\r\n", size, Side::kDialled),
                testing::ElementsAre("pong", "pong", kOne, "pong"));
  }
}

TEST(StreamFramer, PartialIsAMessageThatHasBegun) {
  StreamFramer framer(Side::kAccepted);
  EXPECT_FALSE(framer.partial());
  framer.receive("\r\n");
  EXPECT_FALSE(framer.next());
  EXPECT_FALSE(framer.partial());
  framer.receive("O");
  EXPECT_FALSE(framer.next());
  EXPECT_TRUE(framer.partial());
}

TEST(StreamFramer, Faults) {
  const auto with = [](const std::string& lines) {
    return "OPTIONS sip:b SIP/2.0\r\n" + kHead + "CSeq: 1 OPTIONS\r\n" + lines + "\r\n";
  };
  struct Case {
    std::string stream;
    bool answerable;
  };
  const Case kCases[] = {
      {with("l: 1\r\nContent-Length: 1\r\n"), true},
      {with("l: -1\r\n"), true},
      {with("l: 1 \r\n 1\r\n"), true},
      {with("l: 99999999999999999999\r\n"), true},
      {with("l: 65536\r\n"), true},
      {with("x: a\nl: 3\r\n"), true},
      {with("l: 5\r\nx: a\rl: 3\r\n"), true},
      {with(""), false},  // no Content-Length; as a datagram it would be good, so nothing is said
      {"GET / HTTP/1.1\r\n", false},
      {"\rX", false},
      {"OPTIONS sip:b\r\n", false},
      {std::string(kMaxLine + 3, 'A'), false},
      {"OPTIONS sip:b SIP/2.0\r\nx: " + std::string(kMaxMessage, 'y'), false},
  };
  for (const Case& c : kCases) {
    for (const size_t size : {c.stream.size(), size_t{997}, size_t{3}}) {
      StreamFramer framer(Side::kAccepted);
      std::optional<Frame> fault;
      for (size_t at = 0; at < c.stream.size() && !fault; at += size) {
        framer.receive(std::string_view(c.stream).substr(at, size));
        fault = framer.next();
      }
      ASSERT_TRUE(fault) << c.stream.substr(0, 200);
      EXPECT_EQ(fault->kind, Kind::kFault);
      EXPECT_TRUE(framer.failed());
      EXPECT_EQ(parse_message(fault->bytes).verdict == Verdict::kAnswer, c.answerable)
          << c.stream.substr(0, 200);
      framer.receive(kOne);
      EXPECT_FALSE(framer.next()) << "nothing after a fault";
      EXPECT_FALSE(framer.partial());
    }
  }
}

TEST(StreamFramer, AWrongHeaderLineIsNoFramingFault) {
  const std::string odd = "OPTIONS sip:b SIP/2.0\r\nwhat is this\r\nl: 3\r\n\r\nabc";
  EXPECT_THAT(frames(odd + kOne, 7, Side::kAccepted), testing::ElementsAre(odd, kOne));
}

TEST(StreamFramer, ManySmallMessagesInOneRead) {
  std::string stream;
  for (int i = 0; i < 2000; ++i) stream += kOne;
  const auto all = frames(stream, stream.size(), Side::kAccepted);
  EXPECT_EQ(all.size(), 2000u);
  EXPECT_THAT(all, testing::Each(kOne));
}

}  // namespace
}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/frame_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace patchcord::net {
namespace {

using testing::ElementsAre;

std::string framed(std::string_view payload) {
  std::string out{static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size())};
  return out.append(payload);
}

// What comes out of `stream` when it arrives in pieces of `piece` bytes.
std::vector<std::string> read(FrameReader& reader, std::string_view stream, size_t piece) {
  std::vector<std::string> frames;
  while (!stream.empty() && !reader.is_broken()) {
    const MutableByteSpan space = reader.space();
    const size_t size = std::min({piece, stream.size(), space.size()});
    std::copy_n(stream.begin(), size, space.begin());
    reader.take(size);
    stream.remove_prefix(size);
    while (const auto frame = reader.next()) frames.emplace_back(as_text(*frame));
  }
  return frames;
}

TEST(FrameReader, FramesComeOutWholeWhereverTheStreamIsCut) {
  const std::string longest(kMaxDatagram, 'x');
  const std::string stream = framed("one") + framed("") + framed(longest) + framed("three");
  for (const size_t piece : {1U, 2U, 3U, 5U, 700U, 2049U, 2050U, 100000U}) {
    SCOPED_TRACE(piece);
    FrameReader reader;
    EXPECT_THAT(read(reader, stream, piece), ElementsAre("one", longest, "three"));
    EXPECT_FALSE(reader.is_broken());
    EXPECT_FALSE(reader.has_frame());
  }
}

TEST(FrameReader, AFrameThatIsNotWholeWaits) {
  FrameReader reader;
  EXPECT_TRUE(read(reader, framed("whole").substr(0, 6), 100).empty());
  EXPECT_FALSE(reader.has_frame());
  EXPECT_THAT(read(reader, "e", 100), ElementsAre("whole"));
}

TEST(FrameReader, ALengthThatIsTooLargeEndsIt) {
  FrameReader reader;
  const std::string lie{'\x08', '\x01'};  // 2049
  EXPECT_THAT(read(reader, framed("before") + lie + framed("after"), 1), ElementsAre("before"));
  EXPECT_TRUE(reader.is_broken());
  EXPECT_FALSE(reader.has_frame());
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace patchcord::net

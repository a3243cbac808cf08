// SPDX-License-Identifier: GPL-3.0-or-later
// A framed stream, cut in two ways: the frames are the same, and each is where its length says.
// Format: size of the pieces (one byte), then the stream.
#include "net/frame_reader.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

using namespace patchcord;
using namespace patchcord::net;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

struct Outcome {
  std::vector<std::vector<uint8_t>> frames;
  bool is_broken = false;
  bool operator==(const Outcome&) const = default;
};

Outcome read(ByteSpan stream, size_t piece) {
  Outcome out;
  FrameReader reader;
  while (!stream.empty() && !reader.is_broken()) {
    const MutableByteSpan space = reader.space();
    check(!space.empty());
    const size_t size = std::min({piece, stream.size(), space.size()});
    std::memcpy(space.data(), stream.data(), size);
    reader.take(size);
    stream = stream.subspan(size);
    while (const auto frame = reader.next()) out.frames.emplace_back(frame->begin(), frame->end());
    check(!reader.has_frame());
  }
  out.is_broken = reader.is_broken();
  return out;
}

// The same by the letter of RFC 4571.
Outcome expected(ByteSpan stream) {
  Outcome out;
  while (stream.size() >= 2) {
    const size_t size = static_cast<size_t>(stream[0] << 8 | stream[1]);
    if (size > kMaxDatagram) {
      out.is_broken = true;
      break;
    }
    if (stream.size() - 2 < size) break;
    if (size > 0)
      out.frames.emplace_back(stream.begin() + 2,
                              stream.begin() + 2 + static_cast<ptrdiff_t>(size));
    stream = stream.subspan(2 + size);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const ByteSpan stream(data + 1, size - 1);
  const Outcome right = expected(stream);
  check(read(stream, data[0] + size_t{1}) == right);
  check(read(stream, stream.size()) == right);
  return 0;
}

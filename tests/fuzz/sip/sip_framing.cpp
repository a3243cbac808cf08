// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sip/framing.h"
#include "sip/message.h"

using namespace patchcord::sip;

namespace {

// Feeds pieces whose sizes come from `sizes`, in turn; 0 means all that is left.
std::vector<Frame> frames(std::string_view stream, std::string_view sizes,
                          StreamFramer::Side side) {
  StreamFramer framer(side);
  std::vector<Frame> out;
  for (size_t i = 0; !stream.empty(); ++i) {
    const size_t wanted = static_cast<uint8_t>(sizes[i % sizes.size()]);
    const auto piece = stream.substr(0, wanted == 0 ? stream.size() : wanted);
    stream.remove_prefix(piece.size());
    framer.receive(piece);
    while (auto frame = framer.next()) out.push_back(std::move(*frame));
  }
  return out;
}

}  // namespace

// However a stream is split, its frames are the same; and each message is one to the parser too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kSizes = 4;
  if (size < kSizes + 1) return 0;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto side = all[0] % 2 == 0 ? StreamFramer::Side::kAccepted : StreamFramer::Side::kDialled;
  const std::string_view stream = all.substr(kSizes + 1);
  const auto whole = frames(stream, std::string_view("\0", 1), side);
  const auto pieces = frames(stream, all.substr(1, kSizes), side);
  const auto bytes = frames(stream, "\1", side);
  const auto same = [](const Frame& a, const Frame& b) {
    return a.kind == b.kind && a.bytes == b.bytes;
  };
  if (!std::equal(whole.begin(), whole.end(), pieces.begin(), pieces.end(), same)) std::abort();
  if (!std::equal(whole.begin(), whole.end(), bytes.begin(), bytes.end(), same)) std::abort();
  for (const Frame& frame : whole) {
    if (frame.kind != Frame::Kind::kMessage) continue;
    const Parsed parsed = parse_message(frame.bytes);
    if (parsed.verdict == Verdict::kGood && parsed.message.text().size() != frame.bytes.size()) {
      std::abort();  // parser and framer disagree about where it ends
    }
  }
  return 0;
}

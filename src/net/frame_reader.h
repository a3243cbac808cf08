// SPDX-License-Identifier: GPL-3.0-or-later
// FrameReader: datagrams out of a byte stream that may be cut anywhere: two bytes of length, then
// that many (RFC 4571). Pure: it is given what was read and keeps at most one frame that is not
// whole. A length over kMaxDatagram ends it, for no peer of ours has reason to send one, and after
// a lie there is no way back into step.
//
//   read into space(); take(n); while (auto frame = next()) ...
//
// Thread: that of its holder. Owner: TcpConnection.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "core/bytes.h"
#include "net/outbox.h"

namespace patchcord::net {

inline constexpr size_t kFrameHeader = 2;

class FrameReader {
 public:
  // Where the next bytes of the stream go; not empty unless has_frame(). Ends what next() gave.
  MutableByteSpan space();
  // `count` bytes were written to space().
  void take(size_t count) { end_ += count; }
  bool has_frame() const;
  // The next whole frame; nothing: more must be read first. Empty ones, which keep a connection
  // alive and say nothing, are passed over.
  std::optional<MutableByteSpan> next();
  // A frame too large was announced: nothing comes any more.
  bool is_broken() const { return is_broken_; }

 private:
  size_t announced() const;  // the size of the frame at begin_; its header must be there

  std::array<uint8_t, kFrameHeader + kMaxDatagram> buffer_;
  size_t begin_ = 0;  // of what was not given out yet
  size_t end_ = 0;
  bool is_broken_ = false;
};

}  // namespace patchcord::net

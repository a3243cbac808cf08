// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/frame_reader.h"

#include <algorithm>

namespace patchcord::net {

// What is left is the beginning of one frame, and a whole one fits behind its header.
MutableByteSpan FrameReader::space() {
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  return MutableByteSpan(buffer_).subspan(end_);
}

size_t FrameReader::announced() const {
  return static_cast<size_t>(buffer_[begin_] << 8 | buffer_[begin_ + 1]);
}

bool FrameReader::has_frame() const {
  const size_t left = end_ - begin_;
  return !is_broken_ && left >= kFrameHeader && left - kFrameHeader >= announced();
}

std::optional<MutableByteSpan> FrameReader::next() {
  while (has_frame()) {
    const size_t size = announced();
    const size_t at = begin_ + kFrameHeader;
    begin_ = at + size;
    if (size > 0) return MutableByteSpan(buffer_).subspan(at, size);
  }
  if (end_ - begin_ >= kFrameHeader && announced() > kMaxDatagram) is_broken_ = true;
  return std::nullopt;
}

}  // namespace patchcord::net

// SPDX-License-Identifier: GPL-3.0-or-later
// Indexer: turns bytes into a Message with its lines found, unfolded and named, its body cut to
// Content-Length; and notes the first thing that is wrong, going on so that a wrong request can
// still be answered. What the values mean is checked by message_check.cpp.
// Private to sip/. Thread: any. RFC 3261 section 7, 18.3.
#pragma once

#include <string>

#include "sip/header_lines.h"
#include "sip/message.h"

namespace patchcord::sip {

class Indexer {
 public:
  explicit Indexer(std::string text);

  StartLine::Kind kind() const { return kind_; }
  int status() const { return status_; }  // 0: nothing wrong found; 400 or 505
  const std::string& reason() const { return reason_; }
  Message take() { return std::move(message_); }

 private:
  using Slice = Message::Slice;
  void fail(int status, std::string reason);
  bool start_line(std::string_view line);
  void headers(size_t begin, size_t end);
  void add(const HeaderLine& line);
  void cut_body(size_t begin);
  Slice slice(std::string_view part) const;

  Message message_;
  StartLine::Kind kind_ = StartLine::Kind::kNotSip;
  int status_ = 0;
  std::string reason_;
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include "sip/framing.h"

#include <algorithm>

#include "sip/header_lines.h"
#include "sip/message.h"

namespace patchcord::sip {

void StreamFramer::receive(std::string_view bytes) {
  if (!failed_) buffer_.append(bytes);
}

bool StreamFramer::partial() const {
  return !failed_ && at_ < buffer_.size() && buffer_[at_] != '\r';
}

std::optional<Frame> StreamFramer::next() {
  Frame frame{Frame::Kind::kFault, {}};
  Step result = failed_ ? Step::kWait : Step::kGoOn;
  while (result == Step::kGoOn) result = step(frame);
  if (result == Step::kWait) return std::nullopt;
  if (result == Step::kFault) {
    frame.kind = Frame::Kind::kFault;
    failed_ = true;
    buffer_ = {};
    at_ = 0;
  }
  return frame;
}

StreamFramer::Step StreamFramer::step(Frame& frame) {
  switch (stage_) {
    case Stage::kBetween:
      return between(frame);
    case Stage::kStartLine:
      return start_line();
    case Stage::kHead:
      return head(frame);
    case Stage::kBody:
      return body(frame);
  }
  return Step::kFault;
}

StreamFramer::Step StreamFramer::between(Frame& frame) {
  const std::string_view text = pending();
  if (text.empty()) return Step::kWait;
  if (text[0] != '\r') {
    stage_ = Stage::kStartLine;
    return Step::kGoOn;
  }
  if (text.size() < 2) return Step::kWait;
  if (text[1] != '\n') return Step::kFault;
  if (side_ == Side::kDialled) {
    consume(2);
    frame.kind = Frame::Kind::kPong;
    return Step::kFrame;
  }
  // A ping is two CRLFs; one alone before a message is ignored (RFC 3261 7.5).
  if (text.size() < 4 && kPing.starts_with(text)) return Step::kWait;
  if (!text.starts_with(kPing)) {
    consume(2);
    return Step::kGoOn;
  }
  consume(4);
  frame.kind = Frame::Kind::kPing;
  return Step::kFrame;
}

// Checked before the headers are there, so that a peer that speaks something else is not fed 64 KB.
StreamFramer::Step StreamFramer::start_line() {
  const std::string_view text = pending();
  const size_t end = text.find("\r\n", scanned_ == 0 ? 0 : scanned_ - 1);
  // With kMaxLine + 2 bytes and no CRLF among them the line is too long, wherever it ends.
  if (end > kMaxLine && text.size() >= kMaxLine + 2) return Step::kFault;
  if (end == text.npos) {
    scanned_ = text.size();
    return Step::kWait;
  }
  if (parse_start_line(text.substr(0, end)).kind == StartLine::Kind::kNotSip) return Step::kFault;
  scanned_ = end;
  stage_ = Stage::kHead;
  return Step::kGoOn;
}

StreamFramer::Step StreamFramer::head(Frame& frame) {
  const std::string_view text = pending();
  const size_t size = head_size(text, scanned_);
  if (size > kMaxMessage && text.size() > kMaxMessage) return Step::kFault;
  if (size == text.npos) {
    scanned_ = text.size();
    return Step::kWait;
  }
  const size_t lines_at = text.find("\r\n") + 2;
  const auto promised = promised_body(text.substr(lines_at, size - 2 - lines_at));
  if (!promised || size + *promised > kMaxMessage) {
    frame.bytes = text.substr(0, size);
    return Step::kFault;
  }
  wanted_ = size + *promised;
  stage_ = Stage::kBody;
  return Step::kGoOn;
}

StreamFramer::Step StreamFramer::body(Frame& frame) {
  if (pending().size() < wanted_) return Step::kWait;
  frame = {Frame::Kind::kMessage, std::string(pending().substr(0, wanted_))};
  consume(wanted_);
  stage_ = Stage::kBetween;
  return Step::kFrame;
}

void StreamFramer::consume(size_t size) {
  at_ += size;
  scanned_ = 0;
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  } else if (at_ > kMaxMessage) {  // seldom, so that many small messages are not moved each time
    buffer_.erase(0, at_);
    at_ = 0;
  }
}

}  // namespace patchcord::sip

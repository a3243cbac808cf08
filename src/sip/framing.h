// SPDX-License-Identifier: GPL-3.0-or-later
// StreamFramer: cuts what TCP or TLS brings into messages by Content-Length, and tells keep-alives.
// However the bytes are split, the frames are the same. A doubt about where a message ends is a
// fault and the end of the connection: guessing is how requests are smuggled.
// It owns no socket and no clock: the transport limits how long partial() may last.
// Thread: control (one framer per connection). RFC 3261 18.3, RFC 5626 3.5.1 and 4.4.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace patchcord::sip {

struct Frame {
  enum class Kind : uint8_t {
    kMessage,  // bytes: one whole message for parse_message()
    kPing,     // CRLFCRLF on a connection we accepted: answer with kPong
    kPong,     // CRLF on a connection we dialled
    kFault,  // bytes: what parse_message() needs to answer 400, or "": answer if it says so, close
  };
  Kind kind;
  std::string bytes;
};

inline constexpr std::string_view kPing = "\r\n\r\n";
inline constexpr std::string_view kPong = "\r\n";

class StreamFramer {
 public:
  enum class Side : uint8_t { kAccepted, kDialled };

  explicit StreamFramer(Side side) : side_(side) {}

  // Takes what was read; then call next() until it gives nothing. Holds at most kMaxMessage plus
  // the size of one read. After a fault it takes nothing more.
  void receive(std::string_view bytes);
  std::optional<Frame> next();

  // A message has begun and is not whole. A lone CR or CRLF is (half of) a keep-alive, not that.
  bool partial() const;
  bool failed() const { return failed_; }

 private:
  enum class Stage : uint8_t { kBetween, kStartLine, kHead, kBody };
  enum class Step : uint8_t { kGoOn, kWait, kFrame, kFault };

  // Each looks at what is pending, and moves stage_ on when its part is whole.
  Step between(Frame& frame);
  Step start_line();
  Step head(Frame& frame);
  Step body(Frame& frame);
  Step step(Frame& frame);
  void consume(size_t size);
  std::string_view pending() const { return std::string_view(buffer_).substr(at_); }

  Side side_;
  Stage stage_ = Stage::kBetween;
  bool failed_ = false;
  std::string buffer_;
  size_t at_ = 0;       // where the current message begins
  size_t scanned_ = 0;  // bytes of it already searched for what its stage waits for
  size_t wanted_ = 0;   // its size, in kBody
};

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
// Where a message's lines begin and end, decided in one place: the indexer (datagrams and whole
// messages) and the framer (streams) must never disagree about it.
// Only CRLF ends a line; a bare CR or LF makes its line wrong. Linear, and it changes nothing.
// Private to sip/. Thread: any. RFC 3261 7.3.1, RFC 9112 11.2 (why: request smuggling).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace patchcord::sip {

// The size of the start line and headers with the empty line after them; npos if it is not there.
// `from`: bytes already searched without success.
size_t head_size(std::string_view text, size_t from = 0);

struct StartLine {
  enum class Kind { kRequest, kResponse, kNotSip };
  Kind kind = Kind::kNotSip;
  int fault = 0;            // 0, 400 or 505
  std::string_view method;  // request: a token
  std::string_view target;  // request: not yet parsed; may hold spaces if fault is set
  int status = 0;           // response: 100..699
  std::string_view reason;  // response
};
StartLine parse_start_line(std::string_view line);  // without its CRLF

struct HeaderLine {
  enum class Fault { kNone, kSyntax, kTooLong, kBareLineEnd };
  Fault fault = Fault::kNone;
  std::string_view line;   // all of it, with its folds, without its last CRLF
  std::string_view name;   // a token
  std::string_view value;  // trimmed at both ends; folds (CRLF and white space) still inside
};

class HeaderLines {
 public:
  // `section`: what is between the start line and the empty line; each line with its CRLF.
  explicit HeaderLines(std::string_view section) : rest_(section) {}
  std::optional<HeaderLine> next();

 private:
  std::string_view rest_;
};

// The body size that Content-Length promises; nothing if there is none, two of them, one that is no
// number up to kMaxMessage, or a bare CR or LF by which another reader may see other lines.
std::optional<size_t> promised_body(std::string_view section);

}  // namespace patchcord::sip

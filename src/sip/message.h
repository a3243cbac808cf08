// SPDX-License-Identifier: GPL-3.0-or-later
// Message: a SIP request or response as one owned buffer and an index of its header lines; typed
// views are made on demand by headers.h. And parse_message(), which says of any bytes whether they
// are a good message, a wrong request that is to be answered, or something to drop in silence.
// It is not a validator of policy (Require, methods, bodies: request_check.h) and not a stream
// splitter (framing.h).
// Thread: any (a value; views live as long as the message is neither moved nor destroyed).
// RFC 3261 section 7, 18.3 and 25, RFC 4475.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "sip/header_names.h"

namespace patchcord::sip {

// Checked before anything is allocated for the part they bound.
inline constexpr size_t kMaxMessage = 64 * 1024;  // bytes, body included
inline constexpr size_t kMaxLine = 8 * 1024;      // bytes of one header, folds included
inline constexpr size_t kMaxHeaderLines = 200;
inline constexpr size_t kMaxListValues = 64;  // of one header over all its lines
// RFC 4475 3.1.1.7 is a good message with 34 of them, so the tighter 16 that one would wish for
// loops is not possible; Max-Forwards is what ends loops.
inline constexpr size_t kMaxVia = 64;

class Message;

// The values of one header over all its lines, in order, trimmed; comma lists are split outside
// quotes and angle brackets (Shape::kList only). An empty list element is given as "".
class Values {
 public:
  class Iterator {
   public:
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    std::string_view operator*() const { return value_; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return done_; }

   private:
    friend class Values;
    Iterator(const Message& message, Header header);
    bool next_line();

    const Message* message_;
    Header header_;
    size_t line_ = 0;
    bool in_line_ = false;
    bool done_ = false;
    std::string_view rest_;
    std::string_view value_;
  };

  Values(const Message& message, Header header) : message_(message), header_(header) {}
  Iterator begin() const { return Iterator(message_, header_); }
  std::default_sentinel_t end() const { return {}; }
  bool empty() const { return begin() == end(); }
  size_t count() const;

 private:
  const Message& message_;
  Header header_;
};

class Message {
 public:
  struct Field {
    Header header;           // kOther: see name
    std::string_view name;   // as written
    std::string_view value;  // trimmed and unfolded
  };

  Message() = default;

  bool is_request() const { return status_ == 0; }
  bool is_response() const { return status_ != 0; }

  // Of a request, that of its start line; of a response, that of its CSeq.
  Method method() const { return method_; }
  bool is(Method method) const { return is_request() && method_ == method; }
  std::string_view method_text() const { return view(method_text_); }
  std::string_view request_uri() const { return view(target_); }  // text; empty in a response
  int status() const { return status_; }                          // 100..699; 0 in a request
  std::string_view reason() const { return view(reason_); }
  uint32_t cseq() const { return cseq_; }  // 0 if there is none to read

  bool has(Header header) const { return first_[index(header)] != 0; }
  // The first line's value, trimmed and unfolded; "" if there is none (or it is empty: has()).
  std::string_view header(Header header) const;
  std::string_view header(std::string_view name) const;  // any name, any case
  std::string_view call_id() const { return header(Header::kCallId); }
  Values all(Header header) const { return Values(*this, header); }

  size_t field_count() const { return fields_.size(); }
  Field field(size_t i) const;  // in the order of the message; i < field_count()

  std::string_view body() const { return view(body_); }
  const std::string& text() const { return text_; }  // the wire form (folds are spaces)

  // Where it came from; set by the transport, read by make_response (received, rport).
  const SocketAddress& source() const { return source_; }
  void set_source(const SocketAddress& source) { source_ = source; }

  size_t heap_bytes() const;  // what it owns outside itself, for the limit test

 private:
  friend class Indexer;
  friend class Values::Iterator;

  struct Slice {
    uint32_t at = 0;
    uint32_t size = 0;
  };
  struct Line {
    uint32_t name_at;
    uint32_t value_at;
    uint16_t name_size;
    uint16_t value_size;
    Header header;
  };
  static constexpr size_t index(Header header) { return static_cast<size_t>(header); }
  std::string_view view(Slice s) const { return std::string_view(text_).substr(s.at, s.size); }
  std::string_view view(uint32_t at, uint32_t size) const { return view(Slice{at, size}); }

  std::string text_;
  std::vector<Line> fields_;
  std::array<uint8_t, static_cast<size_t>(Header::kCount)> first_{};  // line number + 1; 0: none
  Slice method_text_;
  Slice target_;
  Slice reason_;
  Slice body_;
  uint32_t cseq_ = 0;
  int status_ = 0;
  Method method_ = Method::kOther;
  SocketAddress source_;
};

enum class Verdict : uint8_t {
  kGood,    // all that RFC 3261 8.1.1 demands is there and reads well
  kAnswer,  // a request that is wrong: send `status` and `reason` (make_response), do nothing else
  kDrop,    // a wrong response, a wrong ACK, or no SIP at all: nobody is to be answered
};

enum class DropCause : uint8_t {
  kNone,
  kKeepAlive,  // nothing but CRLFs (RFC 5626 over UDP): not a fault
  kTooLarge,   // over kMaxMessage
  kNotSip,     // no start line of SIP
  kResponse,   // a response that is wrong
  kAck,        // an ACK that is wrong: ACK is never answered
  kNoVia,      // a wrong request without a Via: no way back is promised
  kCount,
};

struct Parsed {
  Verdict verdict = Verdict::kDrop;
  DropCause drop = DropCause::kNone;
  int status = 0;      // kAnswer: 400, 416, 505
  std::string reason;  // kAnswer: a reason phrase that names the fault; kDrop: for the trace
  Message message;     // kGood; kAnswer with the headers that could be read
};

// `bytes` is one datagram, or one message as framing.h cut it: what follows the body that
// Content-Length tells is ignored, and a Content-Length over what is there is wrong (RFC
// 3261 18.3).
Parsed parse_message(std::string bytes);

}  // namespace patchcord::sip

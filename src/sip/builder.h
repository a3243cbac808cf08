// SPDX-License-Identifier: GPL-3.0-or-later
// Builder: prints requests and responses. It refuses what could break out of a line: a control
// character in any value, a name that is no token, a message over kMaxMessage. The first refusal is
// kept and given by build(), so that a chain of add() needs no check on each.
// Thread: any (a value). RFC 3261 7.3.1, 8.2.6, 12.1.1, 18.2.1, RFC 3581.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/uri.h"

namespace patchcord::sip {

class Builder {
 public:
  static Builder request(std::string_view method, const Uri& target);
  static Builder request(Method method, const Uri& target);
  // `reason` "" takes the usual words. Status 100..699.
  static Builder response(int status, std::string_view reason = {});

  // One line "Name: value". The value may hold any text except control characters (TAB is allowed);
  // what comes from outside as a display name or a URI part goes through NameAddr and Uri, which
  // escape it. Content-Length and Content-Type are the business of body().
  Builder& add(Header header, std::string_view value);
  Builder& add(std::string_view name, std::string_view value);
  Builder& add(Header header, uint32_t number);
  Builder& add(Header header, const NameAddr& value);
  Builder& add(const Via& via);
  Builder& add(const CSeq& cseq);
  // All lines of that header of another message, as they stand there (already parsed, hence safe).
  Builder& copy(const Message& from, Header header);
  Builder& body(std::string_view content_type, std::string body);

  // The message, indexed and ready to send as text(); kMalformed or kTooLarge as told above.
  Result<Message> build();

 private:
  friend Builder make_response(const Message&, int, std::string_view, std::string_view);

  explicit Builder(std::string start_line) : head_(std::move(start_line)) {}
  void line(std::string_view name, std::string_view value);  // unchecked
  void refuse(std::string_view what);

  std::string head_;
  std::string content_type_;
  std::string body_;
  std::optional<Error> fault_;
};

// A response to `request` (good, or of Verdict::kAnswer) with Via (received and rport by
// request.source(), if it is set), From, To, Call-ID, CSeq, and in a 101..299 to INVITE its
// Record-Route. `to_tag` is added where To has no tag and the status is over 100.
// `reason` "" takes the usual words. Add Contact, Allow, body, and build().
Builder make_response(const Message& request, int status, std::string_view reason = {},
                      std::string_view to_tag = {});

// A To tag that a repetition of the request gets again, though nothing was kept (RFC 3261 8.2.7).
// `key` is the server's own, so that nobody foretells it.
std::string stateless_tag(const Message& request, uint64_t key);

}  // namespace patchcord::sip

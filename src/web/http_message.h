// SPDX-License-Identifier: GPL-3.0-or-later
// The head of a request from text, and a response to text. Pure functions; Beast's parser is behind
// them. NOT here: sockets, bodies, time.
// Thread: any. RFC 9110, RFC 9112.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "web/server.h"

namespace patchcord::web {

enum class Persistence : uint8_t { kKeepAlive, kClose };

struct RequestHead {
  Request request;  // without body and peer
  size_t content_length = 0;
  Persistence persistence = Persistence::kKeepAlive;
  bool is_websocket_upgrade = false;
};

// text: everything up to and including the empty line. kMalformed (answer 400), kUnsupported (501:
// a transfer coding), kTooLarge (413: a length that is no number of ours).
Result<RequestHead> parse_head(std::string_view text);

// "/a%20b?c" to path "/a b" and query "c". Nothing if it has a "." or ".." segment, an encoded
// slash, a backslash or a control character, encoded or not: such a target is nobody's honest link.
struct Target {
  std::string path;
  std::string query;
};
std::optional<Target> parse_target(std::string_view target);

// HEAD gets the head of what GET would get.
std::string print_response(const Response& response, Method method, Persistence persistence);

std::string_view reason_phrase(int status);

}  // namespace patchcord::web

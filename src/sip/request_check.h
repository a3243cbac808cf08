// SPDX-License-Identifier: GPL-3.0-or-later
// What a UAS looks at before it thinks about a well-formed request: method, required extensions,
// body type, acceptable answers. Pure: the request and what we can do in, a refusal or nothing out.
// It knows no dialog and no user.
// Thread: any. RFC 3261 8.2.1 to 8.2.3.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sip/header_names.h"
#include "sip/message.h"

namespace patchcord::sip {

struct Capabilities {
  std::span<const Method> methods;                  // for Allow
  std::span<const std::string_view> extensions;     // option tags we support
  std::span<const std::string_view> content_types;  // bodies we read, lower case
};

struct Refusal {
  int status;                      // 405, 406, 415, 420, 501
  Header header = Header::kOther;  // what the answer must name: Allow, Unsupported, Accept
  std::string value;
};

std::optional<Refusal> check_request(const Message& request, const Capabilities& capabilities);

// The values for our own messages: "INVITE, ACK, ..." and "timer, 100rel".
std::string allow_value(std::span<const Method> methods);
std::string token_list(std::span<const std::string_view> tokens);

}  // namespace patchcord::sip

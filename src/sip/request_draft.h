// SPDX-License-Identifier: GPL-3.0-or-later
// RequestDraft: a request before it is known by which way it goes; and print(), which makes it a
// message once Via and Contact can be told. Fail-over prints the same draft again.
// Thread: any (a value).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "sip/call_events.h"
#include "sip/headers.h"
#include "sip/message.h"
#include "sip/outside.h"

namespace patchcord::sip {

struct RequestDraft {
  Method method = Method::kOptions;
  Uri target;                    // Request-URI
  std::vector<NameAddr> routes;  // Route, in order
  NameAddr from;
  NameAddr to;
  std::string call_id;
  uint32_t cseq = 1;
  std::optional<std::string> contact_user;  // unset: no Contact
  std::string contact_params;               // ";expires=600"
  std::vector<ExtraHeader> headers;
  std::string content_type;
  std::string body;
  std::optional<Target> flow{};  // goes there, whatever the next hop is called
};

// How we are seen by a target: what Via and Contact are made of.
struct Vantage {
  TransportKind transport = TransportKind::kUdp;
  SocketAddress address;
};

// sip:user@address, with ;transport= where it is not UDP.
NameAddr contact_at(const Vantage& vantage, std::string_view user);

// kMalformed if a value could break out of its line, kTooLarge over 64 KB.
Result<Message> print(const RequestDraft& draft, const Vantage& vantage, std::string_view branch,
                      std::string_view product);

}  // namespace patchcord::sip

// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <string_view>

#include "sip/digest.h"

using namespace patchcord::sip;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

// What is read prints to what reads the same; an answer to any challenge reads back and verifies.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto challenge = parse_challenge(text)) {
    const auto again = parse_challenge(challenge->to_string());
    require(again && again->to_string() == challenge->to_string());
    const DigestRequest request{"REGISTER", "sip:example.com", text};
    const Authorization ours = answer(*again, {"user", "secret", ""}, request, 7, "cnonce");
    const auto received = parse_authorization(ours.to_string());
    require(received.has_value());
    const auto ha1 = digest_ha1(received->algorithm, "user", received->realm, "secret");
    require(verify(*received, request, ha1));
    require(!verify(*received, {"INVITE", "sip:example.com", text}, ha1));
  }
  if (const auto authorization = parse_authorization(text)) {
    const auto again = parse_authorization(authorization->to_string());
    require(again && again->to_string() == authorization->to_string());
    static_cast<void>(verify(*authorization, {"INVITE", authorization->uri, {}}, "ha1"));
  }
  return 0;
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What this user agent can do: the methods of Allow, the extensions of Supported, the bodies of
// Accept. One list each, used for what we print and for what we refuse.
// Thread: any (constants).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sip/request_check.h"

namespace patchcord::sip {

inline constexpr std::array kOurMethods = {Method::kInvite, Method::kAck,     Method::kCancel,
                                           Method::kBye,    Method::kOptions, Method::kUpdate,
                                           Method::kInfo,   Method::kPrack};
inline constexpr std::array<std::string_view, 2> kOurExtensions = {"timer", "100rel"};
inline constexpr std::array<std::string_view, 1> kOfferTypes = {"application/sdp"};
inline constexpr std::array<std::string_view, 3> kInfoTypes = {
    "application/sdp", "application/dtmf-relay", "application/dtmf"};

inline Capabilities our_capabilities() {
  return {kOurMethods, kOurExtensions, kOfferTypes};
}
inline std::string our_allow() {
  return allow_value(kOurMethods);
}
inline std::string our_supported() {
  return token_list(kOurExtensions);
}

}  // namespace patchcord::sip

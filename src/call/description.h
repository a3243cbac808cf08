// SPDX-License-Identifier: GPL-3.0-or-later
// Description: writes our SDP from what is agreed. Towards a browser a complete WebRTC description
// with its candidates inline (it gets no other one); towards SIP a compact one, so that an INVITE
// stays below the size at which UDP breaks it up.
// Thread: any (pure). RFC 8829, RFC 8839, RFC 6544, RFC 8842, RFC 9143; RFC 3264.
#pragma once

#include <string>
#include <vector>

#include "call/negotiation.h"
#include "sdp/session.h"

namespace patchcord::call {

// The answer to `offer`, in which `audio` is accepted as agreed; every other m-line is rejected in
// its place (RFC 3264 6).
std::string describe_answer(const Agreement& agreement, const sdp::Session& offer,
                            const sdp::Media& audio);

// An offer of these formats, telephone-event among them.
std::string describe_offer(const Agreement& agreement,
                           const std::vector<media::AudioFormat>& formats);

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
// One a= line into the model: into its typed field if it has one and is well formed, else kept as
// text. The first of two that say the same thing counts. Inside sdp/ only.
// Thread: any (pure functions).
#pragma once

#include <string_view>

#include "sdp/session.h"

namespace patchcord::sdp {

// `line` is what follows "a=".
void apply_session_attribute(Session& session, std::string_view line);
void apply_media_attribute(Media& media, std::string_view line);

// Names the payload types of RFC 3551 that came without a rtpmap.
void complete_static_codecs(Media& media);

}  // namespace patchcord::sdp

// SPDX-License-Identifier: GPL-3.0-or-later
// The mechanics of RFC 3264 on two sessions: which m-lines and which codecs belong together, what
// direction answers a direction, whether an offer says anything new.
// No policy: which codecs we have, prefer and transcode is decided in call/negotiation, and what
// fmtp parameters mean is asked from the caller. rtx and red (that name other payload types) are
// matched like any codec; their apt is the caller's.
// Thread: any (pure functions). RFC 3264, RFC 3551, RFC 7587 section 7.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "core/result.h"
#include "sdp/session.h"

namespace patchcord::sdp {

struct MediaPair {
  const Media* offer;
  const Media* answer;  // nullptr: rejected, or left out by the answerer
};

// The m-lines of an offer with those of its answer, by position (RFC 3264 section 6). An answer
// that leaves out the last lines rejects them (older gateways do). kMalformed if it has more lines
// than the offer, or a line of another type. The pointers are into the two arguments.
Result<std::vector<MediaPair>> pair_media(const Session& offer, const Session& answer);

// The answer to an m-line that is not wanted: port 0, the same type, protocol, formats and mid.
Media rejection_of(const Media& offered);

// The same name, clock rate and channels. The rtpmap of opus always says 48000/2 (RFC 7587 section
// 7); those that leave the 2 out mean it nevertheless.
bool is_same_codec(const Codec& a, const Codec& b);

// Whether the fmtp of two codecs that are otherwise the same go together.
using FmtpMatch = bool (*)(const Codec& offered, const Codec& ours);

struct CodecMatch {
  const Codec* offered;
  const Codec* ours;
};
enum class CodecOrder : uint8_t { kOfferer, kOurs };

// The codecs both have; each of either side at most once. The pointers are into the arguments.
std::vector<CodecMatch> match_codecs(std::span<const Codec> offered, std::span<const Codec> ours,
                                     CodecOrder order, FmtpMatch fmtp_match);

// What to put on the answer's m-line for the matches: the payload type numbers and names of the
// offerer (RFC 3264 section 6.1), our fmtp (it says what we take), the feedback both have.
std::vector<Codec> answer_codecs(std::span<const CodecMatch> matches);

Direction reversed(Direction direction);  // as the other side sees it
bool sends(Direction direction);
bool receives(Direction direction);
Direction direction_from(bool sends, bool receives);

// The direction an m-line means, from the side that wrote it: with the session's word and with hold
// as RFC 2543 had it: c=0.0.0.0 takes receiving away. Not so with ICE, where 0.0.0.0 says "later".
Direction meant_direction(const Session& session, const Media& media);

// RFC 3264 section 6.1: our direction that answers `offered`, as far as `wanted` allows.
Direction answer_direction(Direction offered, Direction wanted);

// RFC 3264 section 8: the same origin with the same version means that nothing changed (a session
// refresh, RFC 4028), whatever else the text says.
bool is_unchanged(const Session& before, const Session& now);

}  // namespace patchcord::sdp

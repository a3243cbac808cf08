// SPDX-License-Identifier: GPL-3.0-or-later
// Negotiation: what is agreed with each side, and the media plan that follows from both. Pure: SDP
// text and reserved media in, SDP text and values out. Every SDP of the gateway is made here;
// nothing of one side's SDP is ever copied into the other's.
//
//    A's offer ─ answer_offer ─▶ Agreement A ─┐
//                                             ├─ make_plan ─▶ MediaPlan
//    B's answer ─ take_answer ─▶ Agreement B ─┘
//
// The browser gets one SDP in its life (the fixed answer, or our offer), so what the phone chooses
// later decides relay or transcode, per direction, and never the browser's description.
// Thread: any. RFC 3264, 8829, 8839, 8842, 4733.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "call/reason.h"
#include "core/own_address.h"
#include "core/result.h"
#include "media/engine.h"
#include "media/plan.h"
#include "sdp/session.h"

namespace patchcord::call {

struct MediaPolicy {
  // In order of preference, telephone-event among them; from codecs.browser and codecs.sip.
  std::vector<media::AudioFormat> browser;
  std::vector<media::AudioFormat> sip;
  std::chrono::seconds inactivity{60};
};

// The formats behind configured names ("opus", "pcma", "telephone-event", ...), with the payload
// types we offer. Errors: kUnsupported names the first one that is not known.
Result<std::vector<media::AudioFormat>> formats_of(const std::vector<std::string>& names);

// What is agreed with one side.
struct Agreement {
  media::EndpointKind kind = media::EndpointKind::kRtp;
  media::LocalMedia local;
  OwnAddress address;  // for c= and o= towards a SIP peer; the first is said
  // Agreed audio formats; the first is what we send. Until an answer to our offer is here: what we
  // offered.
  std::vector<media::AudioFormat> formats;
  // Of another phone of a forked call, which is heard until the newest one speaks.
  std::vector<media::AudioFormat> earlier_formats;
  std::optional<media::AudioFormat> event;            // telephone-event
  std::chrono::milliseconds ptime{20};                // of what we send
  sdp::Direction remote = sdp::Direction::kSendRecv;  // as the remote side said of itself
  std::optional<media::WebrtcRemote> webrtc;
  media::RtpPlan rtp;
  bool is_complete = false;  // both descriptions are known
  uint64_t sdp_version = 0;  // of our o= line; grows with each SDP of ours
  std::string mid = "0";     // of the browser's audio m-line
};

struct Described {
  Agreement agreement;
  std::string sdp;
};

// A reason and a text for the log: why an SDP cannot be used.
struct Objection {
  Reason reason;
  std::string text;
};

template <class T>
using Negotiated = std::variant<T, Objection>;

// Our answer to `offer`: the first offer of a side, or its re-INVITE (then `before` is what was
// agreed and the ports, keys and identity stay).
Negotiated<Described> answer_offer(Agreement before, std::string_view offer,
                                   const MediaPolicy& policy);
// Our offer to a side.
Described make_offer(Agreement before, const MediaPolicy& policy);
// Its answer to our offer. An early one may be followed by that of another phone of a forked call.
enum class AnswerStanding : uint8_t { kEarly, kFinal };
Negotiated<Agreement> take_answer(Agreement before, std::string_view answer,
                                  AnswerStanding standing, const MediaPolicy& policy);
// A far end that is inside has no SDP: the echo takes and gives what the other side speaks, the
// announcement gives what it is made of.
bool is_inside(media::EndpointKind kind);
Agreement inside_of(media::EndpointKind kind, const Agreement& other);

enum class Sound : uint8_t {
  kNone,  // before early media and the answer: nobody's sound passes
  kOpen,
};
media::MediaPlan make_plan(const Agreement& a, const Agreement& b, Sound sound,
                           const MediaPolicy& policy);

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
// MediaPlan: everything media/ is told about a call, as one value: what the two endpoints are, and
// for each direction what may arrive, what is sent, and whether sound flows yet. call/negotiation
// makes it; the engine executes it. It holds no SDP, no SIP and no JSON.
//
//      endpoint A ──── audio[kA] ───▶ endpoint B         audio[s] is the direction whose source is
//      s
//                 ◀─── audio[kB] ────
//
// Thread: made on control, given by value to a worker.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "codec/audio_codec.h"
#include "core/address.h"
#include "core/id.h"
#include "core/time.h"

namespace patchcord::media {

enum class Side : uint8_t { kA, kB };  // A: the caller; B: the callee
inline constexpr Side kSides[] = {Side::kA, Side::kB};
constexpr Side other(Side side) {
  return side == Side::kA ? Side::kB : Side::kA;
}
constexpr size_t index(Side side) {
  return static_cast<size_t>(side);
}

enum class EndpointKind : uint8_t {
  kWebrtc,        // a browser: ICE-lite, DTLS-SRTP, on the worker's shared port
  kRtp,           // a SIP peer: plain RTP and RTCP on a port pair of its own
  kEcho,          // a far end that is inside and sends back what it hears
  kAnnouncement,  // a far end that is inside, plays its tune once, and hears nothing
};

// One payload type as negotiated with one side.
struct AudioFormat {
  PayloadType payload_type;
  codec::AudioCodec codec = codec::AudioCodec::kPcma;
  uint32_t clock_rate = 8000;  // of the RTP timestamps, Hz
  uint8_t channels = 1;
  std::string parameters;  // of a=fmtp, as received; empty: none

  bool operator==(const AudioFormat&) const = default;
};

struct WebrtcRemote {
  std::string ufrag, password;            // RFC 8839; of the browser
  std::vector<std::string> fingerprints;  // RFC 8122: "sha-256 AA:BB:..."; any of them will do
  enum class Dtls : uint8_t { kTheyConnect, kWeConnect } dtls = Dtls::kTheyConnect;

  bool operator==(const WebrtcRemote&) const = default;
};

struct WebrtcPlan {
  std::optional<WebrtcRemote> remote;  // nothing until the browser's SDP is known

  bool operator==(const WebrtcPlan&) const = default;
};

struct RtpPlan {
  SocketAddress rtp;   // of the peer's SDP; not set: nothing is sent yet
  SocketAddress rtcp;  // not set: no RTCP is sent
  IpAddress
      signalling_peer;  // another media source is learnt only from here, or if `rtp` is private
  // Grows with every (re-)negotiation: a higher one permits the address to be learnt once more.
  uint32_t generation = 0;
  // Ours is an offer that is not answered for good: another source may soon prove to be the peer
  // (its answer is on its way, or another phone of a forked call takes it), so that the first
  // packets of strangers are held back for a moment.
  bool awaits_answer = false;

  bool operator==(const RtpPlan&) const = default;
};

struct EchoPlan {
  bool operator==(const EchoPlan&) const = default;
};

struct AnnouncementPlan {
  bool operator==(const AnnouncementPlan&) const = default;
};

using EndpointPlan = std::variant<WebrtcPlan, RtpPlan, EchoPlan, AnnouncementPlan>;

// One direction of the audio track.
struct AudioPlan {
  enum class Flow : uint8_t {
    kSilence,  // nothing of the source may pass (before 200, or on hold); a browser hears silence
    kOpen,
  };
  Flow flow = Flow::kSilence;
  std::vector<AudioFormat> from;  // what the source may send, audio only
  // What is sent on: the first is what is encoded when a packet must be transcoded; a packet whose
  // format (codec and clock rate) equals any of them is relayed under that payload type.
  std::vector<AudioFormat> to;
  // Telephone-events (RFC 4733): those of the source are told as events (Digit) and do not cross by
  // themselves; towards the destination they carry Engine::send_digits.
  std::optional<AudioFormat> event_from;
  std::optional<AudioFormat> event_to;
  std::chrono::milliseconds ptime{20};  // packet length when transcoding, 10..60

  bool operator==(const AudioPlan&) const = default;
};

struct MediaPlan {
  std::array<EndpointPlan, 2> endpoints;  // by index(Side)
  std::array<AudioPlan, 2> audio;         // by index of the source side
  // The call ends as silent when a side that should send gave nothing (RTP or RTCP) for so long;
  // zero: never. Counted only while both directions are open: on hold nobody owes anything.
  std::chrono::seconds inactivity{60};

  AudioPlan& from(Side source) { return audio[index(source)]; }
  const AudioPlan& from(Side source) const { return audio[index(source)]; }
  bool operator==(const MediaPlan&) const = default;
};

}  // namespace patchcord::media

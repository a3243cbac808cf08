// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/negotiation.h"

#include <fmt/format.h>

#include <algorithm>

#include "call/description.h"
#include "codec/registry.h"
#include "media/tune.h"
#include "sdp/offer_answer.h"

namespace patchcord::call {
namespace {

using codec::AudioCodec;
using media::AudioFormat;
using media::EndpointKind;

bool is_event(const AudioFormat& format) {
  return format.codec == AudioCodec::kTelephoneEvent;
}

std::optional<AudioFormat> format_of(const sdp::Codec& codec) {
  const auto spec = codec::find_codec(codec.name, codec.clock_rate, codec.channels);
  if (!spec) return std::nullopt;
  return AudioFormat{codec.payload_type, spec->codec, codec.clock_rate, codec.channels, codec.fmtp};
}

bool same_kind(const AudioFormat& a, const AudioFormat& b) {
  return a.codec == b.codec && a.clock_rate == b.clock_rate;
}

// What both have, with the payload types and parameters of `theirs`.
std::vector<AudioFormat> common(const std::vector<sdp::Codec>& theirs,
                                const std::vector<AudioFormat>& ours, sdp::CodecOrder order) {
  std::vector<AudioFormat> offered, both;
  for (const sdp::Codec& codec : theirs) {
    if (const auto format = format_of(codec)) offered.push_back(*format);
  }
  const auto& first = order == sdp::CodecOrder::kOurs ? ours : offered;
  const auto& second = order == sdp::CodecOrder::kOurs ? offered : ours;
  for (const AudioFormat& one : first) {
    const auto match = std::find_if(second.begin(), second.end(),
                                    [&](const AudioFormat& f) { return same_kind(one, f); });
    if (match == second.end()) continue;
    const AudioFormat& chosen = order == sdp::CodecOrder::kOurs ? *match : one;
    const bool known = std::any_of(both.begin(), both.end(),
                                   [&](const AudioFormat& f) { return same_kind(f, chosen); });
    if (!known) both.push_back(chosen);
  }
  return both;
}

// Splits telephone-event off; the one whose clock is that of the audio is right (RFC 4733 2.1),
// another one is better than none.
void agree(Agreement& agreement, const std::vector<AudioFormat>& both) {
  agreement.formats.clear();
  agreement.event.reset();
  for (const AudioFormat& format : both) {
    if (!is_event(format)) agreement.formats.push_back(format);
  }
  if (agreement.formats.empty()) return;
  for (const AudioFormat& format : both) {
    if (!is_event(format)) continue;
    const bool fits = format.clock_rate == agreement.formats.front().clock_rate;
    if (!agreement.event || fits) agreement.event = format;
    if (fits) break;
  }
}

const sdp::Media* audio_of(const sdp::Session& session) {
  for (const sdp::Media& media : session.media) {
    if (media.type == "audio" && !media.is_rejected() && media.is_rtp()) return &media;
  }
  return nullptr;
}

std::chrono::milliseconds ptime_of(const sdp::Media& media) {
  const uint32_t wanted = media.ptime.value_or(20);
  return std::chrono::milliseconds(std::clamp<uint32_t>(wanted / 10 * 10, 10, 60));
}

std::optional<Objection> read_webrtc(const sdp::Session& session, const sdp::Media& audio,
                                     Agreement& agreement) {
  media::WebrtcRemote remote;
  remote.ufrag = session.ice_ufrag_of(audio);
  remote.password = session.ice_pwd_of(audio);
  for (const sdp::Fingerprint& fingerprint : session.fingerprints_of(audio)) {
    remote.fingerprints.push_back(fingerprint.hash + " " + fingerprint.value);
  }
  if (remote.ufrag.empty() || remote.password.empty()) {
    return Objection{Reason::kBadSdp, "the browser's SDP has no a=ice-ufrag or a=ice-pwd"};
  }
  if (remote.fingerprints.empty()) {
    return Objection{Reason::kBadSdp, "the browser's SDP has no a=fingerprint"};
  }
  // RFC 5763 5: who answers "passive" leaves the handshake to us; all others connect to us.
  const auto setup = session.setup_of(audio);
  remote.dtls = setup == sdp::Setup::kPassive ? media::WebrtcRemote::Dtls::kWeConnect
                                              : media::WebrtcRemote::Dtls::kTheyConnect;
  agreement.webrtc = std::move(remote);
  if (!audio.mid.empty()) agreement.mid = audio.mid;
  return std::nullopt;
}

std::optional<Objection> read_rtp(const sdp::Session& session, const sdp::Media& audio,
                                  Agreement& agreement) {
  if (audio.is_secure()) {
    return Objection{Reason::kBadSdp, "the SIP side asks for SRTP, which is not done yet"};
  }
  const auto address = session.address_of(audio);
  if (!address) {
    return Objection{Reason::kBadSdp, "the SDP has no numeric address in its c= line"};
  }
  if (address->ip().is_multicast()) {
    return Objection{Reason::kBadSdp, "the SDP names a multicast or broadcast address"};
  }
  ++agreement.rtp.generation;
  agreement.rtp.rtp = agreement.rtp.rtcp = {};
  if (address->ip().is_unspecified()) return std::nullopt;  // hold, as RFC 2543 had it
  agreement.rtp.rtp = *address;
  IpAddress rtcp_ip = address->ip();
  uint16_t rtcp_port =
      address->port() == 0xffff ? uint16_t{0} : static_cast<uint16_t>(address->port() + 1);
  if (audio.rtcp && audio.rtcp->port != 0) {  // RFC 3605
    rtcp_port = audio.rtcp->port;
    if (audio.rtcp->connection) rtcp_ip = audio.rtcp->connection->ip().value_or(rtcp_ip);
  }
  if (rtcp_port != 0 && !rtcp_ip.is_multicast()) agreement.rtp.rtcp = {rtcp_ip, rtcp_port};
  return std::nullopt;
}

// A peer that asks for one family of IP may have no other: it is answered in its own.
std::optional<Objection> follow_family(Agreement& agreement, const sdp::Session& session,
                                       const sdp::Media& audio) {
  if (agreement.kind != EndpointKind::kRtp) return std::nullopt;
  const IpAddress theirs = session.address_of(audio)->ip();
  if (theirs.is_unspecified()) return std::nullopt;  // on hold, and nothing is sent
  const auto wanted = theirs.family();
  const IpAddress own = agreement.address.of(wanted);
  if (own.is_unspecified()) {
    return Objection{Reason::kBadSdp,
                     fmt::format("the offer asks for media over {}, and there is no such address "
                                 "of ours",
                                 wanted == IpAddress::Family::kV6 ? "IPv6" : "IPv4")};
  }
  if (own != agreement.address.first) std::swap(agreement.address.first, agreement.address.second);
  return std::nullopt;
}

// What an offer and an answer have in common: the remote transport and its direction.
std::optional<Objection> read_remote(const sdp::Session& session, const sdp::Media& audio,
                                     Agreement& agreement) {
  agreement.remote = sdp::meant_direction(session, audio);
  agreement.ptime = ptime_of(audio);
  return agreement.kind == EndpointKind::kWebrtc ? read_webrtc(session, audio, agreement)
                                                 : read_rtp(session, audio, agreement);
}

std::string names_of(const std::vector<sdp::Codec>& codecs) {
  std::string names;
  for (const sdp::Codec& codec : codecs) {
    if (!names.empty()) names += ", ";
    names += fmt::format("{}/{}", codec.name, codec.clock_rate);
  }
  return names.empty() ? "none" : names;
}

Objection no_codec(const std::vector<sdp::Codec>& theirs, const std::vector<AudioFormat>& ours) {
  std::string names;
  for (const AudioFormat& format : ours) {
    if (!names.empty()) names += ", ";
    names += fmt::format("{}/{}", codec::spec(format.codec).name, format.clock_rate);
  }
  return {Reason::kNoCodec,
          fmt::format("no common codec: they have {}; we have {}", names_of(theirs), names)};
}

const std::vector<AudioFormat>& policy_of(EndpointKind kind, const MediaPolicy& policy) {
  return kind == EndpointKind::kWebrtc ? policy.browser : policy.sip;
}

// Towards SIP the answer names one codec: many gateways take a list of several for a promise to
// switch, and some do switch.
void keep_one(Agreement& agreement) {
  if (agreement.kind == EndpointKind::kRtp) agreement.formats.resize(1);
}

media::AudioPlan direction_plan(const Agreement& from, const Agreement& to, Sound sound) {
  media::AudioPlan plan;
  const bool flows = sound == Sound::kOpen && from.is_complete && to.is_complete &&
                     sdp::sends(from.remote) && sdp::receives(to.remote);
  plan.flow = flows ? media::AudioPlan::Flow::kOpen : media::AudioPlan::Flow::kSilence;
  plan.from = from.formats;
  for (const AudioFormat& format : from.earlier_formats) {
    const bool is_known = std::any_of(plan.from.begin(), plan.from.end(), [&](const auto& known) {
      return known.payload_type == format.payload_type;
    });
    if (!is_known) plan.from.push_back(format);
  }
  plan.to = to.formats;
  plan.event_from = from.event;
  plan.event_to = to.event;
  plan.ptime = to.ptime;
  return plan;
}

media::EndpointPlan endpoint_plan(const Agreement& agreement) {
  switch (agreement.kind) {
    case EndpointKind::kWebrtc:
      return media::WebrtcPlan{agreement.webrtc};
    case EndpointKind::kRtp:
      return agreement.rtp;
    case EndpointKind::kAnnouncement:
      return media::AnnouncementPlan{};
    case EndpointKind::kEcho:
      break;
  }
  return media::EchoPlan{};
}

}  // namespace

Result<std::vector<AudioFormat>> formats_of(const std::vector<std::string>& names) {
  std::vector<AudioFormat> formats;
  bool has_wide_clock = false;
  for (const std::string& name : names) {
    if (sdp::equals_ignoring_case(name, "opus")) {
      has_wide_clock = true;
      formats.push_back({PayloadType(111), AudioCodec::kOpus, 48000, 2, {}});
    } else if (sdp::equals_ignoring_case(name, "pcma")) {
      formats.push_back({PayloadType(8), AudioCodec::kPcma, 8000, 1, {}});
    } else if (sdp::equals_ignoring_case(name, "pcmu")) {
      formats.push_back({PayloadType(0), AudioCodec::kPcmu, 8000, 1, {}});
    } else if (sdp::equals_ignoring_case(name, "g722")) {
      formats.push_back({PayloadType(9), AudioCodec::kG722, 8000, 1, {}});
    } else if (sdp::equals_ignoring_case(name, "telephone-event")) {
      if (has_wide_clock) {
        formats.push_back({PayloadType(110), AudioCodec::kTelephoneEvent, 48000, 1, "0-15"});
      }
      formats.push_back({PayloadType(101), AudioCodec::kTelephoneEvent, 8000, 1, "0-15"});
    } else {
      return {ErrorCode::kUnsupported,
              fmt::format("\"{}\" is no codec known here: opus, pcma, pcmu, g722 or "
                          "telephone-event was meant",
                          name)};
    }
  }
  return formats;
}

Negotiated<Described> answer_offer(Agreement agreement, std::string_view offer,
                                   const MediaPolicy& policy) {
  const Result<sdp::Session> session = sdp::parse(offer);
  if (!session) return Objection{Reason::kBadSdp, session.error().text};
  const sdp::Media* audio = audio_of(*session);
  if (!audio) return Objection{Reason::kNoCodec, "the offer has no audio"};
  if (auto objection = read_remote(*session, *audio, agreement)) return *objection;
  if (auto objection = follow_family(agreement, *session, *audio)) return *objection;

  const auto& ours = policy_of(agreement.kind, policy);
  const auto order =
      agreement.kind == EndpointKind::kWebrtc ? sdp::CodecOrder::kOurs : sdp::CodecOrder::kOfferer;
  agree(agreement, common(audio->codecs, ours, order));
  if (agreement.formats.empty()) return no_codec(audio->codecs, ours);
  keep_one(agreement);
  agreement.is_complete = true;
  ++agreement.sdp_version;
  std::string sdp = describe_answer(agreement, *session, *audio);
  return Described{std::move(agreement), std::move(sdp)};
}

Described make_offer(Agreement agreement, const MediaPolicy& policy) {
  agree(agreement, policy_of(agreement.kind, policy));
  agreement.rtp.awaits_answer = true;
  ++agreement.sdp_version;
  std::string sdp = describe_offer(agreement, policy_of(agreement.kind, policy));
  return {std::move(agreement), std::move(sdp)};
}

Negotiated<Agreement> take_answer(Agreement agreement, std::string_view answer,
                                  AnswerStanding standing, const MediaPolicy& policy) {
  const bool is_early = standing == AnswerStanding::kEarly;
  const bool has_other = is_early && agreement.is_complete;
  agreement.earlier_formats = has_other ? std::move(agreement.formats) : std::vector<AudioFormat>();
  const Result<sdp::Session> session = sdp::parse(answer);
  if (!session) return Objection{Reason::kBadSdp, session.error().text};
  const sdp::Media* audio = audio_of(*session);
  if (!audio) return Objection{Reason::kNoCodec, "the answer refuses the audio"};
  if (auto objection = read_remote(*session, *audio, agreement)) return *objection;
  const auto& ours = policy_of(agreement.kind, policy);
  agree(agreement, common(audio->codecs, ours, sdp::CodecOrder::kOfferer));
  if (agreement.formats.empty()) return no_codec(audio->codecs, ours);
  agreement.rtp.awaits_answer = is_early;
  agreement.is_complete = true;
  return agreement;
}

bool is_inside(EndpointKind kind) {
  return kind == EndpointKind::kEcho || kind == EndpointKind::kAnnouncement;
}

Agreement inside_of(EndpointKind kind, const Agreement& other) {
  Agreement inside;
  inside.kind = kind;
  inside.is_complete = true;
  if (kind == EndpointKind::kAnnouncement) {
    inside.local = media::AnnouncementLocal{};
    inside.formats = {media::tune_format()};
    inside.remote = sdp::Direction::kSendOnly;
    return inside;
  }
  inside.local = media::EchoLocal{};
  inside.formats = other.formats;
  inside.event = other.event;
  inside.ptime = other.ptime;
  return inside;
}

media::MediaPlan make_plan(const Agreement& a, const Agreement& b, Sound sound,
                           const MediaPolicy& policy) {
  media::MediaPlan plan;
  plan.endpoints = {endpoint_plan(a), endpoint_plan(b)};
  plan.audio = {direction_plan(a, b, sound), direction_plan(b, a, sound)};
  plan.inactivity = policy.inactivity;
  return plan;
}

}  // namespace patchcord::call

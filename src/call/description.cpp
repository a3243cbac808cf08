// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/description.h"

#include <algorithm>

#include "codec/registry.h"
#include "core/assert.h"
#include "sdp/offer_answer.h"

namespace patchcord::call {
namespace {

using codec::AudioCodec;
using media::AudioFormat;

// Conservative: mono speech with in-band FEC; any packet length is understood.
constexpr std::string_view kOpusParameters =
    "minptime=10;useinbandfec=1;stereo=0;maxaveragebitrate=32000";

sdp::Codec codec_of(const AudioFormat& format) {
  sdp::Codec codec;
  codec.payload_type = format.payload_type;
  codec.name = codec::spec(format.codec).name;
  codec.clock_rate = format.clock_rate;
  codec.channels = format.channels;
  if (format.codec == AudioCodec::kOpus) codec.fmtp = kOpusParameters;
  if (format.codec == AudioCodec::kTelephoneEvent) codec.fmtp = "0-15";
  return codec;
}

// RFC 8445 5.1.2.1 for host candidates of component 1, in the configured order.
constexpr uint32_t kUdpHost = 126;
// RFC 6544 4.2: below every UDP candidate, for sound that waits for lost sound comes late.
constexpr uint32_t kTcpHost = 90;

uint32_t priority_of(uint32_t type_preference, uint32_t local_preference) {
  return type_preference << 24 | local_preference << 8 | 255u;
}

sdp::Candidate candidate(std::string foundation, const SocketAddress& address, uint32_t priority) {
  return {.foundation = std::move(foundation),
          .component = 1,
          .transport = "udp",
          .priority = priority,
          .address = address.ip().to_string(),
          .port = address.port(),
          .type = "host",
          .extra = {}};
}

void write_candidates(const media::WebrtcLocal& local, sdp::Media& audio) {
  const auto preference = [](uint32_t highest, size_t position) {
    return highest - static_cast<uint32_t>(std::min<size_t>(position, highest));
  };
  for (size_t i = 0; i < local.candidates.size(); ++i) {
    const uint32_t priority = priority_of(kUdpHost, preference(65535, i));
    audio.candidates.push_back(candidate(std::to_string(i + 1), local.candidates[i], priority));
  }
  for (size_t i = 0; i < local.tcp_candidates.size(); ++i) {
    // The direction preference of a passive host candidate is 4, in the upper three bits.
    const uint32_t priority = priority_of(kTcpHost, 4u << 13 | preference(8191, i));
    sdp::Candidate tcp = candidate("t" + std::to_string(i + 1), local.tcp_candidates[i], priority);
    tcp.transport = "tcp";
    tcp.extra = "tcptype passive";
    audio.candidates.push_back(std::move(tcp));
  }
  audio.end_of_candidates = true;
}

void write_webrtc(const Agreement& agreement, sdp::Session& session, sdp::Media& audio) {
  const auto& local = std::get<media::WebrtcLocal>(agreement.local);
  session.ice_lite = true;
  audio.port = 9;
  audio.connection = sdp::Connection{};
  audio.connection->address = "0.0.0.0";
  if (!local.candidates.empty()) {
    audio.port = local.candidates.front().port();
    audio.connection = sdp::Connection::of(local.candidates.front().ip());
  }
  write_candidates(local, audio);
  audio.ice_ufrag = local.ufrag;
  audio.ice_pwd = local.password;
  const size_t blank = local.fingerprint.find(' ');
  audio.fingerprints = {{local.fingerprint.substr(0, blank), local.fingerprint.substr(blank + 1)}};
  audio.rtcp_mux = true;
  audio.mid = agreement.mid;
  // Without a stream id the vendor's SDK renders nothing (T34).
  audio.msids = {{"patchcord", "patchcord-audio"}};
  audio.ssrcs = {{local.ssrc, {"cname", local.cname}},
                 {local.ssrc, {"msid", "patchcord patchcord-audio"}}};
}

void write_rtp(const Agreement& agreement, sdp::Media& audio) {
  audio.port = std::get<media::RtpLocal>(agreement.local).rtp_port;
  audio.connection = sdp::Connection::of(agreement.address.first);
}

sdp::Session session_of(const Agreement& agreement) {
  sdp::Session session;
  uint32_t id = 1;
  if (const auto* local = std::get_if<media::WebrtcLocal>(&agreement.local)) {
    id = local->ssrc.value();
  } else if (const auto* rtp = std::get_if<media::RtpLocal>(&agreement.local)) {
    id = rtp->rtp_port;
    session.origin.address = sdp::Connection::of(agreement.address.first);
  }
  session.origin.session_id = std::to_string(id);
  session.origin.session_version = std::to_string(agreement.sdp_version);
  return session;
}

sdp::Media audio_of(const Agreement& agreement, sdp::Session& session,
                    const std::vector<AudioFormat>& formats) {
  sdp::Media audio;
  audio.type = "audio";
  for (const AudioFormat& format : formats) audio.codecs.push_back(codec_of(format));
  audio.ptime = static_cast<uint32_t>(agreement.ptime.count());
  if (agreement.kind == media::EndpointKind::kWebrtc) {
    audio.protocol = "UDP/TLS/RTP/SAVPF";
    write_webrtc(agreement, session, audio);
  } else {
    audio.protocol = "RTP/AVP";
    write_rtp(agreement, audio);
  }
  return audio;
}

std::string printed(const sdp::Session& session) {
  Result<std::string> text = sdp::print(session);
  PATCHCORD_ASSERT(text.ok());  // every value in it is ours or was parsed
  return text ? std::move(*text) : std::string();
}

}  // namespace

std::string describe_answer(const Agreement& agreement, const sdp::Session& offer,
                            const sdp::Media& audio) {
  sdp::Session session = session_of(agreement);
  std::vector<AudioFormat> formats = agreement.formats;
  if (agreement.event) formats.push_back(*agreement.event);
  for (const sdp::Media& offered : offer.media) {
    if (&offered != &audio) {
      session.media.push_back(sdp::rejection_of(offered));
      continue;
    }
    sdp::Media accepted = audio_of(agreement, session, formats);
    accepted.protocol = offered.protocol;
    accepted.direction = sdp::answer_direction(agreement.remote, sdp::Direction::kSendRecv);
    if (agreement.kind == media::EndpointKind::kWebrtc) {
      accepted.mid = offered.mid;
      const bool we_connect = agreement.webrtc->dtls == media::WebrtcRemote::Dtls::kWeConnect;
      accepted.setup = we_connect ? sdp::Setup::kActive : sdp::Setup::kPassive;
      const sdp::Group* bundle = offer.bundle();
      const bool bundled = bundle && std::find(bundle->mids.begin(), bundle->mids.end(),
                                               offered.mid) != bundle->mids.end();
      if (bundled) session.groups = {{"BUNDLE", {offered.mid}}};
    }
    session.media.push_back(std::move(accepted));
  }
  return printed(session);
}

std::string describe_offer(const Agreement& agreement, const std::vector<AudioFormat>& formats) {
  sdp::Session session = session_of(agreement);
  sdp::Media audio = audio_of(agreement, session, formats);
  audio.direction = sdp::Direction::kSendRecv;
  if (agreement.kind == media::EndpointKind::kWebrtc) {
    audio.setup = sdp::Setup::kActPass;  // RFC 8842 5.2
    session.groups = {{"BUNDLE", {agreement.mid}}};
  }
  session.media.push_back(std::move(audio));
  return printed(session);
}

}  // namespace patchcord::call

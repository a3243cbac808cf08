// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <concepts>

#include "sdp/session.h"

namespace patchcord::sdp {
namespace {

class Printer {
 public:
  void session(const Session& session);
  Result<std::string> finish();

 private:
  // One line of words; a number is printed in decimal.
  template <class... Words>
  void line(const Words&... words) {
    (word(words), ...);
    out_ += "\r\n";
  }
  void word(std::string_view text) {
    is_clean_ = is_clean_ && std::ranges::none_of(text, [](char c) {
                  return static_cast<unsigned char>(c) < 0x20 && c != '\t';
                });
    out_ += text;
  }
  template <std::unsigned_integral T>
  void word(T number) {
    out_ += std::to_string(number);
  }
  void word(const Connection& connection) {
    word(connection.type == AddressType::kIp4 ? "IN IP4 " : "IN IP6 ");
    word(connection.address);
  }

  void level_head(const Level& level);
  void ice_and_dtls(const Level& level);
  void extmaps(const Level& level);
  void attribute(const Attribute& attribute);
  void media(const Media& media);
  void transport(const Media& media);
  void codec(const Codec& codec);
  void candidate(const Candidate& candidate);

  std::string out_;
  bool is_clean_ = true;
};

void Printer::session(const Session& session) {
  const Origin& origin = session.origin;
  line("v=0");
  line("o=", origin.username, " ", origin.session_id, " ", origin.session_version, " ",
       origin.address);
  line("s=", session.name);
  level_head(session);
  line("t=", session.timing);
  for (const Group& group : session.groups) {
    word("a=group:");
    word(group.semantics);
    for (const std::string& mid : group.mids) {
      word(" ");
      word(mid);
    }
    line();
  }
  if (session.ice_lite) line("a=ice-lite");
  ice_and_dtls(session);
  extmaps(session);
  if (session.direction) line("a=", to_string(*session.direction));
  for (const Attribute& other : session.attributes) attribute(other);
  for (const Media& m : session.media) media(m);
}

Result<std::string> Printer::finish() {
  if (!is_clean_)
    return Error{ErrorCode::kMalformed, "a value of the SDP has a control byte in it"};
  return std::move(out_);
}

void Printer::level_head(const Level& level) {
  if (level.connection) line("c=", *level.connection);
  for (const std::string& bandwidth : level.bandwidths) line("b=", bandwidth);
}

void Printer::ice_and_dtls(const Level& level) {
  if (!level.ice_ufrag.empty()) line("a=ice-ufrag:", level.ice_ufrag);
  if (!level.ice_pwd.empty()) line("a=ice-pwd:", level.ice_pwd);
  if (!level.ice_options.empty()) {
    word("a=ice-options:");
    for (const std::string& option : level.ice_options) {
      if (&option != &level.ice_options.front()) word(" ");
      word(option);
    }
    line();
  }
  for (const Fingerprint& fingerprint : level.fingerprints) {
    line("a=fingerprint:", fingerprint.hash, " ", fingerprint.value);
  }
  if (level.setup) line("a=setup:", to_string(*level.setup));
}

void Printer::extmaps(const Level& level) {
  for (const Extmap& extmap : level.extmaps) {
    word("a=extmap:");
    word(extmap.id);
    if (extmap.direction) {
      word("/");
      word(to_string(*extmap.direction));
    }
    word(" ");
    word(extmap.uri);
    if (!extmap.attributes.empty()) word(" ");
    line(extmap.attributes);
  }
}

void Printer::attribute(const Attribute& attribute) {
  line("a=", attribute.name, attribute.value.empty() ? "" : ":", attribute.value);
}

void Printer::media(const Media& media) {
  word("m=");
  word(media.type);
  word(" ");
  word(media.port);
  if (media.port_count != 1) {
    word("/");
    word(media.port_count);
  }
  word(" ");
  word(media.protocol);
  for (const Codec& codec : media.codecs) {
    word(" ");
    word(codec.payload_type.value());
  }
  for (const std::string& format : media.formats) {
    word(" ");
    word(format);
  }
  line();
  level_head(media);
  transport(media);
  if (!media.mid.empty()) line("a=mid:", media.mid);
  extmaps(media);
  if (media.direction) line("a=", to_string(*media.direction));
  for (const Msid& msid : media.msids) {
    line("a=msid:", msid.stream, msid.track.empty() ? "" : " ", msid.track);
  }
  for (const Codec& c : media.codecs) codec(c);
  if (media.ptime) line("a=ptime:", *media.ptime);
  if (media.maxptime) line("a=maxptime:", *media.maxptime);
  for (const std::string& crypto : media.crypto) line("a=crypto:", crypto);
  for (const SsrcAttribute& ssrc : media.ssrcs) {
    line("a=ssrc:", ssrc.ssrc.value(), " ", ssrc.attribute.name,
         ssrc.attribute.value.empty() ? "" : ":", ssrc.attribute.value);
  }
  for (const Attribute& other : media.attributes) attribute(other);
}

void Printer::transport(const Media& media) {
  if (media.rtcp && media.rtcp->connection) {
    line("a=rtcp:", media.rtcp->port, " ", *media.rtcp->connection);
  } else if (media.rtcp) {
    line("a=rtcp:", media.rtcp->port);
  }
  for (const Candidate& c : media.candidates) candidate(c);
  if (media.end_of_candidates) line("a=end-of-candidates");
  ice_and_dtls(media);
  if (media.rtcp_mux) line("a=rtcp-mux");
  if (media.rtcp_rsize) line("a=rtcp-rsize");
}

void Printer::codec(const Codec& codec) {
  const uint8_t type = codec.payload_type.value();
  if (!codec.name.empty()) {
    word("a=rtpmap:");
    word(type);
    word(" ");
    word(codec.name);
    word("/");
    word(codec.clock_rate);
    if (codec.channels != 1) {
      word("/");
      word(codec.channels);
    }
    line();
  }
  for (const std::string& feedback : codec.feedback) line("a=rtcp-fb:", type, " ", feedback);
  if (!codec.fmtp.empty()) line("a=fmtp:", type, " ", codec.fmtp);
}

void Printer::candidate(const Candidate& candidate) {
  line("a=candidate:", candidate.foundation, " ", candidate.component, " ", candidate.transport,
       " ", candidate.priority, " ", candidate.address, " ", candidate.port, " typ ",
       candidate.type, candidate.extra.empty() ? "" : " ", candidate.extra);
}

}  // namespace

Result<std::string> print(const Session& session) {
  Printer printer;
  printer.session(session);
  return printer.finish();
}

}  // namespace patchcord::sdp

// SPDX-License-Identifier: GPL-3.0-or-later
// Session: an SDP as a value, and the way from text and back. What we act on is typed; every other
// attribute is kept as text, in its order, behind the typed ones. Parsing forgives what phones and
// page scripts do to lines and refuses what no one sends in good faith (limits below); printing is
// canonical, and parse(print(parse(text))) == parse(text).
// Not negotiation (offer_answer.h, call/negotiation), and it resolves no name.
// Thread: any (plain values). RFC 8866, RFC 8839 (ICE), RFC 8122 (fingerprint), RFC 9143 (BUNDLE).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/id.h"
#include "core/result.h"

namespace patchcord::sdp {

inline constexpr size_t kMaxText = 64 * 1024;
inline constexpr size_t kMaxLines = 2000;
inline constexpr size_t kMaxMedia = 64;
inline constexpr size_t kMaxFormats = 64;  // on one m-line

enum class Direction : uint8_t { kSendRecv, kSendOnly, kRecvOnly, kInactive };
enum class Setup : uint8_t { kActive, kPassive, kActPass, kHoldConn };
enum class AddressType : uint8_t { kIp4, kIp6 };

struct Attribute {  // "a=name" or "a=name:value"
  std::string name;
  std::string value;
  bool operator==(const Attribute&) const = default;
};

struct Connection {  // "IN IP4 192.0.2.1"
  AddressType type = AddressType::kIp4;
  std::string address;  // as written: may be a name, may have "/ttl"
  static Connection of(const IpAddress& ip);
  std::optional<IpAddress> ip() const;  // nothing for a name
  bool operator==(const Connection&) const = default;
};

struct Origin {
  std::string username = "-";
  std::string session_id = "0";  // numbers by the RFC, kept as written
  std::string session_version = "0";
  Connection address{AddressType::kIp4, "0.0.0.0"};
  bool operator==(const Origin&) const = default;
};

// A payload type of an m-line with all that is said of it.
struct Codec {
  PayloadType payload_type;
  std::string name;  // as written ("opus", "PCMU"); empty: no rtpmap and not in the static table
  uint32_t clock_rate = 0;
  uint8_t channels = 1;
  std::string fmtp;                   // the parameters, without the payload type
  std::vector<std::string> feedback;  // rtcp-fb values: "nack", "nack pli", "transport-cc"
  bool operator==(const Codec&) const = default;
};

struct Fingerprint {
  std::string hash;   // lower case: "sha-256"
  std::string value;  // upper case hex with colons
  bool operator==(const Fingerprint&) const = default;
};

struct Candidate {
  std::string foundation;
  uint16_t component = 1;
  std::string transport;  // as written: "udp", "UDP", "tcp"
  uint32_t priority = 0;
  std::string address;  // may be a name (mDNS)
  uint16_t port = 0;
  std::string type;   // "host", "srflx", "prflx", "relay"
  std::string extra;  // what follows: "raddr 10.0.0.1 rport 9 tcptype active generation 0"
  bool operator==(const Candidate&) const = default;
};

struct Rtcp {  // RFC 3605
  uint16_t port = 0;
  std::optional<Connection> connection;
  bool operator==(const Rtcp&) const = default;
};

struct Extmap {  // RFC 8285
  uint16_t id = 0;
  std::optional<Direction> direction;
  std::string uri;
  std::string attributes;
  bool operator==(const Extmap&) const = default;
};

struct Msid {
  std::string stream;
  std::string track;  // may be empty
  bool operator==(const Msid&) const = default;
};

struct SsrcAttribute {  // "a=ssrc:1234 cname:abc"
  Ssrc ssrc;
  Attribute attribute;
  bool operator==(const SsrcAttribute&) const = default;
};

struct Group {  // "a=group:BUNDLE 0 1"
  std::string semantics;
  std::vector<std::string> mids;
  bool operator==(const Group&) const = default;
};

// What may stand in the session part and then holds for each m-line that does not say otherwise.
// Session::..._of() resolve that.
struct Level {
  std::optional<Connection> connection;
  std::vector<std::string> bandwidths;  // "AS:64"
  std::optional<Direction> direction;
  std::string ice_ufrag;
  std::string ice_pwd;
  std::vector<std::string> ice_options;
  std::vector<Fingerprint> fingerprints;
  std::optional<Setup> setup;
  std::vector<Extmap> extmaps;
  std::vector<Attribute> attributes;  // all that has no field
  bool operator==(const Level&) const = default;

  bool has_attribute(std::string_view name) const;
  std::optional<std::string_view> attribute(std::string_view name) const;  // the first
};

struct Media : Level {
  std::string type;  // "audio", "video", "application"
  uint16_t port = 0;
  uint16_t port_count = 1;
  std::string protocol;              // "RTP/AVP", "UDP/TLS/RTP/SAVPF"
  std::vector<Codec> codecs;         // of an RTP protocol, in the order of the m-line
  std::vector<std::string> formats;  // of any other protocol
  std::optional<uint32_t> ptime;     // milliseconds
  std::optional<uint32_t> maxptime;
  std::optional<Rtcp> rtcp;
  bool rtcp_mux = false;
  bool rtcp_rsize = false;
  std::string mid;  // empty: none
  std::vector<Candidate> candidates;
  bool end_of_candidates = false;
  std::vector<Msid> msids;
  std::vector<SsrcAttribute> ssrcs;
  std::vector<std::string> crypto;  // RFC 4568 values, as written
  bool operator==(const Media&) const = default;

  bool is_rtp() const;     // the protocol carries RTP
  bool is_secure() const;  // ... as SRTP: SAVP or SAVPF
  bool is_dtls() const;    // ... keyed by DTLS: UDP/TLS/...
  // RFC 3264 section 6: port 0. RFC 9143 section 7.2: not so for what is only offered bundled.
  bool is_rejected() const;
  const Codec* codec(PayloadType type) const;
};

struct Session : Level {
  Origin origin;
  std::string name = "-";
  std::string timing = "0 0";
  bool ice_lite = false;
  std::vector<Group> groups;
  std::vector<Media> media;
  bool operator==(const Session&) const = default;

  // What holds for one of this session's m-lines: its own word, else the session's.
  std::optional<Connection> connection_of(const Media& media) const;
  Direction direction_of(const Media& media) const;  // sendrecv if nobody says
  std::optional<Setup> setup_of(const Media& media) const;
  const std::vector<Fingerprint>& fingerprints_of(const Media& media) const;
  const std::string& ice_ufrag_of(const Media& media) const;
  const std::string& ice_pwd_of(const Media& media) const;
  // Where RTP goes to: connection and port. Nothing for a name or without a connection; the port
  // is 0 for a rejected line, and the address 0.0.0.0 for browsers that trickle.
  std::optional<SocketAddress> address_of(const Media& media) const;

  const Group* bundle() const;  // the first BUNDLE group
  const Media* media_with_mid(std::string_view mid) const;
};

// Lines end with CRLF, LF or the end of the text; blanks at line ends and empty lines are ignored.
// Payload types without rtpmap get the static ones (0, 8, 9, 13, 18); fmtp, rtpmap and rtcp-fb of
// payload types that are not on the m-line are dropped, as page scripts leave such lines behind.
// kTooLarge past a limit; kMalformed for control bytes, no v=0 or o=, wrong m= or c= lines.
Result<Session> parse(std::string_view text);

// kMalformed if a value has a control byte in it (CR, LF, NUL): it would begin a line of its own.
Result<std::string> print(const Session& session);

std::string_view to_string(Direction direction);  // "sendrecv"
std::string_view to_string(Setup setup);          // "actpass"
// Compares as SDP compares names of codecs and hashes: ASCII letters without their case.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace patchcord::sdp

// SPDX-License-Identifier: GPL-3.0-or-later
#include "sdp/attributes.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "sdp/text.h"

namespace patchcord::sdp {
namespace {

// True: the line has found its place (or none, on purpose). False: keep it as text.
template <class Target>
struct Handler {
  std::string_view name;
  bool (*apply)(Target& target, std::string_view value);
};

template <class Target, size_t N>
bool apply(const std::array<Handler<Target>, N>& handlers, Target& target, const Attribute& line) {
  for (const auto& handler : handlers) {
    if (handler.name == line.name) return handler.apply(target, line.value);
  }
  return false;
}

std::string converted(std::string_view text, int (*convert)(int)) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(convert(static_cast<unsigned char>(c)));
  return out;
}

std::optional<Attribute> to_attribute(std::string_view line) {
  const size_t colon = std::min(line.find(':'), line.size());
  Attribute attribute;
  attribute.name = trim(line.substr(0, colon));
  if (attribute.name.empty()) return std::nullopt;
  if (colon < line.size()) attribute.value = line.substr(colon + 1);
  return attribute;
}

bool set_token(std::string& field, std::string_view value) {
  value = trim(value);
  if (!field.empty() || !is_token(value)) return false;
  field = value;
  return true;
}

bool set_flag(bool& field, std::string_view value) {
  if (field || !value.empty()) return false;
  field = true;
  return true;
}

bool set_milliseconds(std::optional<uint32_t>& field, std::string_view value) {
  const auto number = to_number<uint32_t>(trim(value));
  if (field || !number || *number == 0) return false;
  field = number;
  return true;
}

// ---- either part ----

template <Direction kDirection>
bool on_direction(Level& level, std::string_view value) {
  if (level.direction || !value.empty()) return false;
  level.direction = kDirection;
  return true;
}

bool on_fingerprint(Level& level, std::string_view value) {
  const std::string_view hash = take_token(value);
  if (hash.empty() || !is_token(value)) return false;
  level.fingerprints.push_back({converted(hash, std::tolower), converted(value, std::toupper)});
  return true;
}

bool on_setup(Level& level, std::string_view value) {
  value = trim(value);
  for (const Setup setup : {Setup::kActive, Setup::kPassive, Setup::kActPass, Setup::kHoldConn}) {
    if (level.setup || value != to_string(setup)) continue;
    level.setup = setup;
    return true;
  }
  return false;
}

// Lists of words within one line are bounded too: 64 KiB of single letters would be a megabyte.
constexpr size_t kMaxWords = 64;

// Appends the words of the value; nothing of it if there is none or they are too many in all.
bool append_words(std::vector<std::string>& words, std::string_view value) {
  const size_t before = words.size();
  value = trim(value);
  while (!value.empty() && words.size() < kMaxWords) words.emplace_back(take_token(value));
  if (value.empty() && words.size() > before) return true;
  words.resize(before);
  return false;
}

bool on_ice_options(Level& level, std::string_view value) {
  return append_words(level.ice_options, value);
}

std::optional<Direction> to_direction(std::string_view text) {
  for (const Direction direction :
       {Direction::kSendRecv, Direction::kSendOnly, Direction::kRecvOnly, Direction::kInactive}) {
    if (text == to_string(direction)) return direction;
  }
  return std::nullopt;
}

bool on_extmap(Level& level, std::string_view value) {
  std::string_view id = take_token(value);
  const std::string_view uri = take_token(value);
  Extmap extmap;
  if (const size_t slash = id.find('/'); slash != std::string_view::npos) {
    extmap.direction = to_direction(id.substr(slash + 1));
    if (!extmap.direction) return false;
    id = id.substr(0, slash);
  }
  const auto number = to_number<uint16_t>(id);
  if (!number || uri.empty()) return false;
  extmap.id = *number;
  extmap.uri = uri;
  extmap.attributes = value;
  level.extmaps.push_back(std::move(extmap));
  return true;
}

constexpr std::array<Handler<Level>, 10> kLevelHandlers{{
    {"sendrecv", on_direction<Direction::kSendRecv>},
    {"sendonly", on_direction<Direction::kSendOnly>},
    {"recvonly", on_direction<Direction::kRecvOnly>},
    {"inactive", on_direction<Direction::kInactive>},
    {"fingerprint", on_fingerprint},
    {"setup", on_setup},
    {"ice-ufrag", [](Level& l, std::string_view v) { return set_token(l.ice_ufrag, v); }},
    {"ice-pwd", [](Level& l, std::string_view v) { return set_token(l.ice_pwd, v); }},
    {"ice-options", on_ice_options},
    {"extmap", on_extmap},
}};

// ---- the session part ----

bool on_group(Session& session, std::string_view value) {
  Group group;
  group.semantics = take_token(value);
  if (group.semantics.empty()) return false;
  if (!value.empty() && !append_words(group.mids, value)) return false;
  session.groups.push_back(std::move(group));
  return true;
}

constexpr std::array<Handler<Session>, 2> kSessionHandlers{{
    {"group", on_group},
    {"ice-lite", [](Session& s, std::string_view v) { return set_flag(s.ice_lite, v); }},
}};

// ---- an m-line ----

// Takes the payload type off the front and gives its codec, or nullptr if it is not on the m-line.
Codec* take_codec(Media& media, std::string_view& value, bool& is_number) {
  const auto type = to_number<uint8_t>(take_token(value));
  is_number = type.has_value();
  if (!type) return nullptr;
  const auto found = std::ranges::find(media.codecs, PayloadType(*type), &Codec::payload_type);
  return found == media.codecs.end() ? nullptr : &*found;
}

bool on_rtpmap(Media& media, std::string_view value) {
  bool is_number = false;
  Codec* codec = take_codec(media, value, is_number);
  if (!codec) return is_number;
  if (!codec->name.empty()) return false;
  // name/rate or name/rate/channels
  const size_t slash = value.find('/');
  if (slash == std::string_view::npos || slash == 0 || !is_token(value)) return false;
  std::string_view rate = value.substr(slash + 1);
  uint8_t channels = 1;
  if (const size_t second = rate.find('/'); second != std::string_view::npos) {
    channels = to_number<uint8_t>(rate.substr(second + 1)).value_or(0);
    rate = rate.substr(0, second);
  }
  const auto clock_rate = to_number<uint32_t>(rate);
  if (!clock_rate || *clock_rate == 0 || channels == 0) return false;
  codec->name = value.substr(0, slash);
  codec->clock_rate = *clock_rate;
  codec->channels = channels;
  return true;
}

bool on_fmtp(Media& media, std::string_view value) {
  bool is_number = false;
  Codec* codec = take_codec(media, value, is_number);
  if (!codec) return is_number;
  if (!codec->fmtp.empty() && !value.empty()) codec->fmtp += ';';
  codec->fmtp += value;
  return true;
}

bool on_rtcp_feedback(Media& media, std::string_view value) {
  bool is_number = false;
  Codec* codec = take_codec(media, value, is_number);
  if (!codec) return is_number;  // "*" is kept as text
  if (!value.empty()) codec->feedback.emplace_back(value);
  return true;
}

bool on_rtcp(Media& media, std::string_view value) {
  const auto port = to_number<uint16_t>(take_token(value));
  if (media.rtcp || !port) return false;
  Rtcp rtcp{*port, std::nullopt};
  if (!value.empty()) {
    rtcp.connection = to_connection(value);
    if (!rtcp.connection) return false;
  }
  media.rtcp = std::move(rtcp);
  return true;
}

bool on_candidate(Media& media, std::string_view value) {
  Candidate candidate;
  candidate.foundation = take_token(value);
  const auto component = to_number<uint16_t>(take_token(value));
  candidate.transport = take_token(value);
  const auto priority = to_number<uint32_t>(take_token(value));
  candidate.address = take_token(value);
  const auto port = to_number<uint16_t>(take_token(value));
  const bool has_type = take_token(value) == "typ";
  candidate.type = take_token(value);
  if (!component || !priority || !port || !has_type || candidate.type.empty()) return false;
  candidate.component = *component;
  candidate.priority = *priority;
  candidate.port = *port;
  candidate.extra = value;
  media.candidates.push_back(std::move(candidate));
  return true;
}

bool on_msid(Media& media, std::string_view value) {
  Msid msid;
  msid.stream = take_token(value);
  msid.track = take_token(value);
  if (msid.stream.empty() || !value.empty()) return false;
  media.msids.push_back(std::move(msid));
  return true;
}

bool on_ssrc(Media& media, std::string_view value) {
  const auto ssrc = to_number<uint32_t>(take_token(value));
  auto attribute = to_attribute(value);
  if (!ssrc || !attribute) return false;
  media.ssrcs.push_back({Ssrc(*ssrc), std::move(*attribute)});
  return true;
}

bool on_crypto(Media& media, std::string_view value) {
  value = trim(value);
  if (value.empty()) return false;
  media.crypto.emplace_back(value);
  return true;
}

constexpr std::array<Handler<Media>, 14> kMediaHandlers{{
    {"rtpmap", on_rtpmap},
    {"fmtp", on_fmtp},
    {"rtcp-fb", on_rtcp_feedback},
    {"ptime", [](Media& m, std::string_view v) { return set_milliseconds(m.ptime, v); }},
    {"maxptime", [](Media& m, std::string_view v) { return set_milliseconds(m.maxptime, v); }},
    {"rtcp", on_rtcp},
    {"rtcp-mux", [](Media& m, std::string_view v) { return set_flag(m.rtcp_mux, v); }},
    {"rtcp-rsize", [](Media& m, std::string_view v) { return set_flag(m.rtcp_rsize, v); }},
    {"mid", [](Media& m, std::string_view v) { return set_token(m.mid, v); }},
    {"candidate", on_candidate},
    {"end-of-candidates",
     [](Media& m, std::string_view v) { return set_flag(m.end_of_candidates, v); }},
    {"msid", on_msid},
    {"ssrc", on_ssrc},
    {"crypto", on_crypto},
}};

struct StaticCodec {
  uint8_t type;
  std::string_view name;
};
// RFC 3551 table 4, all at 8000 Hz with one channel (of G.722 that is the well-known lie).
constexpr std::array<StaticCodec, 5> kStaticCodecs{
    {{0, "PCMU"}, {8, "PCMA"}, {9, "G722"}, {13, "CN"}, {18, "G729"}}};

}  // namespace

void apply_session_attribute(Session& session, std::string_view line) {
  auto attribute = to_attribute(line);
  if (!attribute || apply(kSessionHandlers, session, *attribute) ||
      apply(kLevelHandlers, static_cast<Level&>(session), *attribute)) {
    return;
  }
  session.attributes.push_back(std::move(*attribute));
}

void apply_media_attribute(Media& media, std::string_view line) {
  auto attribute = to_attribute(line);
  if (!attribute || apply(kMediaHandlers, media, *attribute) ||
      apply(kLevelHandlers, static_cast<Level&>(media), *attribute)) {
    return;
  }
  media.attributes.push_back(std::move(*attribute));
}

void complete_static_codecs(Media& media) {
  for (Codec& codec : media.codecs) {
    if (!codec.name.empty()) continue;
    const auto found =
        std::ranges::find(kStaticCodecs, codec.payload_type.value(), &StaticCodec::type);
    if (found == kStaticCodecs.end()) continue;
    codec.name = found->name;
    codec.clock_rate = 8000;
  }
}

}  // namespace patchcord::sdp

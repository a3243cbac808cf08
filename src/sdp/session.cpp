// SPDX-License-Identifier: GPL-3.0-or-later
#include "sdp/session.h"

#include <algorithm>

namespace patchcord::sdp {
namespace {

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

Connection Connection::of(const IpAddress& ip) {
  return {ip.is_v6() ? AddressType::kIp6 : AddressType::kIp4, ip.to_string()};
}

std::optional<IpAddress> Connection::ip() const {
  const std::string_view text = address;
  return IpAddress::parse(text.substr(0, text.find('/')));
}

std::optional<std::string_view> Level::attribute(std::string_view wanted) const {
  const auto found = std::ranges::find(attributes, wanted, &Attribute::name);
  if (found == attributes.end()) return std::nullopt;
  return found->value;
}

bool Level::has_attribute(std::string_view wanted) const {
  return attribute(wanted).has_value();
}

bool Media::is_rtp() const {
  return protocol.find("RTP/") != std::string::npos;
}

bool Media::is_secure() const {
  return is_rtp() && protocol.find("/SAVP") != std::string::npos;
}

bool Media::is_dtls() const {
  return is_secure() && protocol.find("TLS/") != std::string::npos;
}

bool Media::is_rejected() const {
  return port == 0 && !has_attribute("bundle-only");
}

const Codec* Media::codec(PayloadType wanted) const {
  const auto found = std::ranges::find(codecs, wanted, &Codec::payload_type);
  return found == codecs.end() ? nullptr : &*found;
}

std::optional<Connection> Session::connection_of(const Media& line) const {
  return line.connection ? line.connection : connection;
}

Direction Session::direction_of(const Media& line) const {
  return line.direction.value_or(direction.value_or(Direction::kSendRecv));
}

std::optional<Setup> Session::setup_of(const Media& line) const {
  return line.setup ? line.setup : setup;
}

const std::vector<Fingerprint>& Session::fingerprints_of(const Media& line) const {
  return line.fingerprints.empty() ? fingerprints : line.fingerprints;
}

const std::string& Session::ice_ufrag_of(const Media& line) const {
  return line.ice_ufrag.empty() ? ice_ufrag : line.ice_ufrag;
}

const std::string& Session::ice_pwd_of(const Media& line) const {
  return line.ice_pwd.empty() ? ice_pwd : line.ice_pwd;
}

std::optional<SocketAddress> Session::address_of(const Media& line) const {
  const auto place = connection_of(line);
  const auto ip = place ? place->ip() : std::nullopt;
  if (!ip) return std::nullopt;
  return SocketAddress(*ip, line.port);
}

const Group* Session::bundle() const {
  const auto found = std::ranges::find(groups, "BUNDLE", &Group::semantics);
  return found == groups.end() ? nullptr : &*found;
}

const Media* Session::media_with_mid(std::string_view mid) const {
  const auto found = std::ranges::find(media, mid, &Media::mid);
  return found == media.end() ? nullptr : &*found;
}

std::string_view to_string(Direction direction) {
  switch (direction) {
    case Direction::kSendRecv:
      return "sendrecv";
    case Direction::kSendOnly:
      return "sendonly";
    case Direction::kRecvOnly:
      return "recvonly";
    case Direction::kInactive:
      return "inactive";
  }
  return {};
}

std::string_view to_string(Setup setup) {
  switch (setup) {
    case Setup::kActive:
      return "active";
    case Setup::kPassive:
      return "passive";
    case Setup::kActPass:
      return "actpass";
    case Setup::kHoldConn:
      return "holdconn";
  }
  return {};
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace patchcord::sdp

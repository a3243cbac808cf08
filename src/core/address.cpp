// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

namespace patchcord {

IpAddress IpAddress::v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  IpAddress ip;
  ip.family_ = Family::kV4;
  ip.bytes_ = {a, b, c, d};
  return ip;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
    if (text.find(':') == std::string_view::npos) return std::nullopt;
  }
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  if (std::memchr(buffer, '\0', text.size())) return std::nullopt;

  IpAddress ip;
  if (inet_pton(AF_INET, buffer, ip.bytes_.data()) == 1) {
    ip.family_ = Family::kV4;
    return ip;
  }
  if (inet_pton(AF_INET6, buffer, ip.bytes_.data()) != 1) return std::nullopt;
  static constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(ip.bytes_.data(), kMapped.data(), kMapped.size()) == 0) {
    return v4(ip.bytes_[12], ip.bytes_[13], ip.bytes_[14], ip.bytes_[15]);
  }
  ip.family_ = Family::kV6;
  return ip;
}

bool IpAddress::is_unspecified() const {
  return bytes_ == std::array<uint8_t, 16>{};
}

IpAddress IpAddress::network() const {
  IpAddress network = *this;
  if (is_v6()) std::fill(network.bytes_.begin() + 8, network.bytes_.end(), uint8_t{0});
  return network;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return bytes_[0] == 127;
  static constexpr std::array<uint8_t, 16> kOne{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return is_v6() && bytes_ == kOne;
}

bool IpAddress::is_private() const {
  const auto& b = bytes_;
  if (is_v4()) {
    return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
           (b[0] == 169 && b[1] == 254) || (b[0] == 100 && (b[1] & 0xc0) == 64);
  }
  return is_v6() && ((b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80));
}

bool IpAddress::is_multicast() const {
  if (is_v4()) {
    return (bytes_[0] & 0xf0) == 0xe0 || (bytes_[0] & bytes_[1] & bytes_[2] & bytes_[3]) == 0xff;
  }
  return is_v6() && bytes_[0] == 0xff;
}

std::string IpAddress::to_string() const {
  if (family_ == Family::kNone) return "none";
  char buffer[INET6_ADDRSTRLEN];
  inet_ntop(is_v4() ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = text.substr(0, colon);
  if (host.find(':') != std::string_view::npos && host.front() != '[') return std::nullopt;
  const std::optional<IpAddress> ip = IpAddress::parse(host);
  const std::string_view digits = text.substr(colon + 1);
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (!ip || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return SocketAddress(*ip, port);
}

SocketAddress SocketAddress::from_sockaddr(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    uint8_t b[4];
    std::memcpy(b, &in.sin_addr, 4);
    return {IpAddress::v4(b[0], b[1], b[2], b[3]), ntohs(in.sin_port)};
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    const auto* b = reinterpret_cast<const uint8_t*>(&in.sin6_addr);
    if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
      return {IpAddress::v4(b[12], b[13], b[14], b[15]), ntohs(in.sin6_port)};
    }
    IpAddress ip;
    ip.family_ = IpAddress::Family::kV6;
    std::memcpy(ip.bytes_.data(), b, 16);
    return {ip, ntohs(in.sin6_port)};
  }
  return {};
}

socklen_t SocketAddress::to_sockaddr(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof out);
  if (ip_.is_v6()) {
    auto& in = reinterpret_cast<sockaddr_in6&>(out);
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port_);
    std::memcpy(&in.sin6_addr, ip_.bytes_.data(), 16);
    return sizeof in;
  }
  auto& in = reinterpret_cast<sockaddr_in&>(out);
  in.sin_family = AF_INET;
  in.sin_port = htons(port_);
  std::memcpy(&in.sin_addr, ip_.bytes_.data(), 4);
  return sizeof in;
}

std::string SocketAddress::to_string() const {
  const std::string host = ip_.is_v6() ? "[" + ip_.to_string() + "]" : ip_.to_string();
  return host + ":" + std::to_string(port_);
}

}  // namespace patchcord

size_t std::hash<patchcord::IpAddress>::operator()(const patchcord::IpAddress& ip) const noexcept {
  uint64_t words[2];
  std::memcpy(words, ip.bytes().data(), sizeof words);
  uint64_t h = words[0] * 0x9e3779b97f4a7c15u ^ (words[1] + 0x632be59bd9b4e019u);
  h ^= h >> 32;
  return h * 0xd6e8feb86659fd93u;
}

size_t std::hash<patchcord::SocketAddress>::operator()(
    const patchcord::SocketAddress& address) const noexcept {
  const size_t h =
      std::hash<patchcord::IpAddress>()(address.ip()) ^ (address.port() * 0x9e3779b97f4a7c15u);
  return h ^ (h >> 29);
}

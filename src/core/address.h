// SPDX-License-Identifier: GPL-3.0-or-later
// IP addresses and ip:port as values with parse, print, hash and the questions policy asks of them.
// Numeric only: names are the business of sip/resolver.
// Thread: any.
#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace patchcord {

class IpAddress {
 public:
  enum class Family : uint8_t { kNone, kV4, kV6 };

  IpAddress() = default;
  static IpAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
  // "192.0.2.1", "2001:db8::1" or "[2001:db8::1]". An IPv4-mapped IPv6 address becomes IPv4.
  static std::optional<IpAddress> parse(std::string_view text);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::kV4; }
  bool is_v6() const { return family_ == Family::kV6; }
  bool is_unspecified() const;  // none, 0.0.0.0 or ::
  bool is_loopback() const;
  bool is_private() const;    // RFC 1918, RFC 6598, link-local, unique local; not loopback
  bool is_multicast() const;  // multicast or limited broadcast
  // Whom to count as one: an IPv4 address, and of IPv6 the /64, in which a host picks at will.
  IpAddress network() const;
  std::string to_string() const;  // IPv6 without brackets

  const std::array<uint8_t, 16>& bytes() const { return bytes_; }  // IPv4 in the first four
  auto operator<=>(const IpAddress&) const = default;

 private:
  friend class SocketAddress;
  Family family_ = Family::kNone;
  std::array<uint8_t, 16> bytes_{};
};

class SocketAddress {
 public:
  SocketAddress() = default;
  SocketAddress(IpAddress ip, uint16_t port) : ip_(ip), port_(port) {}
  // "192.0.2.1:5060" or "[2001:db8::1]:5060"; the port must be there.
  static std::optional<SocketAddress> parse(std::string_view text);
  static SocketAddress from_sockaddr(const sockaddr* address);
  socklen_t to_sockaddr(sockaddr_storage& out) const;  // the length to pass to the system

  const IpAddress& ip() const { return ip_; }
  uint16_t port() const { return port_; }
  bool is_set() const { return ip_.family() != IpAddress::Family::kNone && port_ != 0; }
  std::string to_string() const;  // IPv6 in brackets
  auto operator<=>(const SocketAddress&) const = default;

 private:
  IpAddress ip_;
  uint16_t port_ = 0;
};

}  // namespace patchcord

template <>
struct std::hash<patchcord::IpAddress> {
  size_t operator()(const patchcord::IpAddress& ip) const noexcept;
};
template <>
struct std::hash<patchcord::SocketAddress> {
  size_t operator()(const patchcord::SocketAddress& address) const noexcept;
};

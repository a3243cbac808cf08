// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <charconv>

#include "app/config_sections.h"

namespace patchcord::app {
namespace {

std::function<std::string(const std::string&)> listener(std::optional<SocketAddress>& out) {
  return [&out](const std::string& text) -> std::string {
    if (text == "off") {
      out.reset();
      return {};
    }
    const auto address = SocketAddress::parse(text);
    if (!address) return "is not an address like 0.0.0.0:8080 or [::]:8080, nor off";
    out = *address;
    return {};
  };
}

void add_once(const IpAddress& ip, std::vector<IpAddress>& out) {
  if (std::find(out.begin(), out.end(), ip) == out.end()) out.push_back(ip);
}

std::string add_addresses(const std::string& text, std::vector<IpAddress>& out) {
  if (text == "auto") {
    for (const IpAddress& ip : default_route_addresses()) add_once(ip, out);
    return {};
  }
  const auto ip = IpAddress::parse(text);
  if (!ip || ip->is_unspecified() || ip->is_multicast()) {
    return "is not an IP address like 192.0.2.1, nor auto";
  }
  add_once(*ip, out);
  return {};
}

// As a browser writes its Origin header (RFC 6454 6.2): lower case, no path, no default port.
std::string add_origin(const std::string& text, std::vector<std::string>& out) {
  std::string origin = lower(text);
  const size_t slashes = origin.find("://");
  const std::string scheme = origin.substr(0, slashes);
  if (slashes == std::string::npos || (scheme != "https" && scheme != "http") ||
      origin.size() == slashes + 3 || origin.find_first_of("/?#@* ", slashes + 3) != origin.npos) {
    return "is not an origin like https://example.com or http://example.com:8080";
  }
  const std::string_view default_port = scheme == "https" ? ":443" : ":80";
  if (origin.ends_with(default_port)) origin.resize(origin.size() - default_port.size());
  out.push_back(std::move(origin));
  return {};
}

std::string set_ports(const std::string& text, Config& config) {
  unsigned first = 0, last = 0;
  const char* const end = text.data() + text.size();
  const auto [dash, error] = std::from_chars(text.data(), end, first);
  if (error != std::errc() || dash == end || *dash != '-') return "is not a range like 20000-29999";
  const auto [stop, second] = std::from_chars(dash + 1, end, last);
  if (second != std::errc() || stop != end || first < 1024 || last > 65535 || first + 1 > last) {
    return "is not a range of ports between 1024 and 65535";
  }
  config.rtp.first_port = static_cast<uint16_t>(first);
  config.rtp.last_port = static_cast<uint16_t>(last);
  return {};
}

}  // namespace

void read_own_addresses(YamlSection& section, std::string_view key, std::vector<IpAddress>& out) {
  std::vector<IpAddress> addresses;
  section.read_list(key, [&](const std::string& text) -> std::string {
    std::string wrong = add_addresses(text, addresses);
    const auto count = [&](IpAddress::Family family) {
      return std::count_if(addresses.begin(), addresses.end(),
                           [&](const IpAddress& ip) { return ip.family() == family; });
    };
    if (count(IpAddress::Family::kV4) > 1 || count(IpAddress::Family::kV6) > 1) {
      return "is the second address of its family: one of IPv4 and one of IPv6 can be said";
    }
    return wrong;
  });
  if (!addresses.empty()) out = std::move(addresses);
}

// public_address is a shorthand; a key of its own for one of the three says it better.
void read_addresses(YamlSection& root, Config& config) {
  std::vector<IpAddress> everywhere;
  read_own_addresses(root, "public_address", everywhere);
  if (!everywhere.empty()) {
    config.rtc.addresses = config.sip.addresses = config.rtp.addresses = std::move(everywhere);
  }
  root.read_section("rtc", [&](YamlSection& rtc) {
    std::vector<IpAddress> addresses;
    rtc.read_list("addresses",
                  [&](const std::string& text) { return add_addresses(text, addresses); });
    if (!addresses.empty()) config.rtc.addresses = std::move(addresses);
    rtc.read_number("port", 1024, 65535,
                    [&](int64_t n) { config.rtc.port = static_cast<uint16_t>(n); });
    rtc.read_text("tcp", [&](const std::string& text) -> std::string {
      if (text != "on" && text != "off") return "is neither on nor off";
      config.rtc.tcp = text == "on";
      return {};
    });
    rtc.read_text("workers", [&](const std::string& text) -> std::string {
      if (text == "auto") return {};
      unsigned n = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
      if (error != std::errc() || end != text.data() + text.size() || n < 1 || n > 256) {
        return "is neither auto nor a number from 1 to 256";
      }
      config.rtc.workers = n;
      return {};
    });
  });
  root.read_section("rtp", [&](YamlSection& rtp) {
    read_own_addresses(rtp, "address", config.rtp.addresses);
    rtp.read_text("ports", [&](const std::string& text) { return set_ports(text, config); });
  });
}

void read_web(YamlSection& root, Config& config) {
  root.read_section("listen", [&](YamlSection& listen) {
    listen.read_text("http", listener(config.listen.http));
    listen.read_text("https", listener(config.listen.https));
    listen.read_text("admin", listener(config.listen.admin));
  });
  root.read_section("tls", [&](YamlSection& tls) {
    std::string certificate, key;
    tls.read("certificate", certificate);
    tls.read("key", key);
    config.tls = {certificate, key};
  });
  root.read_section("web", [&](YamlSection& web) {
    std::string folder;
    web.read("root", folder);
    config.web.root = folder;
    web.read_list("allowed_origins", [&](const std::string& origin) {
      return add_origin(origin, config.web.allowed_origins);
    });
    web.read_list("trusted_proxies", [&](const std::string& text) {
      return add_addresses(text, config.web.trusted_proxies);
    });
  });
  std::string state = config.state;
  root.read("state", state);
  config.state = state;
}

}  // namespace patchcord::app

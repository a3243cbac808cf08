// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/config.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "app/config_sections.h"
#include "sip/transport.h"

namespace patchcord::app {
namespace {

constexpr size_t kMaxFile = 1 << 20;
constexpr int kMaxNesting = 16;

SocketAddress v4(const char* text) {
  return *SocketAddress::parse(text);
}

void read_root(const YAML::Node& node, ConfigResult& result) {
  Config& config = result.config;
  YamlSection root(node, "", result.problems);
  read_web(root, config);
  read_addresses(root, config);
  read_sip(root, config, result.problems);
  read_registrar(root, config);
  read_codecs(root, config);
  read_limits(root, config);
  read_records(root, config);
  read_log(root, config);
}

// The library reads nested text by calling itself: its depth is bounded before it is asked.
bool is_nested_too_deep(std::string_view yaml) {
  int depth = 0;
  size_t indent = 0;
  bool at_line_start = true;
  for (const char c : yaml) {
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && depth > 0) --depth;
    if (c == '\n') {
      at_line_start = true;
      indent = 0;
    } else if (at_line_start && (c == ' ' || c == '-' || c == '?' || c == ':')) {
      ++indent;
    } else {
      at_line_start = false;
    }
    if (depth > kMaxNesting || indent > 64) return true;
  }
  return false;
}

Config defaults() {
  Config config;
  config.listen.http = v4("0.0.0.0:8080");
  config.listen.https = v4("0.0.0.0:8443");
  config.listen.admin = v4("127.0.0.1:9090");
  return config;
}

void complete(Config& config) {
  if (config.rtc.addresses.empty()) config.rtc.addresses = default_route_addresses();
  if (config.sip.listen.empty()) {
    config.sip.listen = {{SipTransport::kUdp, v4("0.0.0.0:5060")}};
  }
}

}  // namespace

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

ConfigResult read_config(std::string_view yaml) {
  ConfigResult result{.config = defaults(), .stated = {}, .problems = {}};
  if (yaml.size() > kMaxFile) {
    result.problems.push_back({0, "the file is larger than 1 MB"});
  } else if (is_nested_too_deep(yaml)) {
    result.problems.push_back({0, "the file is nested deeper than any configuration needs"});
  } else {
    try {
      const YAML::Node node = YAML::Load(std::string(yaml));
      if (node.IsDefined() && !node.IsNull() && !node.IsMap()) {
        result.problems.push_back({1, "the file must be made of keys, like \"listen:\""});
      } else if (node.IsMap()) {
        read_root(node, result);
        result.stated = stated(node);
      }
    } catch (const YAML::Exception& error) {
      result.problems.push_back(
          {error.mark.is_null() ? 0 : error.mark.line + 1, "this is not YAML: " + error.msg});
    }
  }
  complete(result.config);
  return result;
}

ConfigResult read_config_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    ConfigResult result;
    result.problems.push_back({0, "cannot read " + file.string()});
    return result;
  }
  std::ostringstream text;
  text << in.rdbuf();
  return read_config(text.str());
}

OwnAddress own_media_address(const Config& config, const IpAddress& of_route) {
  using Family = IpAddress::Family;
  const std::vector<IpAddress>& said = config.rtp.addresses;
  OwnAddress own(first_of(said, of_route.family()));
  if (own.first.is_unspecified()) own.first = of_route;
  const Family other = own.first.is_v6() ? Family::kV4 : Family::kV6;
  own.second = first_of(said, other);
  if (!own.second.is_unspecified()) return own;
  const IpAddress loopback = *IpAddress::parse(other == Family::kV4 ? "127.0.0.1" : "::1");
  own.second = own.first.is_loopback() ? sip::source_address_toward({loopback, 9})
                                       : first_of(default_route_addresses(), other);
  return own;
}

std::vector<IpAddress> default_route_addresses() {
  // Documentation networks (RFC 5737, RFC 3849) are reached by the default route; nothing is sent
  // to ask for it.
  std::vector<IpAddress> own;
  for (const IpAddress& far : {IpAddress::v4(203, 0, 113, 1), *IpAddress::parse("2001:db8::1")}) {
    const IpAddress ip = sip::source_address_toward({far, 9});
    if (!ip.is_unspecified() && !ip.is_loopback()) own.push_back(ip);
  }
  if (own.empty()) own.push_back(IpAddress::v4(127, 0, 0, 1));
  return own;
}

}  // namespace patchcord::app

// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "app/yaml_section.h"
#include "call/negotiation.h"
#include "sip/transport.h"

namespace patchcord::app {
namespace {

constexpr size_t kMaxFile = 1 << 20;
constexpr int kMaxNesting = 16;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

SocketAddress v4(const char* text) {
  return *SocketAddress::parse(text);
}

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

std::string add_addresses(const std::string& text, std::vector<IpAddress>& out) {
  const auto ip = text == "auto" ? default_route_address() : IpAddress::parse(text);
  if (!ip || ip->is_unspecified() || ip->is_multicast()) {
    return "is not an IP address like 192.0.2.1, nor auto";
  }
  if (std::find(out.begin(), out.end(), *ip) == out.end()) out.push_back(*ip);
  return {};
}

std::string set_address(const std::string& text, std::optional<IpAddress>& out) {
  std::vector<IpAddress> one;
  std::string wrong = add_addresses(text, one);
  if (wrong.empty()) out = one.front();
  return wrong;
}

std::optional<SipTransport> transport_of(std::string_view text) {
  if (text == "udp") return SipTransport::kUdp;
  if (text == "tcp") return SipTransport::kTcp;
  if (text == "tls") return SipTransport::kTls;
  return std::nullopt;
}

std::string add_sip_listen(const std::string& text, std::vector<SipListen>& out) {
  const size_t colon = text.find(':');
  const auto transport = transport_of(text.substr(0, colon));
  const auto address =
      colon == std::string::npos ? std::nullopt : SocketAddress::parse(text.substr(colon + 1));
  if (!transport || !address) return "is not a listener like udp:0.0.0.0:5060";
  if (*transport == SipTransport::kTls) return "is not done yet: udp and tcp listeners are";
  out.push_back({*transport, *address});
  return {};
}

// "host", "host:port", "[2001:db8::1]:5060" or "*".
std::string set_domain(const std::string& text, AllowedDomain& out) {
  static constexpr const char* kWrong = "is not a host, host:port or *";
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string::npos && text.find(']', colon) == std::string::npos &&
                        (text.front() == '[' || text.find(':') == colon);
  std::string host = lower(has_port ? text.substr(0, colon) : text);
  if (has_port) {
    const auto [end, error] =
        std::from_chars(text.data() + colon + 1, text.data() + text.size(), out.port);
    if (error != std::errc() || end != text.data() + text.size() || out.port == 0) return kWrong;
  }
  const bool good = !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '[' ||
           c == ']' || c == '*';
  });
  if (!good || (host.find('*') != std::string::npos && host != "*")) return kWrong;
  out.host = std::move(host);
  return {};
}

void read_domain(YamlSection& sip, const YAML::Node& node, Config& config,
                 std::vector<ConfigProblem>& problems) {
  AllowedDomain domain;
  if (node.IsScalar()) {
    const std::string wrong = set_domain(node.Scalar(), domain);
    if (!wrong.empty()) {
      return sip.problem(node, fmt::format("sip.domains: \"{}\" {}", node.Scalar(), wrong));
    }
  } else if (node.IsMap()) {
    YamlSection entry(node, "sip.domains", problems);
    entry.read_text("host", [&](const std::string& text) { return set_domain(text, domain); });
    entry.read_text("transport", [&](const std::string& text) -> std::string {
      domain.transport = transport_of(lower(text));
      return domain.transport ? "" : "is neither udp, tcp nor tls";
    });
    entry.read_text("ca", [&](const std::string& text) {
      domain.ca = text;
      return std::string();
    });
    if (domain.host.empty()) return entry.problem(node, "an entry of sip.domains needs a host");
  } else {
    return sip.problem(node, "sip.domains is a list of hosts or of {host, transport, ca}");
  }
  config.sip.domains.push_back(std::move(domain));
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

void read_codecs(YamlSection& section, std::string_view key, std::vector<std::string>& out) {
  std::vector<std::string> names;
  section.read_list(key, [&](const std::string& name) -> std::string {
    if (!call::formats_of({name})) {
      return "is no codec known here: opus, pcma, pcmu, g722 or telephone-event was meant";
    }
    names.push_back(lower(name));
    return {};
  });
  if (!names.empty()) out = std::move(names);
}

void read_limits(YamlSection& limits, Config& config) {
  limits.read_number("calls", 1, 1'000'000,
                     [&](int64_t n) { config.limits.calls = static_cast<size_t>(n); });
  limits.read_number("connections", 1, 1'000'000,
                     [&](int64_t n) { config.limits.connections = static_cast<size_t>(n); });
  limits.read_number("opus_complexity", 0, 10,
                     [&](int64_t n) { config.limits.opus_complexity = static_cast<int>(n); });
  limits.read_duration("ringing", config.limits.ringing);
  limits.read_duration("call_duration", config.limits.call_duration);
  limits.read_duration("media_inactivity", config.limits.media_inactivity);
  limits.read_duration("drain", config.limits.drain);
}

// public_address is a shorthand; a key of its own for one of the three says it better.
void read_addresses(YamlSection& root, Config& config) {
  std::optional<IpAddress> everywhere;
  root.read_text("public_address",
                 [&](const std::string& text) { return set_address(text, everywhere); });
  if (everywhere) {
    config.rtc.addresses = {*everywhere};
    config.sip.address = config.rtp.address = everywhere;
  }
  root.read_section("rtc", [&](YamlSection& rtc) {
    std::vector<IpAddress> addresses;
    rtc.read_list("addresses",
                  [&](const std::string& text) { return add_addresses(text, addresses); });
    if (!addresses.empty()) config.rtc.addresses = std::move(addresses);
    rtc.read_number("port", 1024, 65535,
                    [&](int64_t n) { config.rtc.port = static_cast<uint16_t>(n); });
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
    rtp.read_text("address",
                  [&](const std::string& text) { return set_address(text, config.rtp.address); });
    rtp.read_text("ports", [&](const std::string& text) { return set_ports(text, config); });
  });
}

void read_sip(YamlSection& root, Config& config, std::vector<ConfigProblem>& problems) {
  root.read_section("sip", [&](YamlSection& sip) {
    sip.read_text("address",
                  [&](const std::string& text) { return set_address(text, config.sip.address); });
    std::vector<SipListen> listen;
    sip.read_list("listen", [&](const std::string& text) { return add_sip_listen(text, listen); });
    if (!listen.empty()) config.sip.listen = std::move(listen);
    sip.read_nodes("domains",
                   [&](const YAML::Node& node) { read_domain(sip, node, config, problems); });
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
      config.web.allowed_origins.push_back(origin);
      return std::string();
    });
  });
  std::string state = config.state;
  root.read("state", state);
  config.state = state;
}

void read_registrar(YamlSection& root, Config& config) {
  root.read_section("registrar", [&](YamlSection& registrar) {
    registrar.read("enabled", config.registrar.enabled);
    registrar.read("domain", config.registrar.domain);
    registrar.read_pairs("users", [&](const std::string& login, const std::string& password) {
      config.registrar.users[login] = password;
    });
  });
}

void read_log(YamlSection& root, Config& config) {
  root.read_section("log", [&](YamlSection& section) {
    section.read_text("level", [&](const std::string& text) -> std::string {
      const std::map<std::string, log::Level> levels{{"debug", log::Level::kDebug},
                                                     {"info", log::Level::kInfo},
                                                     {"warn", log::Level::kWarn},
                                                     {"error", log::Level::kError}};
      const auto found = levels.find(text);
      if (found == levels.end()) return "is neither debug, info, warn nor error";
      config.log_level = found->second;
      return {};
    });
  });
}

void read_root(const YAML::Node& node, ConfigResult& result) {
  Config& config = result.config;
  YamlSection root(node, "", result.problems);
  read_web(root, config);
  read_addresses(root, config);
  read_sip(root, config, result.problems);
  read_registrar(root, config);
  root.read_section("codecs", [&](YamlSection& codecs) {
    read_codecs(codecs, "browser", config.codecs.browser);
    read_codecs(codecs, "sip", config.codecs.sip);
  });
  root.read_section("limits", [&](YamlSection& limits) { read_limits(limits, config); });
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
  if (config.rtc.addresses.empty()) config.rtc.addresses = {default_route_address()};
  if (config.sip.listen.empty()) {
    config.sip.listen = {{SipTransport::kUdp, v4("0.0.0.0:5060")}};
  }
}

}  // namespace

ConfigResult read_config(std::string_view yaml) {
  ConfigResult result{defaults(), {}};
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

Config demo_config() {
  Config config = defaults();
  config.registrar.enabled = true;
  config.registrar.domain = "patchcord.local";
  config.registrar.users = {{"demo1", "demo1"}, {"demo2", "demo2"}};
  config.rtc.addresses = {default_route_address()};
  const IpAddress loopback = IpAddress::v4(127, 0, 0, 1);
  if (config.rtc.addresses.front() != loopback) config.rtc.addresses.push_back(loopback);
  // The demo needs no SIP server: nobody outside is given a door, and a softphone keeps its port.
  config.sip.listen = {{SipTransport::kUdp, v4("127.0.0.1:0")}};
  return config;
}

IpAddress default_route_address() {
  // TEST-NET-3 (RFC 5737) is reached by the default route; nothing is sent to ask for it.
  const IpAddress own = sip::source_address_toward({IpAddress::v4(203, 0, 113, 1), 9});
  return own.is_unspecified() ? IpAddress::v4(127, 0, 0, 1) : own;
}

}  // namespace patchcord::app

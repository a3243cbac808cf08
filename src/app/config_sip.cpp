// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "app/config_sections.h"

namespace patchcord::app {
namespace {

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
  if (!transport || !address) return "is not a listener like udp:0.0.0.0:5060 or tls:[::]:5061";
  out.push_back({*transport, *address});
  return {};
}

std::string add_name_server(const std::string& text, Config& config) {
  const auto ip = IpAddress::parse(text);
  const auto server = ip ? std::optional(SocketAddress(*ip, 53)) : SocketAddress::parse(text);
  if (!server) return "is no name server like 192.0.2.53 or 192.0.2.53:53";
  config.sip.dns.push_back(*server);
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

}  // namespace

void read_sip(YamlSection& root, Config& config, std::vector<ConfigProblem>& problems) {
  root.read_section("sip", [&](YamlSection& sip) {
    read_own_addresses(sip, "address", config.sip.addresses);
    std::vector<SipListen> listen;
    sip.read_list("listen", [&](const std::string& text) { return add_sip_listen(text, listen); });
    if (!listen.empty()) config.sip.listen = std::move(listen);
    sip.read_nodes("domains",
                   [&](const YAML::Node& node) { read_domain(sip, node, config, problems); });
    sip.read_list("dns", [&](const std::string& text) { return add_name_server(text, config); });
    sip.read_section("tls", [&](YamlSection& tls) {
      std::string certificate, key;
      tls.read("certificate", certificate);
      tls.read("key", key);
      config.sip.tls = {certificate, key};
    });
  });
}

void read_registrar(YamlSection& root, Config& config) {
  root.read_section("registrar", [&](YamlSection& registrar) {
    registrar.read("enabled", config.registrar.enabled);
    registrar.read("domain", config.registrar.domain);
    registrar.read_pairs("users", [&](const std::string& login, const std::string& password) {
      config.registrar.users[login] = password;
    });
    registrar.read_pairs("numbers", [&](const std::string& number, const std::string& login) {
      config.registrar.numbers[number] = login;
    });
    registrar.read("trust_flows", config.registrar.trust_flows);
    std::vector<std::string> digest;
    registrar.read_list("digest", [&](const std::string& name) -> std::string {
      if (lower(name) != "sha-256" && lower(name) != "md5") return "is neither sha-256 nor md5";
      digest.push_back(lower(name));
      return {};
    });
    if (!digest.empty()) config.registrar.digest = std::move(digest);
  });
}

const AllowedDomain* find_domain(const std::vector<AllowedDomain>& domains, std::string_view host,
                                 uint16_t port, std::optional<SipTransport> transport) {
  const std::string name = host_name(host);
  for (const AllowedDomain& domain : domains) {
    if (domain.transport && transport && *domain.transport != *transport) continue;
    if (domain.host == "*") return &domain;
    const auto carried = transport ? transport : domain.transport;
    const uint16_t usual = carried == SipTransport::kTls ? 5061 : 5060;
    const bool is_port = domain.port == 0 || domain.port == (port == 0 ? usual : port);
    if (host_name(domain.host) == name && is_port) return &domain;
  }
  return nullptr;
}

std::string host_name(std::string_view host) {
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return lower(std::string(host));
}

}  // namespace patchcord::app

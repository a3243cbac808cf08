// SPDX-License-Identifier: GPL-3.0-or-later
// Config: the whole configuration as one value, read once from YAML and then never changed. A
// mistake is told with its line, what is wrong and what was meant; an unknown key is a mistake.
// Thread: any (a value). YAML stays in config*.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/address.h"
#include "core/log.h"
#include "core/own_address.h"
#include "core/result.h"

namespace patchcord::app {

enum class SipTransport : uint8_t { kUdp, kTcp, kTls };

struct SipListen {
  SipTransport transport = SipTransport::kUdp;
  SocketAddress address;
};

// A next hop that may be called: "*" allows every one.
struct AllowedDomain {
  std::string host;                       // lower case; "*": any
  uint16_t port = 0;                      // 0: any
  std::optional<SipTransport> transport;  // none: any
  std::filesystem::path ca;               // own certificate authority; empty: the system's
};

struct Config {
  struct {
    std::optional<SocketAddress> http, https, admin;  // none: does not listen
  } listen;
  struct {
    std::filesystem::path certificate, key;  // empty: a self-signed one is made in `state`
  } tls;
  std::filesystem::path state = "patchcord-state";  // where the self-signed certificate is kept
  struct {
    std::filesystem::path root;  // of the Phone page; empty: found beside the program
    std::vector<std::string> allowed_origins;
    std::vector<IpAddress> trusted_proxies;  // whose X-Forwarded-For is believed
  } web;
  struct {
    std::vector<IpAddress> addresses;  // candidates to the browser
    uint16_t port = 10000;             // worker i uses port + i
    bool tcp = true;                   // ICE over TCP at the same numbers
    unsigned workers = 0;              // 0: one for each core
  } rtc;
  struct {
    std::vector<IpAddress> addresses;  // in Via and Contact; none: that of the route to the peer
    std::vector<SipListen> listen;
    std::vector<AllowedDomain> domains;
    std::vector<SocketAddress> dns;  // name servers; none: the system's
    struct {
      std::filesystem::path certificate, key;  // empty: those of `tls`, and servers see none
    } tls;
  } sip;
  struct {
    std::vector<IpAddress> addresses;  // in our SDP; none: that of the route to the peer
    uint16_t first_port = 20000, last_port = 29999;
  } rtp;
  struct {
    bool enabled = false;
    std::string domain = "patchcord.local";
    std::map<std::string, std::string, std::less<>> users;    // login to password
    std::map<std::string, std::string, std::less<>> numbers;  // "+15550100" to login
    bool trust_flows = false;  // a registered phone's calls need no password
    std::vector<std::string> digest{"sha-256", "md5"};  // what phones are challenged with
  } registrar;
  struct {
    std::vector<std::string> browser{"opus", "pcma", "pcmu", "g722", "telephone-event"};
    std::vector<std::string> sip{"opus", "g722", "pcma", "pcmu", "telephone-event"};
  } codecs;
  struct {
    size_t calls = 2000;
    size_t connections = 10000;
    std::chrono::seconds ringing{90};
    std::chrono::seconds sip_answer{8};  // until a SIP server says anything to a call; 0: 32 s
    std::chrono::seconds call_duration{4 * 3600};  // 0: none
    std::chrono::seconds media_inactivity{60};
    std::chrono::seconds drain{0};
    size_t connections_per_address = 500;
    size_t sessions_per_account = 100;
    size_t calls_per_user = 100;
    size_t calls_per_address = 500;
    size_t calls_per_minute = 300;  // of a user
    uint32_t sign_in_failures = 5;
    uint32_t sign_in_failures_of_account = 50;
    uint32_t sign_in_failures_of_address = 100;
    std::chrono::seconds sign_in_lock{300};
    std::chrono::seconds reload{5};
    std::chrono::seconds resume{60};
    std::chrono::seconds keep_alive{600};
    int opus_complexity = 5;
  } limits;
  struct {
    std::filesystem::path file;  // a line a call; empty: none are kept
  } records;
  log::Level log_level = log::Level::kInfo;
};

// What two files say differently, key by key: "limits.calls". `from` and `to` are empty where a
// file does not name the key; a password is never shown.
struct ConfigChange {
  std::string key, from, to;
  bool needs_restart = false;  // the running gateway cannot take it over
};

struct ConfigProblem {
  int line = 0;  // 1 is the first; 0: the file as a whole
  std::string text;
};

struct ConfigResult {
  Config config;
  std::map<std::string, std::string> stated{};  // what the file says, key by key
  std::vector<ConfigProblem> problems;          // none: the config is good
};

// Reads YAML text. Never throws.
ConfigResult read_config(std::string_view yaml);
ConfigResult read_config_file(const std::filesystem::path& file);

// What a running gateway can take over of a new configuration; all else stays as it began.
void take_over(Config& running, const Config& fresh);

std::vector<ConfigChange> changes_between(const ConfigResult& from, const ConfigResult& to);

// The entry that allows a next hop; null: none does. port 0: not given.
const AllowedDomain* find_domain(const std::vector<AllowedDomain>& domains, std::string_view host,
                                 uint16_t port, std::optional<SipTransport> transport);
// Lower case, without the brackets of an IPv6 address: as certificates write it.
std::string host_name(std::string_view host);

// By which addresses of ours media reaches us, said to whom the route leaves from `of_route`: the
// configured ones, else that one; and the other family's likewise.
OwnAddress own_media_address(const Config& config, const IpAddress& of_route);

// The addresses by which this machine reaches others, of both families as far as it has them;
// 127.0.0.1 when it reaches nobody.
std::vector<IpAddress> default_route_addresses();

}  // namespace patchcord::app

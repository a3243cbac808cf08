// SPDX-License-Identifier: GPL-3.0-or-later
// Api: what an operator reads, health and live calls, and what the page asks first, as JSON text.
// It changes nothing. Thread: control (it is given values). docs/admin.md describes every field
// with its unit.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call/observer.h"

namespace patchcord::admin {

struct Health {
  std::string version;
  std::string openssl;
  Duration uptime{};
  size_t calls = 0;
  size_t sessions = 0;
  size_t registrations = 0;
  size_t port_pairs = 0;
  bool is_draining = false;
};

// What GET /config.json tells the page before anybody signs in.
struct PageFacts {
  bool is_demo = false;
  std::string domain;  // of the gateway's own users; empty: there are none
  // Login and password, in the demo only: never those of a real configuration.
  std::vector<std::pair<std::string, std::string>> users;
  // The phone that is a second page, and the number that rings it; in the demo only.
  struct Mobile {
    std::string number, login, password;
  };
  std::optional<Mobile> mobile{};
};

// Whether a load balancer should send new calls here.
struct Readiness {
  bool is_draining = false;
  bool has_media_ports = true;                    // a call could lease a pair now
  std::optional<Duration> certificate_left = {};  // of the page; nothing: it has none

  bool is_ready() const {
    return !is_draining && has_media_ports && (!certificate_left || certificate_left->count() > 0);
  }
};

std::string readiness_json(const Readiness& readiness);
std::string page_json(const PageFacts& facts);
std::string health_json(const Health& health);
std::string calls_json(const std::vector<call::Snapshot>& calls);

}  // namespace patchcord::admin

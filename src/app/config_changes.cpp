// SPDX-License-Identifier: GPL-3.0-or-later
// What a reload would change.
#include <algorithm>
#include <array>

#include "app/config_sections.h"

namespace patchcord::app {
namespace {

// What was bound, made or handed to another thread at the start stays as it is until the next one.
constexpr std::array kOfTheStart = {
    "limits.connections_per_address",
    "limits.sip_answer",
    "limits.sign_in_failures",
    "limits.sign_in_failures_of_account",
    "limits.sign_in_failures_of_address",
    "limits.sign_in_lock",
    "listen",
    "public_address",
    "records",
    "registrar.domain",
    "registrar.enabled",
    "rtc",
    "rtp",
    "sip.address",
    "sip.dns",
    "sip.listen",
    "sip.tls",
    "state",
    "tls",
    "web.root",
    "limits.calls_per_address",
    "limits.calls_per_minute",
    "limits.calls_per_user",
    "limits.connections",
    "limits.connections_per_address",
    "limits.keep_alive",
    "limits.opus_complexity",
    "limits.reload",
    "limits.resume",
    "limits.sessions_per_account",
    "limits.sign_in_failures",
    "limits.sign_in_failures_of_account",
    "limits.sign_in_failures_of_address",
    "limits.sign_in_lock",
};

bool is_of_the_start(const std::string& key) {
  return std::any_of(kOfTheStart.begin(), kOfTheStart.end(), [&](std::string_view prefix) {
    return key.starts_with(prefix) &&
           (key.size() == prefix.size() || key[prefix.size()] == '.' || key[prefix.size()] == '[');
  });
}

bool is_secret(const std::string& key) {
  return key.starts_with("registrar.users.");
}

ConfigChange change(const std::string& key, const std::string& from, const std::string& to) {
  const auto shown = [&](const std::string& value) {
    return is_secret(key) && !value.empty() ? std::string("***") : value;
  };
  return {.key = key, .from = shown(from), .to = shown(to), .needs_restart = is_of_the_start(key)};
}

// Aliases can make a small file a tree without end, or one that contains itself: what is looked at
// is bounded in number and depth.
struct Flattening {
  static constexpr int kMaxDepth = 32;

  std::map<std::string, std::string>& all;
  int nodes_left = 20'000;

  void take(const YAML::Node& node, const std::string& path, int depth = 0) {
    if (--nodes_left < 0 || depth > kMaxDepth) return;
    if (node.IsMap()) {
      for (const auto& entry : node) {
        const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
        take(entry.second, path.empty() ? key : path + "." + key, depth + 1);
      }
    } else if (node.IsSequence()) {
      size_t index = 0;
      for (const auto& entry : node) {
        take(entry, path + "[" + std::to_string(index++) + "]", depth + 1);
      }
    } else {
      all[path] = node.IsScalar() ? node.Scalar() : std::string();
    }
  }
};

}  // namespace

std::map<std::string, std::string> stated(const YAML::Node& root) {
  std::map<std::string, std::string> all;
  Flattening{.all = all}.take(root, "");
  return all;
}

void take_over(Config& running, const Config& fresh) {
  const auto limits_of_the_start = running.limits;
  running.limits = fresh.limits;
  running.limits.connections = limits_of_the_start.connections;
  running.limits.connections_per_address = limits_of_the_start.connections_per_address;
  running.limits.opus_complexity = limits_of_the_start.opus_complexity;
  running.limits.sip_answer = limits_of_the_start.sip_answer;
  running.limits.sign_in_failures = limits_of_the_start.sign_in_failures;
  running.limits.sign_in_failures_of_account = limits_of_the_start.sign_in_failures_of_account;
  running.limits.sign_in_failures_of_address = limits_of_the_start.sign_in_failures_of_address;
  running.limits.sign_in_lock = limits_of_the_start.sign_in_lock;
  running.sip.domains = fresh.sip.domains;
  running.registrar.users = fresh.registrar.users;
  running.codecs = fresh.codecs;
  running.web.allowed_origins = fresh.web.allowed_origins;
  running.web.trusted_proxies = fresh.web.trusted_proxies;
  running.log_level = fresh.log_level;
}

std::vector<ConfigChange> changes_between(const ConfigResult& from, const ConfigResult& to) {
  std::vector<ConfigChange> changes;
  for (const auto& [key, value] : from.stated) {
    const auto now = to.stated.find(key);
    if (now == to.stated.end()) {
      changes.push_back(change(key, value, {}));
    } else if (now->second != value) {
      changes.push_back(change(key, value, now->second));
    }
  }
  for (const auto& [key, value] : to.stated) {
    if (!from.stated.contains(key)) changes.push_back(change(key, {}, value));
  }
  std::ranges::sort(changes, {}, &ConfigChange::key);
  return changes;
}

}  // namespace patchcord::app

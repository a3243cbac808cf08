// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/config_sections.h"
#include "call/negotiation.h"

namespace patchcord::app {
namespace {

void read_codec_list(YamlSection& section, std::string_view key, std::vector<std::string>& out) {
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

}  // namespace

void read_codecs(YamlSection& root, Config& config) {
  root.read_section("codecs", [&](YamlSection& codecs) {
    read_codec_list(codecs, "browser", config.codecs.browser);
    read_codec_list(codecs, "sip", config.codecs.sip);
  });
}

void read_limits(YamlSection& root, Config& config) {
  root.read_section("limits", [&](YamlSection& limits) {
    const auto count = [&](std::string_view key, auto& out) {
      limits.read_number(key, 1, 1'000'000, [&](int64_t n) {
        out = static_cast<std::remove_reference_t<decltype(out)>>(n);
      });
    };
    count("calls", config.limits.calls);
    count("calls_per_user", config.limits.calls_per_user);
    count("calls_per_address", config.limits.calls_per_address);
    count("calls_per_minute", config.limits.calls_per_minute);
    count("connections", config.limits.connections);
    count("connections_per_address", config.limits.connections_per_address);
    count("sessions_per_account", config.limits.sessions_per_account);
    count("sign_in_failures", config.limits.sign_in_failures);
    count("sign_in_failures_of_account", config.limits.sign_in_failures_of_account);
    count("sign_in_failures_of_address", config.limits.sign_in_failures_of_address);
    limits.read_duration("sign_in_lock", config.limits.sign_in_lock);
    limits.read_number("opus_complexity", 0, 10,
                       [&](int64_t n) { config.limits.opus_complexity = static_cast<int>(n); });
    limits.read_duration("ringing", config.limits.ringing);
    limits.read_duration("sip_answer", config.limits.sip_answer);
    limits.read_duration("call_duration", config.limits.call_duration);
    limits.read_duration("media_inactivity", config.limits.media_inactivity);
    limits.read_duration("drain", config.limits.drain);
    limits.read_duration("reload", config.limits.reload);
    limits.read_duration("resume", config.limits.resume);
    limits.read_duration("keep_alive", config.limits.keep_alive);
  });
}

void read_records(YamlSection& root, Config& config) {
  config.records.file = config.state / "calls.jsonl";
  root.read_section("records", [&](YamlSection& records) {
    records.read_text("file", [&](const std::string& text) -> std::string {
      if (text.empty()) return "is neither a file nor off";
      config.records.file = std::filesystem::path(text == "off" ? std::string() : text);
      return {};
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

}  // namespace patchcord::app

// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdlib>
#include <mutex>

#include "core/assert.h"

namespace patchcord::log {
namespace {

std::atomic<Level> threshold{Level::kInfo};
std::mutex sink_mutex;

Function<void(Level, std::string_view)>& sink() {
  static Function<void(Level, std::string_view)> instance;
  return instance;
}

constexpr std::string_view kNames[] = {"DEBUG", "INFO", "WARN", "ERROR"};

void to_stderr(std::string_view line) {
  static const auto logger = [] {
    auto made = spdlog::stderr_logger_st("patchcord");
    made->set_pattern("%v");
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  logger->info(spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace

void set_level(Level level) {
  threshold = level;
}
Level level() {
  return threshold;
}

void set_sink(Function<void(Level, std::string_view)> new_sink) {
  const std::lock_guard lock(sink_mutex);
  sink() = std::move(new_sink);
}

std::string escaped(std::string_view value) {
  constexpr size_t kMax = 512;
  const bool cut = value.size() > kMax;
  if (cut) value = value.substr(0, kMax);
  bool plain = !value.empty() && !cut;
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= ' ' || u >= 0x7f || c == '"' || c == '\\' || c == '=') plain = false;
  }
  if (plain) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (u < ' ' || u >= 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", u);
    } else {
      out += c;
    }
  }
  out += cut ? "...\"" : "\"";
  return out;
}

void write(Level level, std::string_view event, Fields fields) {
  if (level < threshold) return;
  const auto now = std::chrono::system_clock::now();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  std::string line =
      fmt::format("{:%FT%T}.{:03d}Z {} {}", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                  ms.count() % 1000, kNames[static_cast<size_t>(level)], event);
  for (const Field& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    line += escaped(field.value);
  }
  const std::lock_guard lock(sink_mutex);
  if (sink()) {
    sink()(level, line);
  } else {
    to_stderr(line);
  }
}

}  // namespace patchcord::log

namespace patchcord {

void assertion_failed(const char* condition, const char* file, int line) {
  log::error("assertion.failed", {{"condition", condition}, {"file", file}, {"line", line}});
#ifdef PATCHCORD_CHECKS
  std::abort();
#endif
}

}  // namespace patchcord

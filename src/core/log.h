// SPDX-License-Identifier: GPL-3.0-or-later
// Structured log lines: a level, an event name, fields. "call.ended call=17 sip_call_id=ab12 ..."
// Every value is escaped, so nothing a peer sent can begin a line of its own; passwords are never
// given to it. Never called per packet.
// Thread: any (the sink holds one of the two mutexes of the house).
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/function.h"

namespace patchcord::log {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
  Field(std::string_view key_, std::string_view value_) : key(key_), value(value_) {}
  Field(std::string_view key_, const char* value_) : key(key_), value(value_) {}
  Field(std::string_view key_, const std::string& value_) : key(key_), value(value_) {}
  template <std::integral T>
  Field(std::string_view key_, T value_) : key(key_), value(std::to_string(value_)) {}

  std::string_view key;
  std::string value;
};

using Fields = std::initializer_list<Field>;

void set_level(Level level);
Level level();
// Where finished lines go (without line end); the standard error stream until told otherwise.
void set_sink(Function<void(Level, std::string_view line)> sink);

void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) {
  write(Level::kDebug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) {
  write(Level::kInfo, event, fields);
}
inline void warn(std::string_view event, Fields fields = {}) {
  write(Level::kWarn, event, fields);
}
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::kError, event, fields);
}

// "a b" -> "\"a b\"", control bytes -> \xNN; at most 512 bytes are kept of a value.
std::string escaped(std::string_view value);

}  // namespace patchcord::log

// SPDX-License-Identifier: GPL-3.0-or-later
// The sections of the configuration file, one function each: they read what is there into the
// Config and note what is wrong. Thread: any. Private to app/config*.cpp.
#pragma once

#include <string>

#include "app/yaml_section.h"

namespace patchcord::app {

// config_network.cpp: who listens where, and by which addresses we are reached
void read_web(YamlSection& root, Config& config);
void read_addresses(YamlSection& root, Config& config);
// The addresses we say of ourselves, at most one of each family: 192.0.2.1, [192.0.2.1,
// 2001:db8::1] or auto.
void read_own_addresses(YamlSection& section, std::string_view key, std::vector<IpAddress>& out);

// config_sip.cpp: SIP servers that may be used, and our own users
void read_sip(YamlSection& root, Config& config, std::vector<ConfigProblem>& problems);
void read_registrar(YamlSection& root, Config& config);

// config_limits.cpp: codecs, limits, records, log
void read_codecs(YamlSection& root, Config& config);
void read_limits(YamlSection& root, Config& config);
void read_records(YamlSection& root, Config& config);  // after `state` is known
void read_log(YamlSection& root, Config& config);

// config_changes.cpp: every value of the file under its path
std::map<std::string, std::string> stated(const YAML::Node& root);

std::string lower(std::string text);

}  // namespace patchcord::app

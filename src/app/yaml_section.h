// SPDX-License-Identifier: GPL-3.0-or-later
// YamlSection: one mapping of a YAML file while it is read: each key is taken by name and type, and
// what was not taken at the end is a mistake, told with the key that was probably meant.
// Thread: any. Private to config.cpp.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config.h"

namespace patchcord::app {

class YamlSection {
 public:
  YamlSection(const YAML::Node& node, std::string path, std::vector<ConfigProblem>& problems);
  ~YamlSection();  // reports unknown keys
  YamlSection(const YamlSection&) = delete;
  YamlSection& operator=(const YamlSection&) = delete;

  // Each reads the key if it is there and leaves `out` alone if not, or if the value is wrong (then
  // a problem is noted).
  void read(std::string_view key, std::string& out);
  void read(std::string_view key, bool& out);
  void read_number(std::string_view key, int64_t least, int64_t most,
                   const std::function<void(int64_t)>& use);
  void read_duration(std::string_view key, std::chrono::seconds& out);  // "30", "30s", "5m", "2h"
  // One text; `use` returns what is wrong with it, or nothing.
  void read_text(std::string_view key, const std::function<std::string(const std::string&)>& use);
  // A list of texts (or one text alone).
  void read_list(std::string_view key, const std::function<std::string(const std::string&)>& use);
  void read_nodes(std::string_view key, const std::function<void(const YAML::Node&)>& use);
  void read_section(std::string_view key, const std::function<void(YamlSection&)>& use);
  void read_pairs(std::string_view key,
                  const std::function<void(const std::string&, const std::string&)>& use);

  void problem(const YAML::Node& where, const std::string& text);
  std::string path_of(std::string_view key) const;

 private:
  YAML::Node take(std::string_view key);

  const YAML::Node node_;
  const std::string path_;
  std::vector<ConfigProblem>& problems_;
  std::vector<std::string> known_;
};

}  // namespace patchcord::app

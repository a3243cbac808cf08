// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/yaml_section.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

namespace patchcord::app {
namespace {

// Levenshtein: how many letters to change, add or drop.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, corner + (a[i - 1] == b[j - 1] ? 0 : 1)});
      corner = above;
    }
  }
  return row.back();
}

std::string nearest(const std::string& key, const std::vector<std::string>& known) {
  const auto best = std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
    return distance(key, a) < distance(key, b);
  });
  if (key.size() > 64 || best == known.end() || distance(key, *best) > 3) return {};
  return *best;
}

std::string joined(const std::vector<std::string>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

}  // namespace

YamlSection::YamlSection(const YAML::Node& node, std::string path,
                         std::vector<ConfigProblem>& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {}

YamlSection::~YamlSection() {
  if (!node_.IsMap()) return;
  for (const auto& entry : node_) {
    const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string meant = nearest(key, known_);
    problem(entry.first, fmt::format("unknown key \"{}\"; {}", path_of(key),
                                     meant.empty() ? "known here: " + joined(known_)
                                                   : "did you mean \"" + path_of(meant) + "\"?"));
  }
}

void YamlSection::problem(const YAML::Node& where, const std::string& text) {
  problems_.push_back({where.Mark().is_null() ? 0 : where.Mark().line + 1, text});
}

std::string YamlSection::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

YAML::Node YamlSection::take(std::string_view key) {
  known_.emplace_back(key);
  if (!node_.IsMap()) return {};
  for (const auto& entry : node_) {
    if (entry.first.IsScalar() && entry.first.Scalar() == key) return entry.second;
  }
  return {};
}

void YamlSection::read_text(std::string_view key,
                            const std::function<std::string(const std::string&)>& use) {
  const YAML::Node value = take(key);
  if (!value.IsDefined() || value.IsNull()) return;
  if (!value.IsScalar()) return problem(value, path_of(key) + " must be one value");
  const std::string wrong = use(value.Scalar());
  if (!wrong.empty()) {
    problem(value, fmt::format("{}: \"{}\" {}", path_of(key), value.Scalar(), wrong));
  }
}

void YamlSection::read(std::string_view key, std::string& out) {
  read_text(key, [&](const std::string& text) {
    out = text;
    return std::string();
  });
}

void YamlSection::read(std::string_view key, bool& out) {
  read_text(key, [&](const std::string& text) -> std::string {
    if (text != "true" && text != "false") return "is neither true nor false";
    out = text == "true";
    return {};
  });
}

void YamlSection::read_number(std::string_view key, int64_t least, int64_t most,
                              const std::function<void(int64_t)>& use) {
  read_text(key, [&](const std::string& text) -> std::string {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
      return fmt::format("is not a whole number from {} to {}", least, most);
    }
    use(value);
    return {};
  });
}

void YamlSection::read_duration(std::string_view key, std::chrono::seconds& out) {
  read_text(key, [&](const std::string& text) -> std::string {
    int64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    const std::string_view unit(end, static_cast<size_t>(last - end));
    const int64_t factor = unit.empty() || unit == "s" ? 1
                           : unit == "m"               ? 60
                           : unit == "h"               ? 3600
                                                       : 0;
    if (error != std::errc() || factor == 0 || value < 0 || value > 10'000'000) {
      return "is not a time like 30s, 5m or 2h";
    }
    out = std::chrono::seconds(value * factor);
    return {};
  });
}

void YamlSection::read_nodes(std::string_view key,
                             const std::function<void(const YAML::Node&)>& use) {
  const YAML::Node value = take(key);
  if (!value.IsDefined() || value.IsNull()) return;
  if (value.IsSequence()) {
    for (const auto& item : value) use(item);
  } else {
    use(value);
  }
}

void YamlSection::read_list(std::string_view key,
                            const std::function<std::string(const std::string&)>& use) {
  read_nodes(key, [&](const YAML::Node& item) {
    if (!item.IsScalar()) return problem(item, path_of(key) + " must be a list of values");
    const std::string wrong = use(item.Scalar());
    if (!wrong.empty()) {
      problem(item, fmt::format("{}: \"{}\" {}", path_of(key), item.Scalar(), wrong));
    }
  });
}

void YamlSection::read_section(std::string_view key, const std::function<void(YamlSection&)>& use) {
  const YAML::Node value = take(key);
  const bool absent = !value.IsDefined() || value.IsNull();
  if (!absent && !value.IsMap()) {
    return problem(value, path_of(key) + " must be a group of keys, each on a line of its own");
  }
  if (absent) return;
  YamlSection section(value, path_of(key), problems_);
  use(section);
}

void YamlSection::read_pairs(
    std::string_view key, const std::function<void(const std::string&, const std::string&)>& use) {
  const YAML::Node value = take(key);
  if (!value.IsDefined() || value.IsNull()) return;
  if (!value.IsMap()) return problem(value, path_of(key) + " must be pairs like login: password");
  for (const auto& entry : value) {
    if (!entry.first.IsScalar() || !entry.second.IsScalar()) {
      problem(entry.first, path_of(key) + " must be pairs like login: password");
      continue;
    }
    use(entry.first.Scalar(), entry.second.Scalar());
  }
}

}  // namespace patchcord::app

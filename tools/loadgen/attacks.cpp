// SPDX-License-Identifier: GPL-3.0-or-later
#include "attacks.h"

#include <algorithm>
#include <array>

namespace patchcord::loadgen {
namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Attack> (*make)(const AttackGround&);
};
constexpr std::array<Kind, 6> kKinds{{
    {"bleed", make_bleed},
    {"garbage", make_garbage},
    {"mutants", make_mutants},
    {"replay", make_replay},
    {"renumber", make_renumber},
    {"digits", make_digits},
}};

}  // namespace

std::unique_ptr<Attack> make_attack(const AttackGround& ground) {
  for (const Kind& kind : kKinds) {
    if (kind.name == ground.options.attack) return kind.make(ground);
  }
  return nullptr;
}

std::string names_of_attacks() {
  std::string names;
  for (const Kind& kind : kKinds) {
    if (!names.empty()) names += ", ";
    names += kind.name;
  }
  return names;
}

}  // namespace patchcord::loadgen

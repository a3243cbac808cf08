// SPDX-License-Identifier: GPL-3.0-or-later
// The attacks there are, by name. Thread: that of the loop.
#pragma once

#include <memory>
#include <string>

#include "attack.h"

namespace patchcord::loadgen {

// Nothing for a name that is none.
std::unique_ptr<Attack> make_attack(const AttackGround& ground);
std::string names_of_attacks();

// One file each.
std::unique_ptr<Attack> make_bleed(const AttackGround& ground);
std::unique_ptr<Attack> make_garbage(const AttackGround& ground);
std::unique_ptr<Attack> make_mutants(const AttackGround& ground);
std::unique_ptr<Attack> make_replay(const AttackGround& ground);
std::unique_ptr<Attack> make_renumber(const AttackGround& ground);
std::unique_ptr<Attack> make_digits(const AttackGround& ground);

}  // namespace patchcord::loadgen

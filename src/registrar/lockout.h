// SPDX-License-Identifier: GPL-3.0-or-later
// Lockout: who has given wrong passwords too often: a source for one account after 5, a source as a
// whole after 30. Other sources of the same account are let be, so that nobody can lock a user out.
// Whether the account exists makes no difference. Thread: control. Owner: Gatekeeper.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "core/address.h"
#include "core/time.h"

namespace patchcord::registrar {

class Lockout {
 public:
  static constexpr int kPerAccount = 5;
  static constexpr int kPerSource = 30;
  static constexpr std::chrono::minutes kTime{5};  // failures are forgotten, locks opened
  static constexpr size_t kMaxKept = 8192;

  enum class Locked : uint8_t { kNo, kYes };

  bool is_locked(const IpAddress& source, std::string_view account, MonoTime now) const;
  // kYes: this failure is the one that locks.
  Locked failed(const IpAddress& source, std::string_view account, MonoTime now);
  void succeeded(const IpAddress& source, std::string_view account);
  size_t size() const { return failures_.size(); }

 private:
  using Key = std::pair<IpAddress, std::string>;  // account "": the source as a whole
  struct Failures {
    int count = 0;
    MonoTime last{};
  };

  bool is_over(const Key& key, int limit, MonoTime now) const;
  Locked count(const Key& key, int limit, MonoTime now);
  void make_room(MonoTime now);

  std::map<Key, Failures> failures_;
};

}  // namespace patchcord::registrar

// SPDX-License-Identifier: GPL-3.0-or-later
// Admission: may a further call come in? Calls at once in all, of a user and of an address, and
// calls a minute of a user: the last two are what a stolen password costs at most. It counts; the
// registry tells it of each call's begin and end.
// Thread: control. Owner: Registry.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "call/reason.h"
#include "core/address.h"
#include "core/time.h"

namespace patchcord::call {

struct AdmissionLimits {
  size_t calls = 2000;
  size_t per_user = 100;
  size_t per_address = 500;  // an office behind one NAT shares it
  size_t per_minute = 300;   // begun by one user
};

// Who asks for a call; a call from the network has neither and counts only in all.
struct Applicant {
  std::string user;  // "1001@example.com"
  // IpAddress::network() of a browser's address. On the loopback stands a proxy for everybody: it
  // is not counted.
  IpAddress network;
};

class Admission {
 public:
  explicit Admission(const AdmissionLimits& limits) : limits_(limits) {}

  void set_limits(const AdmissionLimits& limits) { limits_ = limits; }
  void stop() { is_draining_ = true; }
  std::optional<Reason> refusal(const Applicant& applicant, MonoTime now);
  void begin(const Applicant& applicant, MonoTime now);
  void end(const Applicant& applicant);
  size_t users() const { return users_.size(); }  // that are remembered

 private:
  struct User {
    size_t calls = 0;
    size_t begun = 0;  // in the last minute
  };
  void forget_old(MonoTime now);
  void drop_if_idle(const std::string& user);

  AdmissionLimits limits_;
  bool is_draining_ = false;
  size_t calls_ = 0;
  std::unordered_map<std::string, User> users_;
  std::unordered_map<IpAddress, size_t> networks_;
  std::deque<std::pair<MonoTime, std::string>> begun_;  // in the last minute, by whom
};

}  // namespace patchcord::call

// SPDX-License-Identifier: GPL-3.0-or-later
// Home: the gateway's own domain: its users and their numbers, from the configuration, and the
// services that are inside. With it a gateway needs no other server. Where the users' phones are is
// the Registrar's business.
// Thread: control. Owner: app::Gateway.
#pragma once

#include <string>

#include "call/directory.h"
#include "registrar/gatekeeper.h"

namespace patchcord::registrar {

enum class Availability : uint8_t { kOff, kOn };

class Home final : public call::Directory {
 public:
  Home(Availability availability, call::NumberPlan plan, Users users);

  // Who is signed in stays so.
  void set_users(Users users) { users_ = std::move(users); }

  bool is_ours(std::string_view domain) const override;
  const call::NumberPlan& plan() const override { return plan_; }
  bool verify(std::string_view login, std::string_view password) const override;
  bool has_user(std::string_view login) const override { return users_.contains(login); }
  std::unique_ptr<call::Leg> service(call::Service service) override;
  const Users& users() const { return users_; }

 private:
  const Availability availability_;
  const call::NumberPlan plan_;
  Users users_;
};

}  // namespace patchcord::registrar

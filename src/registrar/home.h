// SPDX-License-Identifier: GPL-3.0-or-later
// Home: the gateway's own domain: its users, from the configuration, and its echo service. With it
// the demo needs no other server. It does not take REGISTER from SIP phones yet.
// Thread: control. Owner: app::Gateway.
#pragma once

#include <map>
#include <string>

#include "call/directory.h"

namespace patchcord::registrar {

enum class Availability : uint8_t { kOff, kOn };

class Home final : public call::Directory {
 public:
  using Users = std::map<std::string, std::string, std::less<>>;  // login to password
  Home(Availability availability, std::string domain, Users users);

  // Who is signed in stays so.
  void set_users(Users users) { users_ = std::move(users); }

  bool is_ours(std::string_view domain) const override;
  const std::string& domain() const override { return domain_; }
  bool verify(std::string_view login, std::string_view password) const override;
  std::unique_ptr<call::Leg> echo() override;

 private:
  const Availability availability_;
  const std::string domain_;
  Users users_;
};

}  // namespace patchcord::registrar

// SPDX-License-Identifier: GPL-3.0-or-later
// Directory: who and what is at home here. The interface by which the middle asks for the gateway's
// own users and services; the registrar implements it.
// Thread: control.
#pragma once

#include <memory>
#include <string_view>

#include "call/leg.h"
#include "call/router.h"

namespace patchcord::call {

class Directory {
 public:
  virtual ~Directory() = default;
  // Is this the gateway's own domain (and is the registrar on)?
  virtual bool is_ours(std::string_view domain) const = 0;
  virtual const NumberPlan& plan() const = 0;
  // Takes the same time whether the user exists or not.
  virtual bool verify(std::string_view login, std::string_view password) const = 0;
  virtual bool has_user(std::string_view login) const = 0;
  // A far end that is inside.
  virtual std::unique_ptr<Leg> service(Service service) = 0;
};

}  // namespace patchcord::call

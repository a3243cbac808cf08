// SPDX-License-Identifier: GPL-3.0-or-later
// What a REGISTER asks for, read from its Contact, Expires and CSeq into values; or the status it
// is refused with. Pure: it knows no user and writes nothing. Thread: any. RFC 3261 10.3 steps 5 to
// 7, RFC 5626 5.
#pragma once

#include <chrono>
#include <variant>
#include <vector>

#include "registrar/bindings.h"
#include "sip/message.h"

namespace patchcord::registrar {

struct ExpiryRules {
  std::chrono::seconds shortest{60}, usual{600}, longest{3600};
};

struct Fetch {};     // no Contact: what is there?
struct ClearAll {};  // Contact: *, Expires: 0
struct RefusedRegister {
  int status;  // 400, 423
};
using RegisterRequest = std::variant<Fetch, ClearAll, std::vector<Binding>, RefusedRegister>;

RegisterRequest read_register(const sip::Message& request, const sip::Target& flow,
                              const ExpiryRules& rules, MonoTime now);

}  // namespace patchcord::registrar

// SPDX-License-Identifier: GPL-3.0-or-later
// LocalDomain: what the user agent asks where it is itself the server of a domain: who may register
// there and call from there, and at which flows a user's phones are. The user agent knows neither
// users nor passwords; a gateway without such a domain has none of these.
//
//   request outside a dialog ─ claims()? ─ no ─▶ as from any SIP server
//                                  └─ yes ─ receive() ─▶ Silence | DomainAnswer | Admit
//
// Thread: control. RFC 3261 10.3, 22.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.h"
#include "sip/builder.h"
#include "sip/message.h"
#include "sip/outside.h"
#include "sip/uri.h"

namespace patchcord::sip {

struct Silence {};  // not a word, and nothing is kept
struct DomainAnswer {
  // A refusal is answered from the request alone, so that strangers find nothing to fill; what took
  // effect is answered in a transaction, so that its repetition is not taken for a replay.
  enum class Keeping : uint8_t { kNothing, kTransaction };
  Message response;
  Keeping keeping = Keeping::kNothing;
};
struct Admit {  // it is of this user of ours, whatever else it says
  std::string user;
};
using Admission = std::variant<Silence, DomainAnswer, Admit>;

// A phone that registered: the Contact it gave, and the flow it came by, which is the only way back
// to a phone behind a NAT (RFC 5626 5.3).
struct Phone {
  Uri contact;
  Target flow;
  MonoTime since{};  // of this binding's first REGISTER
};

class LocalDomain {
 public:
  virtual ~LocalDomain() = default;
  virtual bool claims(const Message& request, const Target& from, MonoTime now) const = 0;
  virtual Admission receive(const Message& request, const Target& from, MonoTime now) = 0;
  // The phones of a user, the latest first.
  virtual std::vector<Phone> phones_of(std::string_view user, MonoTime now) const = 0;
  // Nothing more can be sent by this flow.
  virtual void on_flow_lost(const Target& flow) = 0;
};

}  // namespace patchcord::sip

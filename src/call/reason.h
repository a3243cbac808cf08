// SPDX-License-Identifier: GPL-3.0-or-later
// Reason: why a call ended, in one table (protocol/reasons.json) from which come the SIP status we
// send, the protocol status, the API name and code, the record's cause and the words for people.
// Ending is a Reason with what the far side said itself.
// Thread: any (values).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace patchcord::call {

enum class Reason : uint8_t {
#define REASON(enumerator, name, sip, wcs, code, cause, text, hint) enumerator,
#include "call/reason_table.inc"
#undef REASON
};

struct ReasonRow {
  std::string_view name;  // of the API: "busy"
  int sip_status;  // what we answer to a SIP peer whose call ends so before it was answered; 0:
                   // none
  std::string_view wcs_status;  // FINISH, FAILED or BUSY
  int code;                     // of the SDK's PhoneError
  std::string_view cause;       // of the call record
  std::string_view text;        // one sentence for the person who called
  std::string_view hint;        // what to do; may be empty
};

const ReasonRow& row(Reason reason);

// What a final SIP status other than 2xx means for the caller (RFC 3261 21).
Reason reason_of_sip_status(int status);

enum class EndedBy : uint8_t { kA, kB, kGateway };

struct Ending {
  Reason reason = Reason::kHangup;
  EndedBy by = EndedBy::kGateway;
  int sip_status = 0;                   // the final SIP status of the far side; 0: none
  std::string sip_reason{};             // its reason phrase
  int q850 = 0;                         // cause of its Reason header (RFC 3326); 0: none
  std::string warning{};                // text of its Warning header
  std::chrono::seconds retry_after{0};  // that it asked for; 0: none
};

}  // namespace patchcord::call

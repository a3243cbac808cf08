// SPDX-License-Identifier: GPL-3.0-or-later
// The digit in the body of an INFO: application/dtmf-relay ("Signal=5", "Duration=160") and
// application/dtmf ("5"). No RFC: the two forms that phones send.
// Thread: any.
#pragma once

#include <chrono>
#include <optional>

#include "sip/message.h"

namespace patchcord::sip {

struct ReadDigit {
  char digit;                          // 0-9 * # A-D
  std::chrono::milliseconds duration;  // 40..5000
};
std::optional<ReadDigit> read_info_digit(const Message& info);

}  // namespace patchcord::sip

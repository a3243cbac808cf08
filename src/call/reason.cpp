// SPDX-License-Identifier: GPL-3.0-or-later
#include "call/reason.h"

#include <array>

namespace patchcord::call {
namespace {

constexpr ReasonRow kRows[] = {
#define REASON(enumerator, name, sip, wcs, code, cause, text, hint) \
  {name, sip, wcs, code, cause, text, hint},
#include "call/reason_table.inc"
#undef REASON
};

}  // namespace

const ReasonRow& row(Reason reason) {
  return kRows[static_cast<size_t>(reason)];
}

Reason reason_of_sip_status(int status) {
  switch (status) {
    case 401:
    case 407:
      return Reason::kAuthRejected;
    case 402:
      return Reason::kPaymentRequired;
    case 403:
      return Reason::kForbidden;
    case 404:
    case 410:
    case 604:
      return Reason::kNotFound;
    case 408:
      return Reason::kSipTimeout;
    case 414:
    case 416:
    case 484:
    case 485:
      return Reason::kBadNumber;
    case 480:
      return Reason::kNoAnswer;
    case 486:
    case 600:
      return Reason::kBusy;
    case 487:
      return Reason::kCancelled;
    case 415:
    case 488:
    case 606:
      return Reason::kNoCodec;
    case 503:
      return Reason::kSipUnreachable;
    case 603:
    case 607:
    case 608:
      return Reason::kDeclined;
    default:
      if (status < 400) return Reason::kRedirected;
      if (status >= 500) return Reason::kServerError;
      return Reason::kRequestRejected;
  }
}

}  // namespace patchcord::call

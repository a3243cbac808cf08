// SPDX-License-Identifier: MIT
// A `fail` of the gateway as an error. Pure.

import { isReason, PhoneError, type Reason } from "../errors";
import type { FailData } from "./messages";

/** Failure codes of the older protocol, for gateways that give no reason of the new table. */
const REASON_OF_FAIL: Readonly<Partial<Record<string, Reason>>> = {
  AUTHENTICATION_FAIL: "auth_rejected",
  REST_AUTHORIZATION_FAIL: "auth_rejected",
  REGISTER_EXPIRE: "sip_timeout",
  CONNECTION_ERROR: "sip_unreachable",
  WRONG_SIPPROVIDER_ADDRESS: "sip_unreachable",
  TOO_MANY_REGISTER_ATTEMPTS: "overloaded",
  PAYMENT_REQUIRED: "payment_required",
  INTERNAL_SIP_ERROR: "internal",
};

export function readFail({ reason, status, info, hint, sip, id }: FailData): PhoneError {
  const known = isReason(reason) ? reason : REASON_OF_FAIL[status ?? ""];
  return new PhoneError(known ?? (id ? "server_error" : "session_refused"), { message: info, hint, sip, callId: id });
}

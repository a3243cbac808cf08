// SPDX-License-Identifier: GPL-3.0-or-later
// The one thing to do about each failure. Words are in texts/reasons_*.ts; here is which button they get.

import type { PhoneError, Reason } from "@patchcord/websdk";

export type Remedy =
  | "redial"
  | "edit_number"
  | "edit_account"
  /** No button: how to allow it is shown, and a change of the permission dials again. */
  | "allow_microphone"
  | "choose_device"
  | "test_network"
  | "copy_report"
  | "none";

const REMEDIES: Partial<Record<Reason, Remedy>> = {
  microphone_blocked: "allow_microphone",
  microphone_missing: "choose_device",
  microphone_in_use: "redial",
  auth_rejected: "edit_account",
  domain_not_allowed: "edit_account",
  session_refused: "edit_account",
  not_found: "edit_number",
  bad_number: "edit_number",
  busy: "redial",
  no_answer: "redial",
  declined: "copy_report",
  forbidden: "copy_report",
  no_codec: "copy_report",
  bad_sdp: "copy_report",
  internal: "copy_report",
  ice_failed: "test_network",
  consent_lost: "test_network",
  media_silent: "test_network",
  dtls_failed: "test_network",
  no_audio_in: "choose_device",
  no_audio_out: "choose_device",
  draining: "none",
  insecure_page: "none",
  unsupported_browser: "none",
};

export function remedyFor(error: PhoneError): Remedy {
  return REMEDIES[error.reason] ?? (error.retryable ? "redial" : "copy_report");
}

/** The field of the account that is at fault, where one is. */
export function faultyField(reason: Reason | undefined): "password" | "domain" | undefined {
  if (reason === "auth_rejected") return "password";
  const DOMAIN_REASONS: readonly unknown[] = ["domain_not_allowed", "sip_unreachable", "dns_not_found"];
  return DOMAIN_REASONS.includes(reason) ? "domain" : undefined;
}

/** What a refusing provider said for itself. */
export function providersWords(error: PhoneError): string {
  if (error.reason !== "declined" && error.reason !== "forbidden") return "";
  return error.sip?.warning ?? error.sip?.reason ?? "";
}

export type Outcome = "busy" | "no_answer" | "declined" | "cancelled" | "failed";

/** How a call without a conversation ended, in one word for the list of calls. */
export function outcomeOf(reason: Reason): Outcome {
  if (reason === "busy" || reason === "no_answer" || reason === "cancelled" || reason === "declined") return reason;
  return reason === "forbidden" ? "declined" : "failed";
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What a user can send to the operator: plain text, no password, nothing the page does not show.

import type { PhoneError } from "@patchcord/websdk";
import { account } from "./app_state";

export function reportOf(error: PhoneError, number = ""): string {
  const { login = "", domain = "" } = account.peek() ?? {};
  const { sip } = error;
  return [
    `${error.name} (${error.code}): ${error.message}`,
    ["time", new Date().toISOString()],
    ["gateway", location.origin],
    ["account", login && `${login}@${domain}`],
    ["number", number],
    ["call", error.callId],
    ["SIP", sip?.status && `${sip.status} ${sip.reason ?? ""}`],
    ["Q.850", sip?.q850],
    ["warning", sip?.warning],
    ["cause", error.cause instanceof Error ? error.cause.message : undefined],
    ["network", navigator.onLine ? "online" : "offline"],
    ["browser", navigator.userAgent],
  ]
    .filter((row) => typeof row === "string" || row[1])
    .map((row) => (typeof row === "string" ? row : row.join(": ")))
    .join("\n");
}

/** Whether it is in the clipboard now. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // no permission, or not a secure page
  }
}

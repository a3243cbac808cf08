// SPDX-License-Identifier: GPL-3.0-or-later
// The one store of the page: what is true now, as signals. Views are functions of it, phone_line.ts,
// phone_call.ts and preferences.ts write it, effects.ts turns it into sound and titles. No behaviour here.

import { computed, signal } from "@preact/signals";
import type { CallEnd, PhoneError, Quality } from "@patchcord/websdk";

export interface Account {
  login: string;
  password: string;
  domain: string;
  outboundProxy: string;
  authenticationName: string;
}

/** The line to the gateway and, through it, to the SIP account. */
export type Line =
  | { state: "offline"; error?: PhoneError }
  | { state: "connecting" }
  | { state: "online" }
  /** `nextTryAt`: performance.now() of the next attempt. */
  | { state: "reconnecting"; nextTryAt: number }
  /** Connected, but the SIP account takes no calls at the moment. */
  | { state: "unregistered"; error?: PhoneError }
  /** Another tab of this browser holds this account. */
  | { state: "elsewhere" };

export type Phase = "incoming" | "connecting" | "calling" | "ringing" | "early" | "talking" | "held" | "ending";

export interface ActiveCall {
  id: string;
  incoming: boolean;
  /** Number or address of the other side. */
  number: string;
  /** Its display name, or empty. */
  name: string;
  phase: Phase;
  muted: boolean;
  /** performance.now() of the first word, while talking or after. */
  talkingSince?: number;
  /** Digits sent in this call. */
  digits: string;
  warning?: PhoneError | undefined;
  quality?: Quality;
}

export interface EndedCall {
  id: string;
  number: string;
  name: string;
  incoming: boolean;
  end: CallEnd;
}

/** A sentence above the phone that goes when it is closed: nothing to decide. */
export type Notice =
  { key: "call.busy_for" | "ended.reloaded" | "ended.missed"; who: string } | { key: "line.draining" };

export const account = signal<Account | null>(null);
export const line = signal<Line>({ state: "offline" });
export const call = signal<ActiveCall | null>(null);
/** The last call, until it is dismissed or another begins. */
export const ended = signal<EndedCall | null>(null);
export const notice = signal<Notice | null>(null);
/** What is in the number field. */
export const number = signal("");
export const screen = signal<"phone" | "settings">("phone");
/** The list of keys is on the screen. */
export const keysShown = signal(false);
/** Whether the browser still has to ask the user for the microphone. */
export const microphoneUnasked = signal(false);
/** Whether the browser lets us make sound. */
export const soundReady = signal(true);

/** Signed in: the phone is on the screen, whatever the line does meanwhile. */
export const signedIn = signal(false);
export const canDial = computed(() => line.value.state === "online" || line.value.state === "unregistered");
export const isTalking = computed(() => call.value?.phase === "talking" || call.value?.phase === "held");
/** Digits of the pad and the keyboard go into the call, not into the number field. */
export const takesDigits = computed(() => isTalking.value || call.value?.phase === "early");

/** Changes some fields of the call on the screen, where there is one. */
export function updateCall(change: Partial<ActiveCall>): void {
  if (call.value) call.value = { ...call.value, ...change };
}

// SPDX-License-Identifier: MIT
// One class for all that can go wrong. A reason is either one the gateway gives (reasons.ts, generated
// from the table the gateway itself uses) or one that only a browser can know (the table below).
// Codes by family: 1xxx use and state, 2xxx session and sign-in, 3xxx SIP (3000 + status),
// 4xxx devices, 5xxx ICE, DTLS and network, 6xxx warnings.

import { REASONS, type ReasonName } from "./reasons";

const NETWORK_HINT = "Another network, or a cable in place of Wi-Fi, may help.";

const LOCAL_REASONS = {
  invalid_state: { code: 1003, retryable: false, text: "This cannot be done at this moment.", hint: "" },
  invalid_argument: { code: 1004, retryable: false, text: "A value given to the SDK cannot be used.", hint: "" },
  aborted: { code: 1005, retryable: true, text: "The operation was aborted by the application.", hint: "" },
  unsupported_browser: {
    code: 1006,
    retryable: false,
    text: "This browser cannot make calls.",
    hint: "Use a current Chrome, Edge, Firefox or Safari.",
  },
  insecure_page: {
    code: 1007,
    retryable: false,
    text: "The browser gives a microphone to secure pages only.",
    hint: "Open this page by https:// or on localhost.",
  },
  gateway_unreachable: {
    code: 2002,
    retryable: true,
    text: "The gateway cannot be reached.",
    hint: "Check the network, and that the gateway's certificate is trusted by this browser.",
  },
  connection_lost: {
    code: 2003,
    retryable: true,
    text: "The connection to the gateway was lost.",
    hint: "Check the network of this device.",
  },
  session_refused: {
    code: 2004,
    retryable: true,
    text: "The gateway did not accept the sign-in.",
    hint: "Check login, password and domain.",
  },
  microphone_blocked: {
    code: 4001,
    retryable: true,
    text: "The browser blocks the microphone for this site.",
    hint: "Allow the microphone in the address bar, then call again.",
  },
  microphone_missing: {
    code: 4002,
    retryable: true,
    text: "No microphone was found.",
    hint: "Connect a microphone, then call again.",
  },
  microphone_in_use: {
    code: 4003,
    retryable: true,
    text: "The microphone cannot be opened.",
    hint: "Another program may be using it: close that program, then call again.",
  },
  speaker_unavailable: {
    code: 4004,
    retryable: true,
    text: "This loudspeaker cannot be used.",
    hint: "Choose another one.",
  },
  microphone_lost: {
    code: 6001,
    retryable: true,
    text: "The microphone was disconnected.",
    hint: "The other side cannot hear you.",
  },
  sound_blocked: {
    code: 6002,
    retryable: true,
    text: "The browser holds back the sound.",
    hint: "Click or press a key on the page.",
  },
  low_mos: { code: 6101, retryable: true, text: "The sound is bad.", hint: NETWORK_HINT },
  high_rtt: { code: 6102, retryable: true, text: "The sound arrives late.", hint: NETWORK_HINT },
  high_jitter: { code: 6103, retryable: true, text: "The sound arrives unevenly.", hint: NETWORK_HINT },
  high_loss: { code: 6104, retryable: true, text: "Parts of the sound are lost.", hint: NETWORK_HINT },
  no_audio_in: {
    code: 6105,
    retryable: true,
    text: "You cannot hear them: no sound arrives.",
    hint: "The network may block it, or the other side sends nothing.",
  },
  no_audio_out: {
    code: 6106,
    retryable: true,
    text: "They cannot hear you: no sound is sent.",
    hint: "Check the microphone.",
  },
} as const;

export type LocalReasonName = keyof typeof LOCAL_REASONS;
/** Why a call ended or an operation failed. */
export type Reason = ReasonName | LocalReasonName;

interface ReasonRow {
  readonly code: number;
  readonly text: string;
  readonly hint: string;
  readonly retryable: boolean;
}

const ROWS: Readonly<Record<Reason, ReasonRow>> = { ...REASONS, ...LOCAL_REASONS };

export function isReason(name: unknown): name is Reason {
  return typeof name === "string" && Object.hasOwn(ROWS, name);
}

/** What the SIP side said, where it said something. */
export interface SipCause {
  status?: number;
  reason?: string;
  q850?: number;
  warning?: string;
}

export interface PhoneErrorDetails {
  /** Replaces the table's text. */
  message?: string | undefined;
  /** Replaces the table's hint. */
  hint?: string | undefined;
  sip?: SipCause | undefined;
  callId?: string | undefined;
  cause?: unknown;
}

export class PhoneError extends Error {
  /** The reason in capitals, e.g. "BUSY". */
  override readonly name: Uppercase<Reason>;
  readonly reason: Reason;
  readonly code: number;
  /** What the person in front of the screen can do about it; may be empty. */
  readonly hint: string;
  /** Whether trying the same again may help. */
  readonly retryable: boolean;
  readonly sip?: SipCause;
  readonly callId?: string;

  constructor(reason: Reason, details: PhoneErrorDetails = {}) {
    const row = ROWS[reason];
    super(details.message || row.text, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = reason.toUpperCase() as Uppercase<Reason>;
    this.reason = reason;
    this.code = row.code;
    this.hint = details.hint ?? row.hint;
    this.retryable = row.retryable;
    if (details.sip) this.sip = details.sip;
    if (details.callId !== undefined) this.callId = details.callId;
  }
}

/** A PhoneError passes as it is; anything else becomes the cause of one. */
export function asPhoneError(error: unknown, fallback: Reason, callId?: string): PhoneError {
  return error instanceof PhoneError ? error : new PhoneError(fallback, { cause: error, callId });
}

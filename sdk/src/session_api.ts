// SPDX-License-Identifier: MIT
// What an application says to a session and hears from it, as types.

import type { Call } from "./call";
import type { Session } from "./client";
import type { PhoneError } from "./errors";
import type { Logger } from "./logger";
import type { Reconnecting } from "./signaling/connection";
import type { SessionInfo } from "./signaling/messages";

/** The vendor's strings. The last two are events only, never the status of a session. */
export const SESSION_STATUS = {
  PENDING: "PENDING",
  CONNECTED: "CONNECTED",
  ESTABLISHED: "ESTABLISHED",
  REGISTERED: "REGISTERED",
  UNREGISTERED: "UNREGISTERED",
  DISCONNECTED: "DISCONNECTED",
  FAILED: "FAILED",
  WARN: "WARN",
  INCOMING_CALL: "INCOMING_CALL",
} as const;

export type SessionStatus = Exclude<keyof typeof SESSION_STATUS, "WARN" | "INCOMING_CALL">;

export interface SipOptions {
  login: string;
  password: string;
  domain: string;
  /** The name in the digest, where it is not the login. */
  authenticationName?: string;
  /** Where to send SIP, where it is not the domain. */
  outboundProxy?: string;
  port?: number | string;
  /** False makes calls without registering (and gets none). Default true. */
  registerRequired?: boolean;
}

export interface SessionOptions {
  /** ws:// or wss:// address of the gateway. */
  urlServer: string;
  sipOptions?: SipOptions;
  appKey?: string;
  /** Passed through to the gateway. */
  custom?: unknown;
  /** For the peer connections, e.g. `{ iceServers: [...] }`. */
  mediaOptions?: RTCConfiguration;
  /** Ask the gateway to keep registration and calls when this page is gone without a word, for a while. */
  keepAlive?: boolean;
  /** Of an earlier session of this user that was kept alive: goes on with it instead of signing in. */
  authToken?: string;
  /** Milliseconds for the gateway to accept a connection. Default 10 000. */
  timeout?: number;
  /** How long to try again after a lost connection (default one minute), or false not to try. */
  reconnect?: { maxMs: number } | false;
  logger?: Logger;
}

export interface ReadyOptions {
  /** Wait for REGISTERED, not only for ESTABLISHED. Default: whether the account registers. */
  registered?: boolean;
  signal?: AbortSignal;
}

type StatusEvents = { [K in Exclude<SessionStatus, "ESTABLISHED">]: [session: Session, error?: PhoneError] };

export interface SessionEvents extends StatusEvents {
  ESTABLISHED: [session: Session, info: SessionInfo];
  /** The gateway reports a problem that does not end the session. */
  WARN: [session: Session, error: PhoneError];
  INCOMING_CALL: [Call];
  reconnecting: [Reconnecting];
  reconnected: [];
  /** @internal A message that the SDK itself has no use for. */
  other: [name: string, fields: Readonly<Record<string, unknown>>];
}

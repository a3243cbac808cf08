// SPDX-License-Identifier: MIT
// The words of the wire: one JSON object {"message": name, "data": [..]} per text frame, both ways.
// Strings in, typed values out; what the SDK does not know, or cannot use, comes out as "unknown".
// The prose is docs/protocol.md of the gateway, the golden examples are protocol/fixtures/.

import type { SipCause } from "../errors";

// ---- browser to gateway ----

export type DtmfType = "RFC2833" | "INFO" | "INFO_RELAY";

export interface ConnectionData {
  appKey: string;
  mediaProviders: string[];
  clientVersion: string;
  clientOSVersion: string;
  clientBrowserVersion: string;
  custom?: unknown;
  sipLogin?: string | undefined;
  sipAuthenticationName?: string | undefined;
  sipPassword?: string | undefined;
  sipDomain?: string | undefined;
  sipOutboundProxy?: string | undefined;
  sipPort?: number | string | undefined;
  sipRegisterRequired?: boolean | undefined;
  /** Keep calls and registration a while when the connection is gone for good. */
  keepAlive?: boolean | undefined;
  /** The last one the gateway gave: the session to go on with. */
  authToken?: string | undefined;
  /** This page still has the calls of that session. */
  resume?: true | undefined;
}

export interface AnswerData {
  callId: string;
  incoming: boolean;
  hasAudio: boolean;
  hasVideo: boolean;
  status: "PENDING";
  mediaProvider: "WebRTC";
  sdp: string;
  callee: string;
}

export interface CallData extends AnswerData {
  caller: string;
  visibleName: string;
  inviteParameters?: Readonly<Record<string, string>> | undefined;
}

export interface HangupData {
  callId: string;
  /** Why, where it is not that somebody wanted it. */
  reason?: string | undefined;
}

export type ClientMessage =
  | { message: "connection"; data: ConnectionData }
  | { message: "call"; data: CallData }
  | { message: "answer"; data: AnswerData }
  | { message: "hangup"; data: HangupData }
  | { message: "sendDtmf"; data: { callId: string; type: DtmfType; dtmf: string } }
  | { message: OtherRequest; data: Record<string, unknown> }
  | { message: "ping" | "pong"; data: null };

/** What the SDK itself has no use for, and applications of the older API have. */
export type OtherRequest = "hold" | "unhold" | "transfer" | "sendData" | "sessionDebug" | "submitBugReport";

export function encode({ message, data }: ClientMessage): string {
  return JSON.stringify({ message, data: [data] });
}

// ---- gateway to browser ----

export interface SessionInfo {
  authToken?: string;
  sipLogin?: string;
  /** The session goes on where its connection broke off, with these calls. */
  resumed?: { calls: readonly { callId: string; status: string }[] };
}

export interface IncomingCall {
  callId: string;
  caller: string;
  callee: string;
  visibleName: string;
}

/** Why a call ended, as far as the gateway says. */
export interface FinishData {
  callId: string;
  status: string;
  reason?: string;
  by?: string;
  info?: string;
  hint?: string;
  sip?: SipCause;
}

export interface FailData {
  apiMethod?: string;
  id?: string;
  status?: string;
  reason?: string;
  info?: string;
  hint?: string;
  sip?: SipCause;
}

export type ServerMessage =
  | { kind: "ping" | "pong" | "registered" }
  | { kind: "accepted"; info: SessionInfo }
  | { kind: "remoteSdp"; callId: string; sdp: string }
  | { kind: "incomingCall"; call: IncomingCall }
  | { kind: "callStatus"; callId: string; status: string }
  | { kind: "finish"; finish: FinishData }
  | { kind: "fail"; fail: FailData }
  | { kind: "unknown"; name: string; fields: Readonly<Record<string, unknown>> };

/** One received frame; null when it is not a frame of this protocol at all. */
export function decode(frame: unknown): ServerMessage | null {
  if (typeof frame !== "string") return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(frame);
  } catch {
    return null;
  }
  if (!isRecord(parsed)) return null;
  const { message: name, data } = parsed;
  if (typeof name !== "string") return null;
  const args: readonly unknown[] = Array.isArray(data) ? data : [];
  const fields = isRecord(args[0]) ? args[0] : {};
  return DECODERS.get(name)?.(fields, args) ?? { kind: "unknown", name, fields };
}

type Fields = Record<string, unknown>;
type Decoder = (fields: Fields, args: readonly unknown[]) => ServerMessage | undefined;

const bare =
  (kind: "ping" | "pong" | "registered"): Decoder =>
  () => ({ kind });

// These messages are alike: the status inside decides, the name only stands in where it is missing.
const callStatus =
  (usual: string): Decoder =>
  (fields) => {
    const callId = text(fields["callId"]);
    return callId ? { kind: "callStatus", callId, status: text(fields["status"]) ?? usual } : undefined;
  };

const DECODERS: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["ping", bare("ping")],
  ["pong", bare("pong")],
  ["registered", bare("registered")],
  ["getUserData", (fields) => ({ kind: "accepted", info: sessionInfo(fields) })],
  ["setRemoteSDP", (_, args) => remoteSdp(args)],
  ["notifyIncomingCall", (fields) => incomingCall(fields)],
  ["notifyTryingResponse", callStatus("TRYING")],
  ["ring", callStatus("RING")],
  ["sessionProgress", callStatus("SESSION_PROGRESS")],
  ["talk", callStatus("ESTABLISHED")],
  ["hold", callStatus("HOLD")],
  ["busy", callStatus("BUSY")],
  ["finish", (fields) => finish(fields)],
  ["fail", (fields) => ({ kind: "fail", fail: { ...cause(fields), ...strings(fields, FAIL_FIELDS) } })],
]);

const FAIL_FIELDS = ["apiMethod", "id", "status", "reason", "info", "hint"] as const;
const FINISH_FIELDS = ["reason", "by", "info", "hint"] as const;

function sessionInfo(fields: Fields): SessionInfo {
  const info: SessionInfo = strings(fields, ["authToken", "sipLogin"]);
  if (fields["resumed"] !== true) return info;
  const calls = Array.isArray(fields["calls"]) ? fields["calls"].filter(isRecord) : [];
  return {
    ...info,
    resumed: {
      calls: calls.flatMap(({ callId, status }) =>
        text(callId) ? [{ callId: text(callId) ?? "", status: text(status) ?? "" }] : [],
      ),
    },
  };
}

function remoteSdp([callId, sdp]: readonly unknown[]): ServerMessage | undefined {
  return typeof callId === "string" && typeof sdp === "string" ? { kind: "remoteSdp", callId, sdp } : undefined;
}

function incomingCall(fields: Fields): ServerMessage | undefined {
  const callId = text(fields["callId"]);
  if (!callId || fields["incoming"] !== true) return undefined;
  const caller = text(fields["caller"]) ?? "";
  const callee = text(fields["callee"]) ?? "";
  return { kind: "incomingCall", call: { callId, caller, callee, visibleName: text(fields["visibleName"]) ?? "" } };
}

function finish(fields: Fields): ServerMessage | undefined {
  const callId = text(fields["callId"]);
  if (!callId) return undefined;
  const status = text(fields["status"]) ?? "FINISH";
  return { kind: "finish", finish: { callId, status, ...cause(fields), ...strings(fields, FINISH_FIELDS) } };
}

function cause(fields: Fields): { sip?: SipCause } {
  const sip: SipCause = {};
  const status = fields["sipStatus"];
  if (typeof status === "number" && status > 0) sip.status = status;
  const q850 = fields["q850"];
  if (typeof q850 === "number") sip.q850 = q850;
  const reason = text(fields["sipReason"]);
  if (reason) sip.reason = reason;
  const warning = text(fields["warning"]);
  if (warning) sip.warning = warning;
  return Object.keys(sip).length > 0 ? { sip } : {};
}

function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The named fields that are non-empty strings. */
function strings<K extends string>(fields: Fields, names: readonly K[]): Partial<Record<K, string>> {
  const found: Partial<Record<K, string>> = {};
  for (const name of names) {
    const value = text(fields[name]);
    if (value) found[name] = value;
  }
  return found;
}

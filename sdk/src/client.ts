// SPDX-License-Identifier: MIT
// The session: one sign-in at the gateway, its calls, and its way back after the connection was lost.
// A façade: the wire is signaling/, a call is call.ts; here is only who gets which message, and the status.
//
//   PENDING -open-> CONNECTED -accepted-> ESTABLISHED -registered-> REGISTERED
//   connection lost: reconnecting -> PENDING ..., or FAILED when that is hopeless;  disconnect(): DISCONNECTED

import { Call, type CallLink, type CallOptions } from "./call";
import { deferred, type Deferred } from "./deferred";
import { isReason, PhoneError, type PhoneErrorDetails, type Reason } from "./errors";
import { Emitter } from "./events";
import { quietLogger, type Logger } from "./logger";
import { Connection, type Reconnecting } from "./signaling/connection";
import type { ConnectionData, FailData, IncomingCall, ServerMessage, SessionInfo } from "./signaling/messages";

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
}

interface Waiter {
  registered: boolean;
  done: Deferred<void>;
}

const RECONNECT_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Descriptions that came before their call; a gateway sends the two back to back. */
const EARLY_SDP_LIMIT = 8;

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

/** Connects and signs in. The session is there at once; `await session.ready()` says when it can be used. */
export function createSession(options: SessionOptions): Session {
  return new Session(options);
}

export class Session extends Emitter<SessionEvents> {
  readonly #options: SessionOptions;
  readonly #id = uuid();
  readonly #logger: Logger;
  readonly #calls = new Map<string, Call>();
  readonly #earlySdp = new Map<string, string>();
  readonly #waiters = new Set<Waiter>();
  readonly #link: CallLink;
  readonly #connection: Connection;
  #status: SessionStatus = "PENDING";
  #failure: PhoneError | undefined;
  #sipLogin: string;

  /** @internal Use createSession(). */
  constructor(options: SessionOptions) {
    super();
    const { urlServer, timeout = TIMEOUT_MS, reconnect = { maxMs: RECONNECT_MS } } = options;
    if (!/^wss?:\/\/./.test(urlServer))
      throw new PhoneError("invalid_argument", { message: "urlServer must be a ws:// or wss:// address." });
    this.#options = options;
    this.#logger = options.logger ?? quietLogger;
    this.#sipLogin = options.sipOptions?.login ?? "";
    const reconnectMs = reconnect === false ? 0 : reconnect.maxMs;
    const connection = (this.#connection = new Connection({ url: urlServer, timeoutMs: timeout, reconnectMs }));
    this.#link = {
      logger: this.#logger,
      mediaOptions: options.mediaOptions ?? {},
      send: (message) => connection.send(message),
      onEnded: (call) => this.#calls.delete(call.id()),
    };
    connection
      .on("open", () => this.#signIn())
      .on("message", (message) => this.#handle(message))
      .on("lost", (error) => this.#onLost(error))
      .on("reconnecting", (notice) => this.emit("reconnecting", notice))
      .on("failed", (error) => this.#close("FAILED", error));
  }

  id(): string {
    return this.#id;
  }

  status(): SessionStatus {
    return this.#status;
  }

  getServerUrl(): string {
    return this.#options.urlServer;
  }

  /** The calls that have not ended. */
  getCalls(): Call[] {
    return [...this.#calls.values()];
  }

  /** Resolves when calls are possible; rejects with the PhoneError of a sign-in that failed. */
  ready(options: ReadyOptions = {}): Promise<void> {
    const waiter: Waiter = { registered: options.registered ?? this.#registers(), done: deferred() };
    const { signal } = options;
    const abort = (): void => waiter.done.reject(new PhoneError("aborted", { cause: signal?.reason }));
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
    const forget = (): void => {
      this.#waiters.delete(waiter);
      signal?.removeEventListener("abort", abort);
    };
    waiter.done.promise.then(forget, forget);
    this.#waiters.add(waiter);
    this.#answerWaiters();
    return waiter.done.promise;
  }

  /** A call that dials when its call() is called. Throws INVALID_STATE when the session is not ready. */
  createCall(options: CallOptions): Call {
    if (!this.#isUsable())
      throw new PhoneError("invalid_state", { message: `The session is not connected (${this.#status}).` });
    if (!options.callee) throw new PhoneError("invalid_argument", { message: "callee is missing." });
    const { callee, visibleName = this.#sipLogin, ...media } = options;
    const parties = { id: uuid(), incoming: false, caller: this.#sipLogin, callee, visibleName };
    return this.#keep(new Call(this.#link, parties, media));
  }

  /** Hangs up all calls and signs out. The session cannot be used again. */
  disconnect(): Promise<void> {
    const calls = this.getCalls().map((call) => call.hangup());
    this.#close("DISCONNECTED");
    return Promise.all(calls).then(() => undefined);
  }

  // ---- the connection ----

  #signIn(): void {
    const { appKey = "defaultApp", custom, sipOptions: sip } = this.#options;
    const data: ConnectionData = {
      appKey,
      mediaProviders: ["WebRTC"],
      clientVersion: "2.0",
      clientOSVersion: navigator.platform,
      clientBrowserVersion: navigator.userAgent,
      custom,
      sipLogin: sip?.login,
      sipAuthenticationName: sip?.authenticationName,
      sipPassword: sip?.password,
      sipDomain: sip?.domain,
      sipOutboundProxy: sip?.outboundProxy,
      sipPort: sip?.port,
      sipRegisterRequired: sip && this.#registers(),
    };
    this.#setStatus("CONNECTED");
    this.#connection.send({ message: "connection", data });
  }

  #onLost(error: PhoneError): void {
    this.#endCalls(error);
    this.#setStatus("PENDING");
  }

  /** The last status of this session. */
  #close(status: "DISCONNECTED" | "FAILED", error?: PhoneError): void {
    if (this.#isFinal()) return;
    this.#connection.close();
    this.#endCalls(error ?? new PhoneError("connection_lost"));
    this.#failure = error ?? new PhoneError("aborted", { message: "The session was closed." });
    this.#setStatus(status, error);
  }

  #endCalls(error: PhoneError): void {
    this.#earlySdp.clear();
    for (const call of this.getCalls()) call.handleConnectionLost(error);
  }

  // ---- messages ----

  #handle(message: ServerMessage): void {
    switch (message.kind) {
      case "accepted":
        return this.#onAccepted(message.info);
      case "registered":
        return this.#onUsable("REGISTERED");
      case "remoteSdp":
        return this.#onRemoteSdp(message.callId, message.sdp);
      case "incomingCall":
        return this.#onIncomingCall(message.call);
      case "callStatus":
        return this.#calls.get(message.callId)?.handleStatus(message.status);
      case "finish":
        this.#earlySdp.delete(message.finish.callId);
        return this.#calls.get(message.finish.callId)?.handleFinish(message.finish);
      case "fail":
        return this.#onFail(message.fail);
      case "unknown":
        return this.#logger.debug(`message "${message.name}" is not for us`);
    }
  }

  #onAccepted(info: SessionInfo): void {
    this.#connection.accepted();
    this.#sipLogin = info.sipLogin ?? this.#sipLogin;
    this.#onUsable("ESTABLISHED", info);
  }

  #onUsable(status: "ESTABLISHED" | "REGISTERED", info: SessionInfo = {}): void {
    const complete = status === (this.#registers() ? "REGISTERED" : "ESTABLISHED");
    const back = complete && this.#connection.settled();
    this.#status = status;
    if (status === "ESTABLISHED") this.emit(status, this, info);
    else this.emit(status, this);
    if (back) this.emit("reconnected");
    this.#answerWaiters();
  }

  #onRemoteSdp(callId: string, sdp: string): void {
    const call = this.#calls.get(callId);
    if (call) return call.handleRemoteSdp(sdp);
    this.#earlySdp.set(callId, sdp);
    const [oldest] = this.#earlySdp.keys();
    if (this.#earlySdp.size > EARLY_SDP_LIMIT && oldest !== undefined) this.#earlySdp.delete(oldest);
  }

  #onIncomingCall({ callId: id, caller, callee, visibleName }: IncomingCall): void {
    if (this.#calls.has(id)) return;
    const call = this.#keep(new Call(this.#link, { id, incoming: true, caller, callee, visibleName }));
    const sdp = this.#earlySdp.get(id);
    this.#earlySdp.delete(id);
    if (sdp !== undefined) call.handleRemoteSdp(sdp);
    this.emit("INCOMING_CALL", call);
  }

  // A failure before the session works is the end of it: the gateway closes next, but has no need to tell
  // why twice. Later the session lives on, without its registration where that is what failed.
  #onFail(fail: FailData): void {
    const known = isReason(fail.reason) ? fail.reason : REASON_OF_FAIL[fail.status ?? ""];
    const details: PhoneErrorDetails = { message: fail.info, hint: fail.hint, sip: fail.sip, callId: fail.id };
    const error = new PhoneError(known ?? (fail.id ? "server_error" : "session_refused"), details);
    this.emit("WARN", this, error);
    const ofSession = !fail.id && (!fail.apiMethod || fail.apiMethod === "RegistrationStatusEvent");
    if (!ofSession || this.#isFinal()) return;
    if (this.#status === "REGISTERED") this.#setStatus("UNREGISTERED", error);
    else if (this.#status !== "UNREGISTERED") this.#close("FAILED", error);
  }

  // ---- status ----

  #setStatus(status: Exclude<SessionStatus, "ESTABLISHED">, error?: PhoneError): void {
    if (this.#status === status) return;
    this.#status = status;
    if (error) this.emit(status, this, error);
    else this.emit(status, this);
    this.#answerWaiters();
  }

  #answerWaiters(): void {
    for (const { registered, done } of this.#waiters) {
      if (this.#failure) done.reject(this.#failure);
      else if (this.#status === "REGISTERED" || (!registered && this.#isUsable())) done.resolve();
    }
  }

  #keep(call: Call): Call {
    this.#calls.set(call.id(), call);
    return call;
  }

  #registers(): boolean {
    const { sipOptions } = this.#options;
    return sipOptions !== undefined && sipOptions.registerRequired !== false;
  }

  #isUsable(): boolean {
    return ["ESTABLISHED", "REGISTERED", "UNREGISTERED"].includes(this.#status);
  }

  #isFinal(): boolean {
    return this.#status === "FAILED" || this.#status === "DISCONNECTED";
  }
}

// crypto.randomUUID() exists on secure pages only; the session must work, and say so, on others too.
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

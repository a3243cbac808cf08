// SPDX-License-Identifier: MIT
// The session: one sign-in at the gateway, its calls, and its way back after the connection was lost.
// A façade: the wire is signaling/, a call is call.ts; here is only who gets which message, and the status.
//
//   PENDING -open-> CONNECTED -accepted-> ESTABLISHED -registered-> REGISTERED
//   connection lost: reconnecting -> PENDING ..., or FAILED when that is hopeless;  disconnect(): DISCONNECTED

import { Call } from "./call";
import type { CallLink, CallOptions } from "./call_api";
import { deferred, onAbort, type Deferred } from "./deferred";
import { PhoneError } from "./errors";
import { Emitter } from "./events";
import { quietLogger, type Logger } from "./logger";
import { devices } from "./media/devices";
import type { ReadyOptions, SessionEvents, SessionOptions, SessionStatus } from "./session_api";
import { Connection } from "./signaling/connection";
import { readFail } from "./signaling/failure";
import type { ClientMessage, ConnectionData, FailData, HangupData } from "./signaling/messages";
import type { IncomingCall, OtherRequest, ServerMessage, SessionInfo } from "./signaling/messages";
import { uuid } from "./uuid";

interface Waiter {
  registered: boolean;
  done: Deferred<void>;
}

const RECONNECT_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** Descriptions that came before their call; a gateway sends the two back to back. */
const EARLY_SDP_LIMIT = 8;

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
  /** The last one the gateway gave; good for one return. */
  #token: string | undefined;
  /** Calls are kept while the way back is being looked for, and what hangs up meanwhile is said then. */
  #away = false;
  /** This connection goes on with a session that had signed in before. */
  #resumed = false;
  readonly #unsaid: HangupData[] = [];

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
      devices,
      send: (message) => this.#send(message),
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
    onAbort(signal, waiter.done.promise, () =>
      waiter.done.reject(new PhoneError("aborted", { cause: signal?.reason })),
    );
    const forget = (): void => void this.#waiters.delete(waiter);
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

  /** @internal Says something that the SDK itself has no use for, for the compat entry. */
  request(message: OtherRequest, data: Record<string, unknown>): void {
    this.#send({ message, data });
  }

  /** Hangs up all calls and signs out. The session cannot be used again. */
  disconnect(): Promise<void> {
    const calls = this.getCalls().map((call) => call.hangup());
    this.#close("DISCONNECTED");
    return Promise.all(calls).then(() => undefined);
  }

  // ---- the connection ----

  #signIn(): void {
    const { appKey = "defaultApp", custom, keepAlive, authToken, sipOptions: sip } = this.#options;
    const data: ConnectionData = {
      appKey,
      mediaProviders: ["WebRTC"],
      clientVersion: "2.0",
      clientOSVersion: navigator.platform,
      clientBrowserVersion: navigator.userAgent,
      custom,
      keepAlive,
      authToken: this.#token ?? authToken,
      resume: this.#token === undefined ? undefined : true,
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

  // A gateway that gave a token may keep the calls while we are away, and their media do not need it: they go
  // on until it says that it does not know them.
  #onLost(error: PhoneError): void {
    if (this.#token === undefined) this.#endCalls(error);
    else if (!this.#away) for (const call of this.getCalls()) call.handleAway();
    this.#away = this.#token !== undefined;
    this.#setStatus("PENDING");
  }

  /** The gateway is back; `kept`: the calls it still has, absent where it knows nothing of us. */
  #onBack(kept: SessionInfo["resumed"]): void {
    if (!this.#away) return;
    this.#away = false;
    const statuses = new Map(kept?.calls.map(({ callId, status }) => [callId, status]));
    for (const call of this.getCalls()) {
      call.handleBack(statuses.get(call.id()));
      statuses.delete(call.id());
    }
    for (const hangup of this.#unsaid.splice(0)) {
      this.#connection.send({ message: "hangup", data: hangup });
      statuses.delete(hangup.callId);
    }
    // A call that talks, but not here: its page was another one.
    for (const [callId, status] of statuses)
      if (status === "ESTABLISHED" || status === "HOLD") this.#send({ message: "hangup", data: { callId } });
  }

  #send(message: ClientMessage): boolean {
    const sent = this.#connection.send(message);
    if (!sent && message.message === "hangup" && !this.#isFinal()) this.#unsaid.push(message.data);
    return sent;
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
        return this.emit("other", message.name, message.fields);
    }
  }

  #onAccepted(info: SessionInfo): void {
    this.#connection.accepted();
    this.#token = info.authToken;
    this.#sipLogin = info.sipLogin ?? this.#sipLogin;
    this.#resumed = info.resumed !== undefined;
    this.#onUsable("ESTABLISHED", info);
    this.#onBack(info.resumed);
  }

  #onUsable(status: "ESTABLISHED" | "REGISTERED", info: SessionInfo = {}): void {
    const complete = this.#resumed || status === (this.#registers() ? "REGISTERED" : "ESTABLISHED");
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
    const error = readFail(fail);
    this.emit("WARN", this, error);
    const ofSession = !fail.id && (!fail.apiMethod || fail.apiMethod === "RegistrationStatusEvent");
    if (!ofSession || this.#isFinal()) return;
    const waits = fail.status === "UNREGISTERED"; // the server is silent so far, and still being asked
    if (waits || this.#status === "REGISTERED" || this.#resumed) this.#setStatus("UNREGISTERED", error);
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

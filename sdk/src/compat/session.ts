// SPDX-License-Identifier: MIT
// A session with the methods and the habits of the older API, over ours. It does not come back by itself unless
// it is asked to (`reconnect`): pages of that API show DISCONNECTED and let the user sign in again.

import { createSession, SESSION_STATUS, type Call, type PhoneError, type Session, type SessionOptions } from "../index";
import { CompatCall, headersOf, mediaOptions, type CompatMediaOptions } from "./call";
import { Callbacks, type Callback } from "./callbacks";
import { constants, ERROR_INFO } from "./constants";
import { playerIn } from "./displays";

export interface CompatSessionOptions extends Omit<SessionOptions, "sipOptions"> {
  sipOptions?: Partial<NonNullable<SessionOptions["sipOptions"]>> & { proxy?: string };
  lbUrl?: string;
}

export interface CompatCallOptions extends CompatMediaOptions {
  callee: string;
  visibleName?: string;
}

const USABLE: readonly string[] = [SESSION_STATUS.ESTABLISHED, SESSION_STATUS.REGISTERED, SESSION_STATUS.UNREGISTERED];

interface Pending {
  resolve: (info: unknown) => void;
  reject: (info: unknown) => void;
}

export class CompatSession {
  readonly #session: Session;
  readonly #callbacks = new Callbacks();
  readonly #calls = new Map<string, CompatCall>();
  readonly #pending = new Map<string, Pending>();
  readonly #onOver: () => void;
  #status: string = SESSION_STATUS.PENDING;
  #operations = 0;

  constructor(options: CompatSessionOptions, onOver: () => void) {
    this.#onOver = onOver;
    this.#session = createSession(ourOptions(options));
    const { CONNECTED, ESTABLISHED, REGISTERED, UNREGISTERED, DISCONNECTED, FAILED, WARN } = SESSION_STATUS;
    const { PENDING, INCOMING_CALL } = SESSION_STATUS;
    for (const status of [PENDING, CONNECTED, REGISTERED, UNREGISTERED, DISCONNECTED] as const)
      this.#session.on(status, () => this.#tell(status));
    this.#session
      .on(ESTABLISHED, (_, info) => this.#tell(ESTABLISHED, info))
      .on(WARN, (_, error) => this.#onWarning(error))
      .on(FAILED, (_, error) => this.#tell(error?.reason === "gateway_unreachable" ? FAILED : DISCONNECTED))
      .on(INCOMING_CALL, (call) => this.#callbacks.fire(INCOMING_CALL, this.#keep(call, undefined)))
      .on("other", (name, fields) => this.#onOther(name, fields));
  }

  id = (): string => this.#session.id();
  status = (): string => this.#status;
  getServerUrl = (): string => this.#session.getServerUrl();
  getLogger = (): Console => console;

  on = (event: string, callback: Callback): this => {
    this.#callbacks.on(event, callback);
    return this;
  };

  createCall = (options: CompatCallOptions): CompatCall => {
    if (!USABLE.includes(this.#status)) throw new Error(`${ERROR_INFO.INVALID_SESSION_STATE} ${this.#status}`);
    const { callee, visibleName, sipHeaders } = options;
    const player = playerIn(options.remoteVideoDisplay);
    const headers = headersOf(sipHeaders);
    const call = this.#session.createCall({
      ...mediaOptions(options, player),
      callee,
      ...(visibleName !== undefined && { visibleName }),
      ...(headers && { sipHeaders: headers }),
    });
    return this.#keep(call, player);
  };

  disconnect = (): void => void this.#session.disconnect();

  /** Resolves when the application behind the gateway has accepted the data. */
  sendData = (payload: unknown): Promise<unknown> => {
    const operationId = `${this.id()}-${++this.#operations}`;
    const answer = new Promise((resolve, reject) => this.#pending.set(operationId, { resolve, reject }));
    answer.catch(() => undefined);
    this.#session.request("sendData", { operationId, payload });
    return answer;
  };

  startDebug = (): void => this.#session.request("sessionDebug", { command: "start" });
  stopDebug = (): void => this.#session.request("sessionDebug", { command: "stop" });
  submitBugReport = (report: Record<string, unknown>): void => this.#session.request("submitBugReport", report);

  #keep(call: Call, player: HTMLVideoElement | undefined): CompatCall {
    const wire = { request: this.#session.request.bind(this.#session) };
    const own = new CompatCall(call, wire, player);
    this.#calls.set(call.id(), own);
    call.on("ended", () => this.#calls.delete(call.id()));
    return own;
  }

  #onWarning(error: PhoneError): void {
    this.#callbacks.fire(SESSION_STATUS.WARN, this, error);
    this.#calls.get(error.callId ?? "")?.onRefused();
  }

  #onOther(name: string, fields: Record<string, unknown>): void {
    const { APP_DATA, DEBUG } = constants.SESSION_STATUS;
    if (name === "OnDataEvent") this.#callbacks.fire(APP_DATA, this, fields);
    else if (name === "notifySessionDebugEvent") this.#callbacks.fire(DEBUG, this, fields);
    else if (name === "DataStatusEvent") {
      const id = String(fields["operationId"]);
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (fields["status"] === "ACCEPTED") pending?.resolve(fields);
      else pending?.reject(fields);
    }
  }

  #tell(status: string, info?: unknown): void {
    this.#status = status;
    if (status === SESSION_STATUS.DISCONNECTED || status === SESSION_STATUS.FAILED) {
      this.#onOver();
      for (const { reject } of this.#pending.values()) reject({ status });
      this.#pending.clear();
    }
    this.#callbacks.fire(status, this, info);
  }
}

/** Fields that a form left empty count as absent. */
function ourOptions({ sipOptions: sip, reconnect = false, ...rest }: CompatSessionOptions): SessionOptions {
  if (!sip) return { ...rest, reconnect };
  const { login = "", password = "", domain = "", proxy, outboundProxy = proxy } = sip;
  const { authenticationName, port, registerRequired } = sip;
  const sipOptions = {
    login,
    password,
    domain,
    ...(outboundProxy && { outboundProxy }),
    ...(authenticationName && { authenticationName }),
    ...(port !== undefined && port !== "" && { port }),
    ...(registerRequired !== undefined && { registerRequired }),
  };
  return { ...rest, reconnect, sipOptions };
}

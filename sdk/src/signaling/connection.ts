// SPDX-License-Identifier: MIT
// The connection to the gateway as a session sees it: one that stays, made of sockets that do not. It opens
// them, gives up on a gateway that does not accept in time, and finds the way back after a loss, a hidden
// page or a dead network. It knows no calls and no SIP; what a sign-in is, its session tells it.

import { asPhoneError, PhoneError } from "../errors";
import { Emitter } from "../events";
import { watchLifecycle } from "../lifecycle";
import type { ClientMessage, ServerMessage } from "./messages";
import { reconnectDelay } from "./reconnect_policy";
import { Socket, type Farewell, type SocketClosed } from "./socket";

export interface ConnectionOptions {
  url: string;
  /** Milliseconds for the gateway to open the socket and to accept the sign-in. */
  timeoutMs: number;
  /** How long to look for the way back; 0 not at all. */
  reconnectMs: number;
}

export interface Reconnecting {
  attempt: number;
  delayMs: number;
  error: PhoneError;
}

export interface ConnectionEvents {
  /** A socket is open: time to sign in. */
  open: [];
  message: [ServerMessage];
  /** What was signed in is gone; the way back is being looked for. */
  lost: [PhoneError];
  reconnecting: [Reconnecting];
  /** Last event: there is no way, or no way back. */
  failed: [PhoneError];
}

export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  readonly #unwatch: () => void;
  #socket: Socket | undefined;
  #acceptTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether this gateway has ever accepted us: only then it is worth trying again. */
  #accepted = false;
  /** Set while the way back is being looked for. */
  #search: { since: number; attempt: number; timer?: ReturnType<typeof setTimeout> } | undefined;

  /** Opens the first socket; throws INVALID_ARGUMENT for an address the browser refuses. */
  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
    this.#open();
    this.#unwatch = watchLifecycle({
      onHide: (fate) => this.#suspend(fate === "cached" ? "lost" : "meant"),
      onRestore: () => this.#restore(),
      onAwake: () => (this.#socket ? this.#socket.ask() : this.#tryNow()),
    });
  }

  /** False when there is no open socket. */
  send(message: ClientMessage): boolean {
    return this.#socket?.send(message) ?? false;
  }

  /** The gateway has accepted the sign-in. */
  accepted(): void {
    clearTimeout(this.#acceptTimer);
    this.#accepted = true;
  }

  /** Everything works (again). Returns whether this was a way back. */
  settled(): boolean {
    const back = this.#search !== undefined;
    this.#search = undefined;
    return back;
  }

  /** For good, and without an event. */
  close(): void {
    this.#unwatch();
    this.#drop("meant");
    this.#search = undefined;
  }

  #open(): void {
    const { timeoutMs } = this.#options;
    const socket = (this.#socket = this.#makeSocket());
    this.#acceptTimer = setTimeout(() => this.#onClosed({ opened: true, code: 0 }), timeoutMs);
    socket.on("open", () => this.emit("open"));
    socket.on("message", (message) => this.emit("message", message));
    socket.on("closed", (closed) => this.#onClosed(closed));
  }

  #makeSocket(): Socket {
    try {
      return new Socket(this.#options.url, this.#options.timeoutMs);
    } catch (error) {
      // A malformed address, or ws:// from an https page: the browser does not even try.
      throw asPhoneError(error, "invalid_argument");
    }
  }

  #onClosed({ opened, code }: SocketClosed): void {
    this.#drop("lost");
    const cause = new Error(`WebSocket ${this.#options.url} closed with code ${code}`);
    const error = new PhoneError(opened ? "connection_lost" : "gateway_unreachable", { cause });
    if (!this.#planRetry(error)) this.emit("failed", error);
  }

  #planRetry(error: PhoneError): boolean {
    if (!this.#accepted) return false;
    const { since, attempt } = this.#search ?? { since: performance.now(), attempt: 0 };
    const elapsed = performance.now() - since;
    const delayMs = reconnectDelay(attempt, elapsed, this.#options.reconnectMs, Math.random());
    if (delayMs === null) return false;
    this.#search = { since, attempt: attempt + 1, timer: setTimeout(() => this.#tryNow(), delayMs) };
    this.emit("lost", error);
    this.emit("reconnecting", { attempt: attempt + 1, delayMs, error });
    return true;
  }

  /** What the retry timer does; nothing where an attempt is running or there is nothing to retry. */
  #tryNow(): void {
    if (!this.#search || this.#socket) return;
    clearTimeout(this.#search.timer);
    this.#open();
  }

  #suspend(farewell: Farewell): void {
    this.#drop(farewell);
    this.#startSearch();
    this.emit("lost", new PhoneError("connection_lost"));
  }

  #restore(): void {
    if (!this.#search) return;
    this.#startSearch(); // its time starts now: the page was asleep
    this.#tryNow();
  }

  #startSearch(): void {
    this.#search = { since: performance.now(), attempt: 0 };
  }

  #drop(farewell: Farewell): void {
    clearTimeout(this.#acceptTimer);
    clearTimeout(this.#search?.timer);
    this.#socket?.close(farewell);
    this.#socket = undefined;
  }
}

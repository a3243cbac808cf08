// SPDX-License-Identifier: MIT
// One WebSocket connection to the gateway, used once: messages in and out, pings answered, and the
// discovery that the gateway is dead although the socket looks alive. It knows no session and no call,
// and never reconnects: the session makes a new Socket for that.

import { Emitter } from "../events";
import { decode, encode, type ClientMessage, type ServerMessage } from "./messages";

export interface SocketClosed {
  /** Whether the connection was ever open. */
  opened: boolean;
  /** The close code, 1006 when the connection just broke, 0 when we found the gateway silent. */
  code: number;
}

export interface SocketEvents {
  open: [];
  message: [ServerMessage];
  /** Last event, exactly once, unless close() was called. */
  closed: [SocketClosed];
}

/** Whether the page is through with its session, or will want it back: the gateway keeps it in the second case. */
export type Farewell = "meant" | "lost";
// The browser's own codes but 1000 cannot be said by a page. The close of a connection that seemed dead may yet
// arrive, when the network is better: it must not take the calls with it.
const CODES: Readonly<Record<Farewell, number>> = { meant: 1000, lost: 4000 };

const CHECK_MS = 5_000;
/** The gateway pings every few seconds; this long without a word makes us ask. */
const SILENCE_MS = 20_000;
const ANSWER_MS = 5_000;

export class Socket extends Emitter<SocketEvents> {
  readonly #socket: WebSocket;
  #opened = false;
  #done = false;
  #lastHeard = 0;
  #gatewayPings = false;
  #asked = false;
  #watch: ReturnType<typeof setInterval> | undefined;
  #answerTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, connectTimeoutMs: number) {
    super();
    const socket = (this.#socket = new WebSocket(url));
    const timeout = setTimeout(() => this.#finish(0), connectTimeoutMs);
    socket.onopen = () => {
      clearTimeout(timeout);
      this.#opened = true;
      this.#lastHeard = performance.now();
      this.#watch = setInterval(() => this.#checkSilence(), CHECK_MS);
      this.emit("open");
    };
    socket.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    socket.onclose = (event) => {
      clearTimeout(timeout);
      this.#finish(event.code);
    };
  }

  /** Returns false, and sends nothing, when the connection is not open. */
  send(message: ClientMessage): boolean {
    if (this.#done || this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(encode(message));
    return true;
  }

  /** Something happened that may have killed the connection unnoticed: a gateway that pings must answer soon. */
  ask(): void {
    if (!this.#gatewayPings || this.#asked) return;
    this.#asked = true;
    this.send({ message: "ping", data: null });
    this.#answerTimer = setTimeout(() => this.#asked && this.#finish(0), ANSWER_MS);
  }

  /** Closes without a `closed` event. A close that the network swallows must hold up nobody. */
  close(farewell: Farewell): void {
    this.#done = true;
    clearInterval(this.#watch);
    clearTimeout(this.#answerTimer);
    this.#socket.close(CODES[farewell]);
  }

  #receive(frame: unknown): void {
    if (this.#done) return;
    this.#lastHeard = performance.now();
    this.#asked = false;
    clearTimeout(this.#answerTimer);
    const message = decode(frame);
    if (!message) return;
    if (message.kind === "ping") {
      this.#gatewayPings = true;
      this.send({ message: "pong", data: null });
    } else if (message.kind !== "pong") {
      this.emit("message", message);
    }
  }

  // Timers of a hidden tab run late and a laptop sleeps, so silence alone proves nothing: ask first, and
  // only a question that stays unanswered counts.
  #checkSilence(): void {
    if (performance.now() - this.#lastHeard >= SILENCE_MS) this.ask();
  }

  #finish(code: number): void {
    if (this.#done) return;
    this.close("lost");
    this.emit("closed", { opened: this.#opened, code });
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket client without manners: every bit of the handshake and of each frame is the test's to choose.
// What the gateway answers is read frame by frame, down to the close code.
import { randomBytes } from "node:crypto";
import { connect } from "node:net";

/** One frame (RFC 6455 5.2). `length`: what the header says, whatever follows it. */
export function frame(
  opcode,
  payload = "",
  { fin = true, rsv = 0, masked = true, length, lengthBytes, mask = randomBytes(4) } = {},
) {
  const body = Buffer.from(payload);
  const says = BigInt(length ?? body.length);
  const form = lengthBytes ?? (says < 126n ? 1 : says < 65536n ? 3 : 9);
  const head = Buffer.alloc(1 + form);
  head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  if (form === 1) head[1] = Number(says);
  if (form === 3) [head[1], head[2], head[3]] = [126, Number(says >> 8n), Number(says & 255n)];
  if (form === 9) (head[1] = 127), head.writeBigUInt64BE(says, 2);
  if (!masked) return Buffer.concat([head, body]);
  head[1] |= 0x80;
  return Buffer.concat([head, mask, body.map((byte, i) => byte ^ mask[i % 4])]);
}

export const text = (message, ...data) => frame(1, JSON.stringify({ message, data }));

export class RawWebSocket {
  #buffer = Buffer.alloc(0);
  #watchers = new Set();
  /** Texts that came, parsed; and the code of the close frame, 1006 when the socket ended without. */
  texts = [];
  code;

  constructor(socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => socket.once("close", resolve));
    this.ended.then(() => {
      this.code ??= 1006;
      for (const watch of this.#watchers) watch();
    });
    socket.on("error", () => {}); // reset: its end is told by close
  }

  /** A socket and the answer's status to this request; `head` replaces the whole request. */
  static async open(port, { headers = {}, path = "/", head, host = "127.0.0.1" } = {}) {
    const socket = connect(port, host);
    await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    const raw = new RawWebSocket(socket);
    const fields = {
      Host: `127.0.0.1:${port}`,
      Upgrade: "websocket",
      Connection: "Upgrade",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      ...headers,
    };
    const lines = Object.entries(fields).filter(([, value]) => value !== undefined);
    socket.write(head ?? `GET ${path} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join("")}\r\n`);
    raw.head = await raw.#readHead();
    raw.status = Number(/^HTTP\/1\.[01] (\d+)/.exec(raw.head)?.[1] ?? 0);
    if (raw.status === 101) {
      socket.on("data", (bytes) => raw.#read(bytes));
      raw.#read(Buffer.alloc(0));
    }
    return raw;
  }

  static async signedIn(port, account, more = {}) {
    const raw = await RawWebSocket.open(port);
    raw.say("connection", { appKey: "defaultApp", mediaProviders: ["WebRTC"], ...account, ...more });
    await raw.until(() => raw.texts.some(({ message }) => message === "getUserData"), "getUserData");
    return raw;
  }

  write(...frames) {
    return this.socket.write(Buffer.concat(frames));
  }
  say(message, ...data) {
    return this.write(text(message, ...data));
  }
  destroy() {
    this.socket.destroy();
  }

  /** The close code the gateway gives within `timeout`. */
  async closeCode(timeout = 5_000) {
    await this.until(() => this.code !== undefined, "a close", timeout);
    return this.code;
  }

  until(isTrue, what, timeout = 5_000) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!isTrue()) return;
        clearTimeout(timer);
        this.#watchers.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#watchers.delete(check);
        reject(new Error(`${what} did not come; texts: ${JSON.stringify(this.texts).slice(-600)}`));
      }, timeout);
      this.#watchers.add(check);
      check();
    });
  }

  #readHead() {
    return new Promise((resolve) => {
      const done = () => {
        this.socket.removeListener("data", take);
        resolve(this.#buffer.subarray(0, Math.max(0, this.#buffer.indexOf("\r\n\r\n"))).toString("latin1"));
        this.#buffer = this.#buffer.subarray(this.#buffer.indexOf("\r\n\r\n") + 4);
      };
      const take = (bytes) => {
        this.#buffer = Buffer.concat([this.#buffer, bytes]);
        if (this.#buffer.includes("\r\n\r\n")) done();
      };
      this.socket.on("data", take);
      this.socket.once("close", done);
    });
  }

  #read(bytes) {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    while (this.#buffer.length >= 2) {
      const short = this.#buffer[1] & 127;
      const at = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (this.#buffer.length < at) return;
      const length =
        short === 126
          ? this.#buffer.readUInt16BE(2)
          : short === 127
            ? Number(this.#buffer.readBigUInt64BE(2))
            : short;
      if (this.#buffer.length < at + length) return;
      this.#take(this.#buffer[0] & 15, this.#buffer.subarray(at, at + length));
      this.#buffer = this.#buffer.subarray(at + length);
      for (const watch of this.#watchers) watch();
    }
  }

  #take(opcode, payload) {
    if (opcode === 1) {
      const message = JSON.parse(payload.toString());
      this.texts.push(message);
      if (message.message === "ping" && !this.socket.destroyed) this.say("pong", null);
    }
    if (opcode === 8) this.code ??= payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
  }
}

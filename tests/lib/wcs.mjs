// SPDX-License-Identifier: GPL-3.0-or-later
// A browser without a browser: the frames of the protocol as they are, sent and awaited one by one, with
// the offer a real Chromium once made. For what no SDK would do, and for calls whose sound is no matter.
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { ROOT } from "./run.mjs";

export class Wcs {
  #socket;
  #watchers = new Set();
  #taken = 0;
  /** Every frame that came, as { message, data, at }. */
  frames = [];
  closed;

  static async connect(url, { headers } = {}) {
    const wcs = new Wcs();
    const socket = new WebSocket(url, { headers });
    wcs.#socket = socket;
    wcs.closed = new Promise((resolve) =>
      socket.on("close", (code, reason) => resolve({ code, reason: String(reason) })),
    );
    wcs.closed.then(() => (wcs.isClosed = true));
    socket.on("message", (text) => {
      const frame = { ...JSON.parse(String(text)), at: performance.now() };
      wcs.frames.push(frame);
      if (frame.message === "ping") wcs.send("pong", null);
      for (const watch of wcs.#watchers) watch();
    });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return wcs;
  }

  /** Signs in and, unless told not to, waits to be registered. */
  static async signIn(url, account, { registered = true, ...more } = {}) {
    const wcs = await Wcs.connect(url);
    wcs.send("connection", {
      appKey: "defaultApp",
      mediaProviders: ["WebRTC"],
      clientVersion: "2.0",
      ...account,
      ...more,
    });
    await wcs.expect("getUserData");
    if (registered) await wcs.expect("registered");
    return wcs;
  }

  send(message, ...data) {
    this.sendText(JSON.stringify({ message, data }));
  }
  sendText(text) {
    this.#socket.send(text);
  }
  close() {
    this.#socket.close();
    return this.closed;
  }
  /** As when the tab dies. */
  terminate() {
    this.#socket.terminate();
  }

  /** Dials; resolves to the call's id at once. */
  call(callee, fields = {}) {
    const callId = fields.callId ?? randomUUID();
    const common = { incoming: false, hasAudio: true, hasVideo: false, status: "PENDING", mediaProvider: "WebRTC" };
    this.send("call", { ...common, callId, callee, sdp: offer(), ...fields });
    return callId;
  }
  hangup(callId) {
    this.send("hangup", { callId });
  }

  /**
   * The first argument of the next frame named `message` that was not expected before; frames of other
   * names in between are passed over. `where` is asked of the argument.
   */
  async expect(message, { where = () => true, timeout = 5_000 } = {}) {
    const index = await this.#find((frame) => frame.message === message && where(frame.data[0]), timeout, message);
    this.#taken = index + 1;
    return this.frames[index].data[0];
  }

  /** The whole argument list of that frame. */
  async expectAll(message, options) {
    await this.expect(message, options);
    return this.frames[this.#taken - 1].data;
  }

  /** The names of all frames so far that concern the call. */
  storyOf(callId) {
    const concerns = ({ message, data }) =>
      message === "setRemoteSDP" ? data[0] === callId : data[0]?.callId === callId || data[0]?.id === callId;
    return this.frames
      .filter(concerns)
      .map(({ message, data }) => (data[0]?.status ? `${message}/${data[0].status}` : message));
  }

  #find(predicate, timeout, what) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#watchers.delete(check);
        settle(value);
      };
      const check = () => {
        const index = this.frames.findIndex((frame, i) => i >= this.#taken && predicate(frame));
        if (index >= 0) done(resolve, index);
      };
      const timer = setTimeout(() => {
        const story = this.frames
          .map(({ message, data }) => `${message} ${JSON.stringify(data).slice(0, 160)}`)
          .join("\n  ");
        done(reject, new Error(`no "${what}" within ${timeout} ms; what came:\n  ${story}`));
      }, timeout);
      this.#watchers.add(check);
      check();
    });
  }
}

/** An offer as Chromium makes it, with credentials of its own each time. */
export function offer() {
  const text = readFileSync(OFFER, "utf8");
  const random = () => randomUUID().replaceAll("-", "");
  return text
    .replace(/a=ice-ufrag:.*?(\r?)$/gm, `a=ice-ufrag:${random().slice(0, 8)}$1`)
    .replace(/a=ice-pwd:.*?(\r?)$/gm, `a=ice-pwd:${random()}$1`);
}

const OFFER = `${ROOT}/tests/corpora/sdp/browser/chromium-audio.sdp`;

// SPDX-License-Identifier: GPL-3.0-or-later
// A SIP server and phone in one socket that does exactly what a test says, lawful or not. Only a REGISTER
// it takes by itself.
import { createSocket } from "node:dgram";
import { randomUUID } from "node:crypto";

const SDP = (ip, { codec = 8, version = 1 } = {}) =>
  ["v=0", `o=raw 1 ${version} IN IP4 ${ip}`, "s=-", `c=IN IP4 ${ip}`, "t=0 0", `m=audio 40000 RTP/AVP ${codec}`, ""].join(
    "\r\n",
  );

/** { startLine, status, method, body, field(name) } of a datagram. */
function parse(text) {
  const [head, body] = text.split("\r\n\r\n");
  const [startLine, ...lines] = head.split("\r\n");
  const all = (name) =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)).map((line) => line.slice(name.length + 1).trim());
  const field = (name) => all(name)[0] ?? "";
  const status = Number(/^SIP\/2\.0 (\d+)/.exec(startLine)?.[1] ?? 0);
  return { text, startLine, status, method: field("CSeq").split(" ")[1], body, field, all };
}

export class RawSip {
  #waiting = new Set();
  /** Every message that came, in order. */
  messages = [];

  constructor(socket, ip, gateway) {
    this.socket = socket;
    this.ip = ip;
    this.gateway = gateway;
  }

  /** `gateway`: the SIP port of ours on 127.0.0.1; may be set later. `ip`: any of 127.0.0.0/8. */
  static async start(run, { ip = "127.0.0.1", gateway } = {}) {
    const socket = createSocket("udp4");
    await new Promise((resolve, reject) => socket.once("error", reject).bind(0, ip, resolve));
    const raw = new RawSip(socket, ip, gateway);
    socket.on("message", (bytes) => {
      const message = parse(String(bytes));
      raw.messages.push(message);
      const isRegister = message.status === 0 && message.method === "REGISTER";
      if (isRegister) raw.answer(message, "200 OK", { contact: message.field("Contact"), fields: ["Expires: 600"] });
      for (const check of raw.#waiting) check();
    });
    run.onEnd(() => socket.close());
    return raw;
  }

  get port() {
    return this.socket.address().port;
  }
  /** What a browser signs in with. */
  account(login) {
    return {
      sipLogin: login,
      sipPassword: "not-asked-for",
      sipDomain: this.ip,
      sipOutboundProxy: this.ip,
      sipPort: String(this.port),
    };
  }

  send(lines, body = "") {
    const type = body ? ["Content-Type: application/sdp"] : [];
    const text = [...lines, ...type, `Content-Length: ${body.length}`, "", body].join("\r\n");
    return new Promise((resolve) => this.socket.send(text, this.gateway, "127.0.0.1", resolve));
  }
  sdp(options) {
    return SDP(this.ip, options);
  }

  /** The next message from index `from` on for which `where` holds. */
  expect(where, { from = 0, timeout = 5_000 } = {}) {
    return new Promise((resolve, reject) => {
      const done = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        settle(value);
      };
      const check = () => {
        const found = this.messages.slice(from).find(where);
        if (found) done(resolve, found);
      };
      const timer = setTimeout(
        () => done(reject, new Error(`not among\n${this.messages.slice(from).map((m) => m.startLine).join("\n")}`)),
        timeout,
      );
      this.#waiting.add(check);
      check();
    });
  }
  request(method, options) {
    return this.expect((message) => message.status === 0 && message.method === method, options);
  }

  answer(request, status, { tag = "raw", body = "", contact, fields = [] } = {}) {
    const to = request.field("To");
    return this.send(
      [
        `SIP/2.0 ${status}`,
        ...request.all("Via").map((via) => `Via: ${via}`),
        `From: ${request.field("From")}`,
        `To: ${to.includes(";tag=") || !tag ? to : `${to};tag=${tag}`}`,
        `Call-ID: ${request.field("Call-ID")}`,
        `CSeq: ${request.field("CSeq")}`,
        `Contact: ${contact ?? `<sip:raw@${this.ip}:${this.port}>`}`,
        ...fields,
      ],
      body,
    );
  }

  /** A request within the dialog of `invite`, as its callee; every part may be another's. */
  ask(method, invite, { cseq, tag = "raw", to, body = "", fields = [], branch } = {}) {
    return this.send(
      [
        `${method} sip:x@127.0.0.1:${this.gateway} SIP/2.0`,
        `Via: SIP/2.0/UDP ${this.ip}:${this.port};rport;branch=${branch ?? `z9hG4bK${randomUUID()}`}`,
        "Max-Forwards: 70",
        `From: ${invite.field("To")};tag=${tag}`,
        `To: ${to ?? invite.field("From")}`,
        `Call-ID: ${invite.field("Call-ID")}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <sip:raw@${this.ip}:${this.port}>`,
        ...fields,
      ],
      body,
    );
  }
}

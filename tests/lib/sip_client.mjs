// SPDX-License-Identifier: GPL-3.0-or-later
// A SIP client of bare datagrams, for what no phone would send: any source address of the loopback, any
// bytes, answers counted. It builds requests, answers a challenge, and keeps no transaction.
import { createHash, randomUUID } from "node:crypto";
import { createSocket } from "node:dgram";

const hash = (algorithm, text) =>
  createHash(algorithm === "SHA-256" ? "sha256" : "md5")
    .update(text)
    .digest("hex");

export class SipClient {
  #socket;
  #waiting = [];
  bytesIn = 0;
  bytesOut = 0;
  sent = 0;
  /** Every message that came, as text. */
  received = [];

  /** `gateway`: { address, port }; `from`: the source address. */
  static async open(run, { gateway, from = "127.0.0.1" }) {
    const client = new SipClient();
    client.gateway = gateway;
    client.address = from;
    client.#socket = createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
    await new Promise((resolve, reject) =>
      client.#socket.once("error", reject).bind(0, from, () => resolve()),
    );
    client.#socket.on("error", () => {});
    client.port = client.#socket.address().port;
    client.#socket.on("message", (bytes) => client.#take(bytes));
    run.onEnd(() => client.close());
    return client;
  }

  close() {
    if (this.#socket) this.#socket.close();
    this.#socket = undefined;
  }

  send(text) {
    const bytes = Buffer.isBuffer(text) ? text : Buffer.from(text, "latin1");
    this.bytesOut += bytes.length;
    ++this.sent;
    return new Promise((resolve) => this.#socket.send(bytes, this.gateway.port, this.gateway.address, resolve));
  }

  /** The text of a request outside a dialog; `lines` are further header lines. */
  request(method, uri, { user = "nobody", domain, callId = randomUUID(), cseq = 1, to, lines = [], body = "" } = {}) {
    const aor = `sip:${user}@${domain}`;
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP ${this.address}:${this.port};branch=z9hG4bK${randomUUID()};rport`,
      "Max-Forwards: 70",
      `From: <${aor}>;tag=${callId.slice(0, 8)}`,
      `To: <${to ?? (method === "REGISTER" ? aor : uri)}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      `Contact: <sip:${user}@${this.address}:${this.port}>`,
      ...lines,
      ...(body ? ["Content-Type: application/sdp"] : []),
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n");
  }

  /** Sends it and gives the first final answer of its Call-ID, or undefined after `timeout` ms. */
  ask(text, { timeout = 1_000 } = {}) {
    const callId = /^Call-ID: (.*)$/m.exec(text)[1].trim();
    return new Promise((resolve) => {
      const entry = { callId, resolve: (answer) => (clearTimeout(timer), resolve(answer)) };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((one) => one !== entry);
        resolve(undefined);
      }, timeout);
      this.#waiting.push(entry);
      this.send(text);
    });
  }

  /** Asks; answers a challenge with `password` and gives the answer to that. */
  async signed(method, uri, { password, algorithm = "SHA-256", ...fields }) {
    const callId = fields.callId ?? randomUUID();
    const first = await this.ask(this.request(method, uri, { ...fields, callId }));
    if (!first || ![401, 407].includes(statusOf(first))) return first;
    const line = credentials({ challenge: first, method, uri, user: fields.user, password, algorithm });
    const cseq = (fields.cseq ?? 1) + 1;
    return this.ask(this.request(method, uri, { ...fields, callId, cseq, lines: [...(fields.lines ?? []), line] }));
  }

  #take(bytes) {
    this.bytesIn += bytes.length;
    const text = bytes.toString("latin1");
    this.received.push(text);
    if (!text.startsWith("SIP/2.0 ") || statusOf(text) < 200) return;
    const callId = /^Call-ID: (.*)$/m.exec(text)?.[1].trim();
    const at = this.#waiting.findIndex((entry) => entry.callId === callId);
    if (at >= 0) this.#waiting.splice(at, 1)[0].resolve(text);
  }
}

export const statusOf = (answer) => Number(answer.slice(8, 11));

/** The header line that answers the challenge of that algorithm. */
export function credentials({ challenge, method, uri, user, password, algorithm = "SHA-256", nc = 1 }) {
  const pattern = new RegExp(`^(WWW|Proxy)-Authenticate: Digest (.*algorithm=${algorithm}\\b.*)$`, "m");
  const found = pattern.exec(challenge);
  if (!found) throw new Error(`no ${algorithm} challenge in ${challenge}`);
  const value = (name) => new RegExp(`${name}="([^"]*)"`).exec(found[2])[1];
  const [realm, nonce, cnonce] = [value("realm"), value("nonce"), "0a4f113b"];
  const count = nc.toString(16).padStart(8, "0");
  const ha1 = hash(algorithm, `${user}:${realm}:${password}`);
  const ha2 = hash(algorithm, `${method}:${uri}`);
  const response = hash(algorithm, `${ha1}:${nonce}:${count}:${cnonce}:auth:${ha2}`);
  const name = found[1] === "WWW" ? "Authorization" : "Proxy-Authorization";
  return (
    `${name}: Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", ` +
    `response="${response}", algorithm=${algorithm}, qop=auth, nc=${count}, cnonce="${cnonce}"`
  );
}

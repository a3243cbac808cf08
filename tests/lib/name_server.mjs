// SPDX-License-Identifier: GPL-3.0-or-later
// A name server of our own on the loopback, which can lie, stammer, and say nothing.
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

const TYPES = { A: 1, CNAME: 5, AAAA: 28, SRV: 33, NAPTR: 35 };
const CODES = { servfail: 2, nxdomain: 3, refused: 5 };

const u16 = (...values) => Buffer.from(values.flatMap((value) => [(value >> 8) & 255, value & 255]));
const nameBytes = (name) =>
  Buffer.concat([...name.split(".").map((part) => Buffer.from([part.length, ...Buffer.from(part)])), Buffer.from([0])]);
const text = (value) => Buffer.from([value.length, ...Buffer.from(value)]);

const DATA = {
  A: (ip) => Buffer.from(ip.split(".").map(Number)),
  SRV: ({ priority = 1, weight = 0, port, host }) => Buffer.concat([u16(priority, weight, port), nameBytes(host)]),
  NAPTR: ({ order = 1, preference = 1, service, replacement }) =>
    Buffer.concat([u16(order, preference), text("s"), text(service), text(""), nameBytes(replacement)]),
  CNAME: (host) => nameBytes(host),
};

export class NameServer {
  /** nothing: honest; servfail, nxdomain, refused: says so to all; silent, garbage, wrong-id, cname-loop, huge. */
  fault;
  questions = 0;
  #records = new Map();

  static async start(run) {
    const server = new NameServer();
    server.port = await run.port();
    await server.open();
    run.onEnd(() => server.close());
    return server;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  /** Closed, its port refuses. */
  async open() {
    this.udp = createSocket("udp4");
    this.udp.on("message", (question, from) => {
      ++this.questions;
      for (const answer of [this.answer(question, { isDatagram: true })].flat())
        if (answer) this.udp.send(answer, from.port, from.address);
    });
    this.tcp = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        const answer = [this.answer(bytes.subarray(2), { isDatagram: false })].flat()[0];
        if (answer) socket.write(Buffer.concat([u16(answer.length), answer]));
      });
    });
    await new Promise((resolve) => this.udp.bind(this.port, "127.0.0.1", resolve));
    await new Promise((resolve) => this.tcp.listen(this.port, "127.0.0.1", resolve));
  }

  async close() {
    if (!this.udp) return;
    const { udp, tcp } = this;
    this.udp = this.tcp = undefined;
    await new Promise((resolve) => udp.close(resolve));
    await new Promise((resolve) => tcp.close(resolve));
  }

  add(name, type, value, ttl = 300) {
    const key = `${name} ${TYPES[type]}`;
    this.#records.set(key, [...(this.#records.get(key) ?? []), { type: TYPES[type], data: DATA[type](value), ttl }]);
  }

  answer(question, { isDatagram }) {
    const name = [];
    let at = 12;
    for (; question[at] > 0; at += question[at] + 1) name.push(question.toString("latin1", at + 1, at + 1 + question[at]));
    const type = question.readUInt16BE(at + 1);
    const asked = question.subarray(12, at + 5);
    const reply = (code, records, { id = question.readUInt16BE(0), flags = 0x8180 } = {}) =>
      Buffer.concat([
        u16(id, flags | code, 1, records.length, 0, 0),
        asked,
        ...records.map(({ type: kind, data, ttl }) =>
          Buffer.concat([Buffer.from([0xc0, 0x0c]), u16(kind, 1, ttl >> 16, ttl, data.length), data]),
        ),
      ]);
    switch (this.fault) {
      case "silent":
        return undefined;
      case "garbage":
        return Buffer.concat([question.subarray(0, 2), Buffer.alloc(60, 0xc0)]);
      case "wrong-id":
        return reply(0, [{ type: TYPES.A, data: DATA.A("127.0.0.9"), ttl: 300 }], { id: question.readUInt16BE(0) ^ 1 });
      case "cname-loop":
        return reply(0, [{ type: TYPES.CNAME, data: Buffer.from([0xc0, 0x0c]), ttl: 300 }]);
      case "huge":
        if (isDatagram) return reply(0, [], { flags: 0x8380 }); // truncated: come by TCP
        return reply(0, Array(3000).fill({ type: TYPES.A, data: DATA.A("127.0.0.9"), ttl: 300 }).slice(0, 3900));
      case undefined: {
        const known = [...this.#records.keys()].some((key) => key.startsWith(`${name.join(".")} `));
        const found = this.#records.get(`${name.join(".")} ${type}`) ?? [];
        return reply(known ? 0 : CODES.nxdomain, found);
      }
      default:
        return reply(CODES[this.fault], []);
    }
  }
}

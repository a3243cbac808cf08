// SPDX-License-Identifier: GPL-3.0-or-later
// The WebSocket under abuse: broken handshakes and frames, bombs of JSON, floods, sockets that idle or do
// not read. Each attack ends with its close code; another page is served meanwhile as if nothing were.
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { frame, RawWebSocket, text } from "../lib/raw_websocket.mjs";
import { delay, eventually, ROOT, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

const KB = 1024;
const USER = { sipLogin: "ann", sipPassword: "ann", sipDomain: "home" };
const registrar = { enabled: true, domain: "home", users: { ann: "ann", bob: "bob" } };
/** Under the address sanitizer memory says nothing. */
const MEASURES_MEMORY = !/asan/.test(process.env["PATCHCORD"] ?? "");

let run, gateway, port, good;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { registrar, limits: { connections_per_address: 9_000 } });
  port = gateway.ports.http;
  good = await Wcs.signIn(gateway.ws, USER);
});
after(async () => {
  await good?.close();
  await run?.end();
});

const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.child.pid}/status`, "utf8"))[1]);

/** Milliseconds that the page which behaves waits for a pong. */
async function goodPage() {
  const began = performance.now();
  good.send("ping", null);
  await good.expect("pong", { timeout: 10_000 });
  return performance.now() - began;
}

async function isUnharmed(memory) {
  assert.ok(gateway.child.isRunning(), "the gateway lives");
  const waited = await goodPage();
  assert.ok(waited < 5_000, `a page that behaves waited ${waited} ms`);
  await eventually(async () => (await gateway.health()).sessions === 1, { timeout: 45_000, what: "one session left" });
  const grown = resident() - memory;
  if (MEASURES_MEMORY) assert.ok(grown < 5 * KB, `${grown} kB more than before`);
  return grown;
}

/** [what, status, request]: handshakes that are refused. */
const key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const upgrade = "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
const HANDSHAKES = [
  ["no key", 400, `GET / HTTP/1.1\r\n${upgrade}\r\n`],
  ["an old version", [400, 426], `GET / HTTP/1.1\r\n${upgrade.replace("13", "8")}${key}\r\n`],
  ["a key that is none", 400, `GET / HTTP/1.1\r\n${upgrade}Sec-WebSocket-Key: short\r\n\r\n`],
  ["POST", [400, 405], `POST / HTTP/1.1\r\n${upgrade}${key}Content-Length: 0\r\n\r\n`],
  ["HTTP/1.0", [400, 505], `GET / HTTP/1.0\r\n${upgrade}${key}\r\n`],
  ["no request at all", 400, "\x16\x03\x01\x02\x00 hello\r\n\r\n"],
  ["a header of 20 kB", 431, `GET / HTTP/1.1\r\nX: ${"x".repeat(20 * KB)}\r\n${upgrade}${key}\r\n`],
  ["frames before the answer", 400, Buffer.concat([Buffer.from(`GET / HTTP/1.1\r\n${upgrade}${key}\r\n`), frame(1, "x")])],
  ["a folded header", [400, 101], `GET / HTTP/1.1\r\nX: a\r\n b\r\n${upgrade}${key}\r\n`],
  ["NUL in a header", 400, `GET / HTTP/1.1\r\nX: a\0b\r\n${upgrade}${key}\r\n`],
];

const utf8 = (...bytes) => frame(1, Buffer.from(bytes));
const close = (code, reason = "") => {
  const body = Buffer.alloc(2 + Buffer.byteLength(reason));
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return frame(8, body);
};

/** [what, close code, frames]. */
const FRAMES = [
  ["not masked", 1002, frame(1, "{}", { masked: false })],
  ...[1, 2, 4].map((rsv) => [`reserved bit ${rsv}`, 1002, frame(1, "{}", { rsv })]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [`opcode ${opcode}`, 1002, frame(opcode, "x")]),
  ["binary", 1003, frame(2, "\x00\x01")],
  ["UTF-8: a lone continuation", 1007, utf8(0x7b, 0x80, 0x7d)],
  ["UTF-8: overlong", 1007, utf8(0xc0, 0xaf)],
  ["UTF-8: a surrogate", 1007, utf8(0xed, 0xa0, 0x80)],
  ["UTF-8: above U+10FFFF", 1007, utf8(0xf5, 0x80, 0x80, 0x80)],
  ["UTF-8: cut short", 1007, utf8(0x7b, 0xe2, 0x82)],
  ["a ping of 126 bytes", 1002, frame(9, "x".repeat(126))],
  ["a ping in pieces", 1002, frame(9, "x", { fin: false })],
  ["a close in pieces", 1002, frame(8, "", { fin: false })],
  ["a continuation of nothing", 1002, frame(0, "x")],
  ["a text within a text", 1002, Buffer.concat([frame(1, "{", { fin: false }), frame(1, "}")])],
  ["a length in more bytes than needed", 1002, frame(1, "{}", { lengthBytes: 3 })],
  ["a length of nine bytes for five", 1002, frame(1, "hello", { lengthBytes: 9 })],
  ["256 kB and a byte", 1009, frame(1, "x".repeat(256 * KB + 1))],
  ["16 MB announced", 1009, frame(1, "x", { length: 16 * KB * KB })],
  ["2^62 bytes announced", 1009, frame(1, "x", { length: 1n << 62n })],
  ["2^63 bytes announced", [1002, 1009], frame(1, "x", { length: 1n << 63n })],
  [
    "256 kB and more in pieces",
    1009,
    Buffer.concat([
      frame(1, "x".repeat(200 * KB), { fin: false }),
      ...Array.from({ length: 60 }, () => frame(0, "x".repeat(KB), { fin: false })),
    ]),
  ],
  ["a close of one byte", 1002, frame(8, "x")],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999].map((code) => [`close code ${code}`, 1002, close(code)]),
  ...[5000, 65535].map((code) => [`close code ${code}`, [1002, code], close(code)]), // of nobody (RFC 6455 7.4.2)
  ["a close whose reason is no UTF-8", [1002, 1007], frame(8, Buffer.from([3, 232, 0xff]))],
  ["a close that is one", 1000, close(1000, "bye")],
  ["10,000 pings", 1006, Buffer.concat(Array.from({ length: 10_000 }, () => frame(9, "x")))],
];

/** Texts that are answered with fail, or are nothing, and close nothing. */
const deep = (open, shut, depth) => open.repeat(depth) + shut.repeat(depth);
const JSONS = [
  ["nested 100,000 deep", `{"message":"call","data":${deep("[", "]", 100_000)}}`],
  ["objects 20,000 deep", `{"message":"call","data":[${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}]}`],
  ["a number of 200 kB", `{"message":"sendDtmf","data":[{"callId":"x","dtmf":${"9".repeat(200 * KB)}}]}`],
  ["1e999999", '{"message":"sendDtmf","data":[{"callId":"x","dtmf":1e999999}]}'],
  ["the same key 10,000 times", `{"message":"hangup","data":[{${'"callId":"x",'.repeat(10_000)}"callId":"y"}]}`],
  ["20,000 keys", `{"message":"hangup","data":[{${Array.from({ length: 20_000 }, (_, i) => `"k${i}":1`).join()}}]}`],
  ["lone surrogates", '{"message":"hangup","data":[{"callId":"\\ud800\\udfff\\udc00"}]}'],
  ["NUL", '{"message":"hangup","data":[{"callId":"a\\u0000b"}]}'],
  ["a raw NUL", '{"message":"hangup\0","data":[]}'],
  ["not an object", "[]"],
  ["a name that is a number", '{"message":7,"data":[]}'],
  ["nothing", ""],
  ["a string without end", `{"message":"${"x".repeat(KB)}`],
  ["a comment", '{"message":"ping",/**/"data":[]}'],
  ["__proto__", '{"message":"call","data":[{"__proto__":{"callId":"x"}}],"__proto__":{}}'],
];

test("F-06: handshakes, frames and JSON that break the rules", async () => {
  const memory = resident();
  let cases = 0;
  const expect = (what, wanted, got) => {
    ++cases;
    assert.ok([wanted].flat().includes(got), `${what}: ${got} instead of ${wanted}`);
  };
  for (const [what, status, head] of HANDSHAKES) {
    const raw = await RawWebSocket.open(port, { head });
    expect(what, status, raw.status);
    raw.destroy();
  }
  const offered = await RawWebSocket.open(port, {
    headers: { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" },
  });
  expect("compression offered", 101, offered.status);
  assert.ok(!/extensions/i.test(offered.head), "no extension is agreed to, so there is no compression bomb");
  offered.destroy();

  for (const [what, code, frames] of FRAMES) {
    const raw = await RawWebSocket.signedIn(port, USER);
    raw.write(frames);
    expect(what, code, await raw.closeCode());
    raw.destroy();
  }
  for (const [what, message] of JSONS) {
    const raw = await RawWebSocket.signedIn(port, USER);
    const began = performance.now();
    raw.write(frame(1, message));
    raw.say("ping", null);
    await raw.until(() => raw.texts.some((answer) => answer.message === "pong"), `${what}: a pong after it`);
    ++cases;
    assert.equal(raw.code, undefined, what);
    assert.ok(performance.now() - began < 3_000, what);
    raw.write(close(1000));
    await raw.ended;
  }
  const first = await RawWebSocket.open(port);
  first.write(frame(1, "x".repeat(KB)));
  expect("first message no connection", 4400, await first.closeCode());
  const grown = await isUnharmed(memory);
  console.log(`F-06: ${cases} cases, each with its close code; memory +${grown} kB`);
});

test("F-06: random frames", async () => {
  const memory = resident();
  let frames = 0;
  const began = performance.now();
  const messages = ["call", "hangup", "answer", "connection", "ping", "sendDtmf", "hold", "x"];
  const one = () => {
    ++frames;
    const kind = randomInt(10);
    if (kind < 4) return text(messages[randomInt(messages.length)], { callId: String(randomInt(5)), sdp: "v=0" });
    const payload = randomBytes(randomInt(200));
    const opcode = kind < 8 ? [0, 1, 1, 9, 10][randomInt(5)] : randomInt(16);
    const body = kind < 7 ? payload.toString("base64") : payload;
    return frame(opcode, opcode > 8 ? body.slice(0, 120) : body, {
      fin: randomInt(4) > 0,
      rsv: randomInt(20) === 0 ? randomInt(8) : 0,
      masked: randomInt(50) > 0,
    });
  };
  while (frames < 60_000 && performance.now() - began < 15_000) {
    const raws = await Promise.all(Array.from({ length: 16 }, () => RawWebSocket.signedIn(port, USER)));
    for (const raw of raws) {
      for (let i = 0; i < 20; ++i) raw.write(...Array.from({ length: 10 }, one));
      raw.write(close(1000));
      setTimeout(() => raw.destroy(), 300);
    }
    await Promise.all(raws.map((raw) => raw.ended));
  }
  const grown = await isUnharmed(memory);
  console.log(`F-06: ${frames} random frames, alive, memory +${grown} kB`);
});

test("F-06: a million empty fragments, and a page that never reads", async () => {
  const memory = resident();
  const fragments = await RawWebSocket.signedIn(port, USER);
  fragments.write(frame(1, "", { fin: false }));
  const empty = Buffer.concat(Array.from({ length: 10_000 }, () => frame(0, "", { fin: false, mask: Buffer.alloc(4) })));
  let slowest = 0;
  for (let i = 0; i < 100 && fragments.code === undefined; ++i) {
    if (!fragments.write(empty)) await new Promise((resolve) => fragments.socket.once("drain", resolve));
    if (i % 20 === 0) slowest = Math.max(slowest, await goodPage());
  }
  fragments.destroy();
  assert.ok(slowest < 2_000, `a page that behaves waited ${slowest} ms`);

  const deaf = await RawWebSocket.signedIn(port, USER);
  deaf.socket.pause();
  const ping = Buffer.concat(Array.from({ length: 40 }, () => text("sendData", { operationId: "x".repeat(4000) })));
  for (let i = 0; i < 300 && !deaf.socket.destroyed; ++i) {
    deaf.write(ping);
    await delay(20);
    if (resident() - memory > 20 * KB) break;
  }
  await eventually(async () => (await gateway.health()).sessions <= 2, { timeout: 20_000, what: "the deaf one gone" });
  deaf.destroy();
  const grown = await isUnharmed(memory);
  console.log(`F-06: 1000000 empty fragments, slowest pong ${Math.round(slowest)} ms; a deaf page; memory +${grown} kB`);
});

test("F-06: the origin is judged at the handshake", async () => {
  const strict = await Gateway.start(run, {
    name: "strict",
    registrar,
    more: { web: { root: `${ROOT}/phone/dist`, allowed_origins: ["https://App.example:443", "http://dev.example:8080"] } },
  }).catch((error) => error);
  assert.ok(!(strict instanceof Error), String(strict));
  const rows = [
    [101, "https://app.example"],
    [101, "http://dev.example:8080"],
    [403, undefined],
    [403, "null"],
    [403, ""],
    [403, "https://evil.example"],
    [403, "http://app.example"],
    [403, "https://app.example:8443"],
    [403, "https://app.example.evil.example"],
    [403, "https://evil.example/https://app.example"],
    [403, "http://dev.example"],
    [403, "https://app.example "+ "https://evil.example"],
  ];
  for (const [status, origin] of rows) {
    const raw = await RawWebSocket.open(strict.ports.http, { headers: { Origin: origin } });
    assert.equal(raw.status, status, `Origin: ${origin}`);
    raw.destroy();
  }
  await strict.stop();
  console.log(`F-06: ${rows.length} origins, ${rows.filter(([status]) => status === 403).length} refused with 403`);
});

test("A-07: thousands of sockets that idle, drip or stop in the middle", async () => {
  const SOCKETS = 5_000;
  const memory = resident();
  const head = `GET / HTTP/1.1\r\n${upgrade}${key}`;
  const sockets = [];
  let closed = 0;
  const open = (after) =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.once("close", () => (++closed, resolve()));
      socket.once("connect", () => (after(socket), resolve()));
      socket.resume();
      sockets.push(socket);
    });
  const manners = [
    () => {}, // says nothing
    (socket) => socket.write(head.slice(0, 40)), // half a header
    (socket) => socket.write(`${head}\r\n`), // a WebSocket that does not sign in
    (socket) => socket.write(`POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf`), // half a body
    (socket) => {
      socket.write(`${head}\r\n`);
      setTimeout(() => socket.write(frame(1, '{"message":"conn', { length: 4000 })), 200); // half a frame
    },
  ];
  for (let i = 0; i < SOCKETS; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => open(manners[(i + k) % manners.length])));
  }
  const began = performance.now();
  const drips = setInterval(() => {
    for (let i = 1; i < sockets.length; i += 50) if (!sockets[i].destroyed) sockets[i].write("x");
  }, 1_000);
  let slowest = 0;
  while (closed < SOCKETS && performance.now() - began < 45_000) {
    slowest = Math.max(slowest, await goodPage());
    await delay(200);
  }
  clearInterval(drips);
  const took = (performance.now() - began) / 1000;
  for (const socket of sockets) socket.destroy();
  assert.equal(closed, SOCKETS, "all are closed by the gateway");
  assert.ok(slowest < 3_000, `a page that behaves waited ${slowest} ms`);
  const late = await Wcs.signIn(gateway.ws, { sipLogin: "bob", sipPassword: "bob", sipDomain: "home" });
  await late.close();
  await isUnharmed(Infinity); // what 5,000 sockets took, the allocator keeps for the next ones
  const grown = resident() - memory;
  console.log(
    `A-07: ${SOCKETS} sockets, all closed within ${took.toFixed(1)} s, slowest pong of a good page ` +
      `${Math.round(slowest)} ms, memory +${grown} kB`,
  );
});

test("the gateway is as it was, and ends well", async () => {
  await good.close();
  await gateway.stop();
});

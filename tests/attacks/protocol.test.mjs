// SPDX-License-Identifier: GPL-3.0-or-later
// The browser protocol under abuse: every message in every state, texts that were bent, lines that would
// become SIP headers, and addresses a page has no business with.
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Gateway } from "../lib/gateway.mjs";
import { RawWebSocket, frame } from "../lib/raw_websocket.mjs";
import { delay, eventually, ROOT, Run } from "../lib/run.mjs";
import { offer, Wcs } from "../lib/wcs.mjs";

const ANN = { sipLogin: "ann", sipPassword: "ann", sipDomain: "home" };
const BOB = { sipLogin: "bob", sipPassword: "bob", sipDomain: "home" };

let run, gateway, far, dns;
before(async () => {
  run = await Run.start(import.meta.url);
  far = await FarSide.start(run);
  dns = await NameServer.start(run);
  gateway = await Gateway.start(run, {
    domains: [`127.0.0.1:${far.port}`],
    registrar: { enabled: true, domain: "home", users: { ann: "ann", bob: "bob", carl: "carl" } },
    limits: { calls_per_minute: 100_000, sessions_per_account: 1_000 },
    sip: { dns: [`127.0.0.1:${dns.port}`] },
  });
});
after(() => run?.end());

/** A SIP server that registers everybody and is always busy. It keeps every request it gets. */
class FarSide {
  requests = [];
  static async start(theRun) {
    const side = new FarSide();
    side.port = await theRun.port();
    side.socket = createSocket("udp4");
    side.socket.on("message", (bytes, from) => side.#take(bytes.toString("latin1"), from));
    await new Promise((resolve) => side.socket.bind(side.port, "127.0.0.1", resolve));
    theRun.onEnd(() => side.socket.close());
    return side;
  }
  /** What a page signs in with. */
  account(more = {}) {
    return { sipLogin: "1001", sipPassword: "p", sipDomain: `127.0.0.1:${this.port}`, ...more };
  }
  #take(text, from) {
    const method = text.slice(0, text.indexOf(" "));
    if (method !== "SIP/2.0") this.requests.push(text);
    if (method !== "INVITE" && method !== "REGISTER" && method !== "BYE") return;
    const kept = text.split("\r\n").filter((line) => /^(Via|From|Call-ID|CSeq|Contact):/i.test(line));
    const to = text.split("\r\n").find((line) => /^To:/i.test(line));
    const status = method === "INVITE" ? "486 Busy Here" : "200 OK";
    const expires = method === "REGISTER" ? ["Expires: 600"] : [];
    const answer = [`SIP/2.0 ${status}`, ...kept, `${to};tag=far`, ...expires, "Content-Length: 0", "", ""];
    this.socket.send(answer.join("\r\n"), from.port, from.address);
  }
}

/** Counts questions; every name leads inside, to 10.0.0.1. */
class NameServer {
  questions = 0;
  static async start(theRun) {
    const server = new NameServer();
    server.port = await theRun.port();
    server.socket = createSocket("udp4");
    server.socket.on("message", (bytes, from) => {
      ++server.questions;
      const answer = Buffer.concat([bytes, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1])]);
      answer[2] |= 0x80;
      answer[7] = 1;
      server.socket.send(answer, from.port, from.address);
    });
    await new Promise((resolve) => server.socket.bind(server.port, "127.0.0.1", resolve));
    theRun.onEnd(() => server.socket.close());
    return server;
  }
}

const withoutPings = (frames) => frames.filter(({ message }) => message !== "ping");

/** Sends, and resolves to what came up to the pong behind it. */
async function ask(page, ...texts) {
  const from = page.frames.length;
  for (const text of texts) page.sendText(text);
  page.send("ping", null);
  await eventually(() => page.frames.slice(from).some(({ message }) => message === "pong") || page.isClosed, {
    every: 2,
    what: `a pong after ${texts.join().slice(0, 200)}`,
  });
  return withoutPings(page.frames.slice(from)).filter(({ message }) => message !== "pong");
}

// ---- F-07 ----

/** Messages that mean nothing in any state; `id` is the page's call, if it has one. */
function senseless(id) {
  const say = (message, ...data) => JSON.stringify({ message, data });
  const rows = [];
  for (const message of ["answer", "hangup", "hold", "unhold", "transfer", "sendDtmf"])
    for (const callId of ["nobody", undefined, "", 7, { a: 1 }, [1], null, "x".repeat(5000)])
      rows.push(say(message, { callId, sdp: "v=0", dtmf: "1", target: "600" }));
  for (const dtmf of ["", "x", "1".repeat(33), {}, null, [], "1\r\n2"]) rows.push(say("sendDtmf", { callId: id, dtmf }));
  const call = (fields) => say("call", { callId: "new", callee: "600", sdp: offer(), ...fields });
  rows.push(call({ callId: undefined }), call({ callId: "" }), call({ callId: "a\r\nb" }), call({ callId: "x".repeat(129) }));
  rows.push(call({ sdp: undefined }), call({ sdp: 7 }), call({ callee: undefined }), call({ callee: {} }));
  rows.push(call({ callee: "6\r\n00" }), call({ callee: "x".repeat(300) }), call({ visibleName: "a\nb" }));
  if (id) rows.push(call({ callId: id }));
  rows.push(say("connection", ANN), say("connection", { authToken: "x" }), say("connection", {}));
  rows.push(say("sendData", { operationId: "o", payload: {} }), say("sendData"), say("sendData", { operationId: [] }));
  rows.push(say("pushLogs", { logs: "x" }), say("pushLogs"), say("submitBugReport", { text: "x" }), say("submitBugReport"));
  rows.push(say("sessionDebug", { command: "start" }), say("sessionDebug", { command: "x" }), say("sessionDebug"));
  rows.push(say("pong", null), '{"message":"pong"}', say("getUserData", { authToken: "x" }), say("registered", {}));
  rows.push(say("publishStream", {}), say("", {}), say("x".repeat(1000)), say("finish", { callId: id, status: "FINISH" }));
  rows.push("", "[]", "null", '{"message":null}', '{"data":[]}', '{"message":"call","data":{}}', "{");
  return rows;
}

const QUIET = new Set(["fail", "finish", "DataStatusEvent", "notifySessionDebugEvent", "talk"]);

/** name, and how a page gets there; resolves to { page, id, others }. */
const STATES = [
  ["signed in", async () => ({ page: await Wcs.signIn(gateway.ws, ANN) })],
  [
    "talking",
    async () => {
      const page = await Wcs.signIn(gateway.ws, ANN);
      const id = page.call("600");
      await page.expect("talk");
      return { page, id };
    },
  ],
  [
    "ringing out",
    async () => {
      const [page, other] = [await Wcs.signIn(gateway.ws, ANN), await Wcs.signIn(gateway.ws, BOB)];
      const id = page.call("bob");
      await page.expect("ring");
      return { page, id, others: [other] };
    },
  ],
  [
    "being called",
    async () => {
      const [page, other] = [await Wcs.signIn(gateway.ws, ANN), await Wcs.signIn(gateway.ws, BOB)];
      other.call("ann");
      return { page, id: (await page.expect("notifyIncomingCall")).callId, others: [other] };
    },
  ],
  [
    "after a call",
    async () => {
      const page = await Wcs.signIn(gateway.ws, ANN);
      const gone = page.call("600");
      await page.expect("talk");
      page.hangup(gone);
      await page.expect("finish");
      return { page };
    },
  ],
  [
    "taken up again",
    async () => {
      const first = await Wcs.signIn(gateway.ws, ANN);
      const id = first.call("600");
      await first.expect("talk");
      const { authToken } = first.frames.find(({ message }) => message === "getUserData").data[0];
      first.terminate();
      const page = await Wcs.connect(gateway.ws);
      page.send("connection", { ...ANN, authToken, resume: true });
      await page.expect("talk");
      return { page, id };
    },
  ],
];

test("F-07: every message in every state changes nothing", async () => {
  let cells = 0;
  for (const text of senseless()) {
    if (/"message":"connection"/.test(text)) continue;
    const page = await Wcs.connect(gateway.ws);
    page.sendText(text);
    assert.equal((await page.closed).code, 4400, `before signing in: ${text.slice(0, 100)}`);
    assert.deepEqual(page.frames.map(({ message }) => message), ["fail"]);
    ++cells;
  }
  for (const [name, enter] of STATES) {
    const { page, id, others = [] } = await enter();
    const live = async () => (await gateway.calls()).map((call) => [call.id, call.state]);
    const before = await live();
    assert.equal(before.length, id ? 1 : 0, name);
    for (const text of senseless(id)) {
      const answers = await ask(page, text);
      const where = `${name}: ${text.slice(0, 160)} gave ${JSON.stringify(answers).slice(0, 300)}`;
      assert.ok(!page.isClosed, where);
      for (const { message, data } of answers) {
        const isNew = data[0]?.callId === "new"; // what was told TRYING gets its end at once
        assert.ok(QUIET.has(message) || (message === "notifyTryingResponse" && isNew), where);
        if (message === "finish") assert.ok(data[0].callId !== id || data[0].reason === "duplicate_call", where);
      }
      await eventually(async () => isDeepStrictEqual(await live(), before), { what: `the state of before: ${where}` });
      ++cells;
      await delay(25); // below the rate of messages
    }
    for (const one of [page, ...others]) await one.close();
    await gateway.isIdle();
  }
  console.log(`F-07: ${cells} cells (message in state), no state changed`);
});

test("F-07: texts that were bent", async () => {
  const texts = JSON.parse(readFileSync(`${ROOT}/protocol/fixtures/client.json`, "utf8"))
    .map(({ text }) => text)
    .filter((text) => !/"message":"connection"/.test(text));
  const pieces = ["{", "}", "[", "]", '"', ",", ":", "\\u0000", "null", "1e9", "-", "\x7f", "\u2028", '"callId"'];
  const bend = (text) => {
    let out = text;
    for (let i = randomInt(4); i >= 0; --i) {
      const at = randomInt(out.length + 1);
      const kind = randomInt(4);
      const piece = pieces[randomInt(pieces.length)];
      if (kind === 0) out = out.slice(0, at) + piece + out.slice(at);
      if (kind === 1) out = out.slice(0, at) + out.slice(at + 1 + randomInt(8));
      if (kind === 2) out = out.slice(0, at) + String.fromCharCode(randomInt(32, 0x3000)) + out.slice(at + 1);
      if (kind === 3) out = out.slice(0, at) + out.slice(randomInt(out.length + 1));
    }
    return out;
  };
  let sent = 0;
  for (let round = 0; round < 60; ++round) {
    const page = await Wcs.signIn(gateway.ws, ANN);
    for (let i = 0; i < 80; ++i, ++sent) page.sendText(bend(texts[randomInt(texts.length)]));
    await ask(page);
    assert.ok(!page.isClosed);
    await page.close();
  }
  await gateway.isIdle();
  console.log(`F-07: ${sent} bent texts, none closed its page, none left a call`);
});

// ---- F-09 ----

const BREAKS = ["\r\n", "\n", "\r", "\0", "\v", "\f", "\x1f", "\x7f", "\u0085", "\u2028", "\u2029"];
const HARMLESS = ["%0d%0a", "%0A", "\\r\\n", "&#13;&#10;", "\t", ";", '"', "<", ">", ",", "?", "\u202e", "é", "𝄞"];
const LINES = [
  "X-Evil: 1",
  "Via: SIP/2.0/UDP evil.invalid",
  "Route: <sip:evil.invalid;lr>",
  "Contact: <sip:x@evil.invalid>",
  "P-Asserted-Identity: <sip:evil@evil.invalid>",
  "Content-Length: 0\r\n\r\nINVITE sip:evil.invalid SIP/2.0",
  " X-Evil: folded",
  'x" <sip:evil@evil.invalid>;tag=evil',
];

/** Two hundred strings, of which none may become a line or an address of its own. */
const STRINGS = [...BREAKS, ...HARMLESS].flatMap((gap) => LINES.map((line) => `a${gap}${line}`)).slice(0, 200);

/** What is on the wire must be as we write it, whatever the page said. */
function judge(request, what) {
  const [head] = request.split("\r\n\r\n");
  const lines = head.split("\r\n");
  for (const line of lines.slice(1)) {
    assert.ok(!/[\r\n\0]/.test(line), `${what}: a bare line break in ${JSON.stringify(line)}`);
    assert.ok(!/^\s/.test(line), `${what}: a folded line ${JSON.stringify(line)}`);
    assert.ok(!/^(x-evil|via:.*evil|route:.*evil|p-asserted)/i.test(line), `${what}: ${JSON.stringify(line)}`);
  }
  assert.equal(lines.filter((line) => /^content-length:/i.test(line)).length, 1, what);
  assert.ok(!/ SIP\/2\.0$/m.test(lines.slice(1).join("\n")), `${what}: a second request line`);
  for (const name of ["From", "To", "Contact"]) {
    const line = lines.find((one) => one.startsWith(`${name}: `)) ?? "";
    const bare = line.replace(/"(?:[^"\\]|\\.)*"/, ""); // less the display name
    assert.ok(!/<sip:[^>]*@evil\.invalid/.test(bare), `${what}: ${line}`);
    assert.ok(!/tag=evil/.test(bare), `${what}: ${line}`);
  }
}

/** Each gives the connection or the call a string; eight fields that may land in SIP. */
const CALL_FIELDS = {
  callee: (text) => ({ callee: text }),
  caller: (text) => ({ caller: text }),
  visibleName: (text) => ({ visibleName: text }),
  sipSDP: (text) => ({ sipSDP: [`a=x:${text}`] }),
  "inviteParameters, value": (text) => ({ inviteParameters: { "X-Ticket": text } }),
  "inviteParameters, name": (text) => ({ inviteParameters: { [`X-T${text}`]: "1" } }),
};
const SIGN_IN_FIELDS = {
  sipVisibleName: (text) => ({ sipVisibleName: text }),
  sipContactParams: (text) => ({ sipContactParams: text }),
};

test("F-09: nothing of a page becomes a line of SIP", async () => {
  far.requests.length = 0;
  const cases = Object.entries(CALL_FIELDS).flatMap(([name, make]) => STRINGS.map((text) => [name, make(text), text]));
  const started = Wcs.signIn(gateway.ws, far.account(), { sipRegisterRequired: false, registered: false });
  await (await started).close();
  const works = await Wcs.signIn(gateway.ws, far.account(), { registered: false });
  works.call("5551");
  assert.equal((await works.expect("busy")).reason, "busy", "a call that is well-formed reaches the wire");
  await works.close();

  let ended = 0;
  const workers = Array.from({ length: 24 }, async (_, worker) => {
    const mine = cases.filter((_case, index) => index % 24 === worker);
    const page = await Wcs.signIn(gateway.ws, far.account(), { sipRegisterRequired: false, registered: false });
    for (const [name, fields, text] of mine) {
      const callId = page.call("5551", fields);
      await page.expect("finish", { where: (call) => call.callId === callId, timeout: 20_000 });
      ++ended;
      assert.ok(!page.isClosed, `${name}: ${JSON.stringify(text)}`);
    }
    await page.close();
  });
  await Promise.all(workers);

  let signIns = 0;
  for (const [name, make] of Object.entries(SIGN_IN_FIELDS))
    for (const text of STRINGS) {
      const page = await Wcs.connect(gateway.ws);
      page.send("connection", { appKey: "a", ...far.account(), ...make(text) });
      await eventually(() => page.frames.some(({ message }) => message === "registered" || message === "fail"), {
        every: 5,
        what: `${name}: an answer to ${JSON.stringify(text)}`,
      });
      await page.close();
      ++signIns;
    }
  await gateway.isIdle();
  for (const request of far.requests) judge(request, request.split("\r\n")[0]);
  const fields = Object.keys(CALL_FIELDS).length + Object.keys(SIGN_IN_FIELDS).length;
  assert.equal(ended, cases.length);
  console.log(
    `F-09: ${STRINGS.length} strings x ${fields} fields: ${ended} calls and ${signIns} sign-ins, ` +
      `${far.requests.length} requests on the wire, 0 foreign lines`,
  );
});

// ---- A-06 ----

const INSIDE = [
  "127.0.0.1:22",
  "127.0.0.66",
  "127.1",
  "127.0.0.1.nip.example",
  "localhost",
  "localhost.localdomain",
  "0.0.0.0",
  "0",
  "2130706433",
  "0x7f000001",
  "0177.0.0.1",
  "10.0.0.1",
  "172.16.0.1",
  "192.168.0.1",
  "169.254.169.254",
  "100.64.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[fe80::1]",
  "[fd00::1]",
  "metadata.google.internal",
  "inside.attacker.example",
  "xn--inside-.example",
];

test("A-06: a page chooses no next hop", async () => {
  const caught = [];
  // Where a packet would be seen: this machine's loopback, beside the SIP server that is allowed.
  const traps = await Promise.all(
    ["127.0.0.66", "127.0.0.1"].map(async (address) => {
      const port = await run.port();
      const udp = createSocket("udp4");
      udp.on("message", (bytes) => caught.push(`udp ${address}: ${bytes.toString("latin1").slice(0, 60)}`));
      await new Promise((resolve) => udp.bind(port, address, resolve));
      const tcp = createServer((socket) => (caught.push(`tcp ${address}`), socket.destroy()));
      await new Promise((resolve) => tcp.listen(port, address, resolve));
      run.onEnd(() => (udp.close(), tcp.close()));
      return `${address}:${port}`;
    }),
  );
  far.requests.length = 0;
  const asked = dns.questions;
  const trace = gateway.log().length;
  let refused = 0;
  const destinations = [...traps, ...INSIDE];

  const refusesSignIn = async (account) => {
    const page = await Wcs.connect(gateway.ws);
    page.send("connection", { appKey: "a", ...account });
    const fail = await page.expect("fail", { timeout: 10_000 });
    assert.ok(["domain_not_allowed", "request_rejected"].includes(fail.reason), `${JSON.stringify(account)}: ${fail.reason}`);
    await page.close();
    ++refused;
  };
  for (const host of destinations) {
    await refusesSignIn(far.account({ sipDomain: host }));
    await refusesSignIn(far.account({ sipOutboundProxy: host }));
  }
  for (const proxy of [
    `sip:${traps[0]};transport=tcp`,
    `sip:${traps[0]};maddr=127.0.0.1`,
    `sip:127.0.0.1:${far.port}@${traps[0]}`,
    `sips:${traps[0]}`,
    `sip:x@${traps[0]};lr`,
    `127.0.0.1:${far.port} ${traps[0]}`,
    `127.0.0.1:${far.port}#@${traps[0]}`,
    `sip:${traps[0]}?Route=<sip:127.0.0.1:${far.port}>`,
  ])
    await refusesSignIn(far.account({ sipOutboundProxy: proxy }));
  assert.equal(far.requests.length, 0, far.requests.join("\n"));
  // The server that is allowed, and a wish for another way to it: whatever comes of it goes there.
  const detour = await Wcs.connect(gateway.ws);
  detour.send("connection", {
    appKey: "a",
    ...far.account({ sipOutboundProxy: `sip:127.0.0.1:${far.port};maddr=127.0.0.66;transport=udp` }),
  });
  await eventually(() => detour.frames.some(({ message }) => message === "registered" || message === "fail"));
  await detour.close();
  ++refused;

  // Called as sip:x@host the call leaves by the account's own server, or not at all.
  const page = await Wcs.signIn(gateway.ws, far.account(), { sipRegisterRequired: false, registered: false });
  const callees = [...destinations.map((host) => `sip:x@${host}`), `sip:x@${traps[0]};transport=tcp;maddr=${traps[0]}`];
  for (const callee of callees) {
    const callId = page.call(callee);
    await page.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });
    await delay(20);
    ++refused;
  }
  await page.close();
  await gateway.isIdle();
  const sent = [...gateway.log().slice(trace).matchAll(/direction=out peer=(\S+)/g)].map(([, to]) => to);
  assert.ok(sent.length > 0, "the allowed server was spoken to");
  for (const to of sent) assert.equal(to, `127.0.0.1:${far.port}`);
  assert.deepEqual(caught, []);
  assert.equal(dns.questions - asked, 0, "DNS questions");
  console.log(`A-06: ${refused} destinations of a page, 0 packets, 0 connections, 0 DNS questions outside the list`);
});

test("A-05: a page cannot try passwords out", async () => {
  const tryOut = async (password, login = "carl") => {
    const page = await Wcs.connect(gateway.ws);
    page.send("connection", { sipLogin: login, sipPassword: password, sipDomain: "home" });
    await eventually(() => page.frames.some(({ message }) => /^(fail|registered)$/.test(message)), { every: 5 });
    const fail = page.frames.find(({ message }) => message === "fail")?.data[0];
    if (fail) assert.equal((await page.closed).code, 4401);
    await page.close();
    return fail && `${fail.status} ${fail.reason}`;
  };
  const answers = [];
  for (let i = 0; i < 200; ++i) answers.push(await tryOut(`guess ${i}`));
  const wrong = answers.filter((answer) => answer === "AUTHENTICATION_FAIL auth_rejected").length;
  const locked = answers.filter((answer) => answer === "TOO_MANY_REGISTER_ATTEMPTS too_many_attempts").length;
  assert.deepEqual({ wrong, locked }, { wrong: 5, locked: 195 });
  assert.match(await tryOut("carl"), /too_many_attempts/, "the right one is not told apart either");
  assert.equal(await tryOut("bob", "bob"), undefined, "others sign in as ever");
  const lines = gateway.log().match(/sign_in\.failed from=127\.0\.0\.1 account=carl@home/g);
  assert.equal(lines.length, 5);
  console.log(`A-05: 200 passwords tried by a page, 5 looked at, locked after that; other users not`);
});

test("the gateway is as it was, and ends well", async () => {
  const raw = await RawWebSocket.signedIn(gateway.ports.http, ANN);
  raw.write(frame(8, Buffer.from([3, 232])));
  await raw.ended;
  await gateway.stop();
});

// SPDX-License-Identifier: GPL-3.0-or-later
// Attacks on the SIP side of a gateway that serves a domain of its own: floods, guessing, digests for the
// wrong one, calls that somebody else would pay for, reflection, and messages that are none. Each row prints
// its counts.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { rssOf } from "../lib/process.mjs";
import { delay, eventually, ROOT, Run } from "../lib/run.mjs";
import { credentials, SipClient, statusOf } from "../lib/sip_client.mjs";
import { Wcs } from "../lib/wcs.mjs";

const DOMAIN = "phones.test";
const PASSWORD = "right-horse";
const users = Object.fromEntries(["anna", "bruno"].map((login) => [login, PASSWORD]));

let run, gateway, fake;
before(async () => {
  run = await Run.start(import.meta.url);
  fake = await FakeServer.open(run);
  gateway = await Gateway.start(run, {
    registrar: { enabled: true, domain: DOMAIN, users, trust_flows: true },
    domains: [`127.0.0.1:${fake.port}`],
    limits: { ringing: "20s", calls_per_minute: 10_000 },
    more: { log: { level: "info" } },
    trace: false,
  });
});
after(async () => {
  await gateway?.stop();
  await run?.end();
});

const open = (from) => SipClient.open(run, { gateway: { address: "127.0.0.1", port: gateway.ports.sip }, from });
const report = (row, text) => console.log(`${row}: ${text}`);
const signIn = (login) =>
  Wcs.signIn(gateway.ws, { sipLogin: login, sipPassword: PASSWORD, sipDomain: DOMAIN, sipRegisterRequired: true });

/** A phone of raw datagrams that has registered, and whose OPTIONS is answered. */
async function registered(user, from) {
  const client = await open(from);
  const answer = await client.signed("REGISTER", `sip:${DOMAIN}`, {
    user,
    domain: DOMAIN,
    password: PASSWORD,
    lines: PHONE_LINES,
  });
  assert.equal(statusOf(answer), 200, answer);
  client.ping = () => client.ask(client.request("OPTIONS", `sip:${DOMAIN}`, { user, domain: DOMAIN }));
  return client;
}

/** What every phone says of itself, and what makes a challenge smaller than its request. */
const PHONE_LINES = [
  "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, REFER, NOTIFY, MESSAGE",
  "User-Agent: a phone as phones are, with a name and a version",
  "Supported: replaces, outbound, path",
];

/** The time from dialling the echo to `talk`, in ms. */
async function goodCall(page) {
  const begun = performance.now();
  const callId = page.call("600");
  await page.expect("talk", { where: ({ callId: id }) => id === callId, timeout: 10_000 });
  const took = performance.now() - begun;
  page.hangup(callId);
  await page.expect("finish", { where: ({ callId: id }) => id === callId });
  return took;
}

test("A-04: a SIP flood of unknown sources costs a caller nothing", async () => {
  const page = await signIn("anna");
  await goodCall(page);
  const sources = await Promise.all(Array.from({ length: 20 }, (_, i) => open(`127.0.4.${i + 1}`)));
  const flood = sources.flatMap((client) => [
    client.request("INVITE", "sip:100@127.0.0.1", { user: "sipvicious", domain: "1.1.1.1" }),
    client.request("REGISTER", `sip:${DOMAIN}`, { user: "100", domain: DOMAIN, lines: PHONE_LINES }),
    client.request("OPTIONS", "sip:100@127.0.0.1", { user: "sipvicious", domain: "1.1.1.1" }),
    client.request("INVITE", `sip:600@${DOMAIN}`, { user: "anna", domain: DOMAIN, lines: PHONE_LINES }),
  ]);
  const before = rssOf(gateway.child.pid);
  let sent = 0;
  const begun = performance.now();
  const over = begun + 6_000;
  const calls = [];
  const rss = [];
  const flooding = (async () => {
    while (performance.now() < over) {
      // 20,000 a second, in steps that leave the event loop to the call.
      const due = Math.min(((performance.now() - begun) / 1_000) * 20_000, sent + 400);
      const batch = [];
      for (; sent < due; ++sent) batch.push(sources[sent % 20].send(flood[((sent % 20) * 4 + sent) % flood.length]));
      await Promise.all(batch);
      await delay(1);
    }
  })();
  while (performance.now() < over) {
    calls.push(await goodCall(page));
    rss.push(rssOf(gateway.child.pid));
    await delay(500);
  }
  await flooding;
  const seconds = (performance.now() - begun) / 1_000;
  const answered = sources.reduce((sum, client) => sum + client.received.length, 0);
  // The first second fills what has a limit; from then on nothing may grow.
  const slope = rss.at(-1) - rss[Math.min(1, rss.length - 1)];
  report(
    "A-04",
    `${sent} packets at ${Math.round(sent / seconds)}/s, ${answered} answered, ${calls.length} good calls, ` +
      `slowest ${Math.round(Math.max(...calls))} ms, RSS ${before} -> ${rss.at(-1)} kB, ${slope} kB since the second call`,
  );
  assert.ok(Math.max(...calls) < 2_000, `a call took ${Math.max(...calls)} ms`);
  assert.ok(answered < sent / 20, "strangers are seldom answered");
  assert.ok(slope < 2_048, `memory grows: ${rss}`);
  await page.close();
  sources.forEach((client) => client.close());
  await delay(2_500); // strangers are answered again
});

test("A-05: guessing a password ends after five tries", async () => {
  const thief = await open("127.0.5.200");
  const uri = `sip:${DOMAIN}`;
  const fields = { user: "anna", domain: DOMAIN, lines: PHONE_LINES };
  const counts = {};
  const challenge = await thief.ask(thief.request("REGISTER", uri, fields));
  for (let i = 0; i < 1_000; ++i) {
    const line = credentials({ challenge, method: "REGISTER", uri, user: "anna", password: `guess${i}`, nc: i + 1 });
    const text = thief.request("REGISTER", uri, { ...fields, cseq: 2, lines: [...PHONE_LINES, line] });
    const answer = await thief.ask(text, { timeout: 10 });
    const status = answer ? statusOf(answer) : "silence";
    counts[status] = (counts[status] ?? 0) + 1;
  }
  const right = await thief.signed("REGISTER", uri, { ...fields, password: PASSWORD });
  const victim = await registered("anna", "127.0.5.201");
  assert.match(gateway.log(), /registrar\.locked source=127\.0\.5\.200 account=anna/);
  report("A-05", `brute force: 1000 tries, ${JSON.stringify(counts)}; the user elsewhere: 200`);
  assert.equal(counts[401], 5);
  assert.equal(counts[200], undefined);
  assert.ok(!right || statusOf(right) !== 200, "the right one comes too late");
  for (const client of [thief, victim]) client.close();
});

test("A-05: no digest goes to a realm that was not configured", async () => {
  const pages = await Promise.all(Array.from({ length: 4 }, () => fake.signIn(gateway)));
  const rounds = 250;
  await Promise.all(
    pages.map(async (page) => {
      for (let i = 0; i < rounds; ++i) {
        const callId = page.call("1002");
        await page.expect("finish", { where: ({ callId: id }) => id === callId, timeout: 10_000 });
        await delay(50); // a page may not send more than 50 messages a second
      }
    }),
  );
  report("A-05", `digest leak: ${fake.challenges} foreign challenges, ${fake.leaked} answered, ${fake.registered} to its own realm`);
  assert.equal(fake.challenges, pages.length * rounds);
  assert.equal(fake.leaked, 0);
  assert.ok(fake.registered >= pages.length);
  await Promise.all(pages.map((page) => page.close()));
});

test("A-06: nobody calls out at the house's expense", async () => {
  const traps = await Trap.open(run);
  const destinations = [
    ...["979123456", "+979123456", "+882161234567", "00882161234567", "+19005550100", "+4990012345", "*21*0900#"].map(
      (number) => `sip:${number}@${DOMAIN}`,
    ),
    ...["127.0.0.1", "[::1]", "127.1", "2130706433", "0x7f000001", "localhost", "trap.test", "169.254.169.254"].map(
      (host) => `sip:900@${host}:${traps.port}`,
    ),
    `sip:900@${DOMAIN};maddr=127.0.0.1`,
    `sip:900@${DOMAIN}:${traps.port}`,
    `sip:900@${DOMAIN};transport=tcp`,
    `sip:900%40127.0.0.1:${traps.port}@${DOMAIN}`,
    `sip:127.0.0.1:${traps.port}`,
    `sips:900@127.0.0.1:${traps.port}`,
    `sip:900@${DOMAIN}?Route=%3Csip:127.0.0.1:${traps.port}%3E`,
    `tel:+979123456`,
  ];
  const phone = await registered("bruno", "127.0.6.1");
  const stranger = await open("127.0.6.2");
  const seen = { phone: {}, stranger: {} };
  for (const uri of destinations) {
    for (const lines of [[], [`Route: <sip:127.0.0.1:${traps.port};lr>`]]) {
      const answers = {
        phone: await phone.ask(phone.request("INVITE", uri, { user: "bruno", domain: DOMAIN, lines }), { timeout: 300 }),
        stranger: await stranger.ask(stranger.request("INVITE", uri, { user: "x", domain: "1.1.1.1", lines }), {
          timeout: 20,
        }),
      };
      for (const [who, answer] of Object.entries(answers)) {
        const status = answer ? statusOf(answer) : "silence";
        seen[who][status] = (seen[who][status] ?? 0) + 1;
      }
    }
  }
  report(
    "A-06",
    `SIP half: ${destinations.length * 2} destinations from a phone of ours ${JSON.stringify(seen.phone)}, ` +
      `from a stranger ${JSON.stringify(seen.stranger)}; ${traps.hits} packets or connections at the traps`,
  );
  assert.deepEqual(Object.keys(seen.stranger), ["silence"]);
  for (const status of Object.keys(seen.phone)) assert.match(status, /^(400|403|404|416|484|silence)$/);
  assert.equal(traps.hits, 0);
  for (const client of [phone, stranger]) client.close();
});

test("A-08: little comes back to a source that may be forged", async () => {
  const sources = await Promise.all(Array.from({ length: 50 }, (_, i) => open(`127.0.8.${i + 1}`)));
  const bare = { user: "u", domain: DOMAIN };
  const kinds = [
    (client) => client.request("REGISTER", `sip:${DOMAIN}`, bare),
    (client) => client.request("REGISTER", `sip:${DOMAIN}`, { ...bare, lines: PHONE_LINES }),
    (client) => client.request("INVITE", `sip:600@${DOMAIN}`, bare),
    (client) => client.request("INVITE", "sip:100@127.0.0.1", { user: "x", domain: "1.1.1.1" }),
    (client) => client.request("OPTIONS", "sip:100@127.0.0.1", { user: "x", domain: "1.1.1.1" }),
    (client) => client.request("OPTIONS", `sip:${DOMAIN}`, bare),
    (client) => client.request("SUBSCRIBE", `sip:u@${DOMAIN}`, bare),
    () => `REGISTER sip:${DOMAIN} SIP/2.0\r\nv: SIP/2.0/UDP 1.1.1.1\r\nf: <sip:u@${DOMAIN}>;tag=1\r\nt: <sip:u@${DOMAIN}>\r\ni: 1\r\nCSeq: 1 REGISTER\r\n\r\n`,
    () => "INVITE sip:broken",
    () => "\r\n\r\n",
  ];
  let largest = 0;
  for (let i = 0; i < 10_000; ++i) {
    const client = sources[i % sources.length];
    await client.send(kinds[Math.floor(i / sources.length) % kinds.length](client));
    if (i % 500 === 0) await delay(50); // let the buckets have something to give
  }
  await delay(300);
  const [bytesOut, bytesIn] = ["bytesOut", "bytesIn"].map((key) => sources.reduce((sum, one) => sum + one[key], 0));
  const answers = sources.flatMap((one) => one.received);
  for (const text of answers) largest = Math.max(largest, text.length);
  report(
    "A-08",
    `SIP half: 10000 requests of ${bytesOut} bytes, ${answers.length} answers of ${bytesIn} bytes (largest ${largest}), ` +
      `ratio ${(bytesIn / bytesOut).toFixed(3)}`,
  );
  assert.ok(answers.length > 0, "a phone that registers is answered");
  assert.ok(bytesIn / bytesOut < 1.5);
  sources.forEach((client) => client.close());
});

test("F-02: thirteen thousand messages that are none", async () => {
  const phone = await registered("bruno", "127.0.0.1");
  const messages = malformed(phone, 13_000);
  await Promise.all(messages.slice(0, 500).map((text) => phone.send(text)));
  await delay(300);
  const before = rssOf(gateway.child.pid);
  const pings = [];
  for (const text of messages) {
    await phone.send(text);
    const begun = performance.now();
    const answer = (await phone.ping()) ?? (await phone.ping());
    assert.ok(answer, `no life after:\n${text.slice(0, 2_000)}`);
    pings.push(performance.now() - begun);
    phone.received.length = 0;
  }
  assert.ok(gateway.child.isRunning());
  const after = rssOf(gateway.child.pid);
  pings.sort((a, b) => a - b);
  report(
    "F-02",
    `${messages.length} messages, each followed by a ping: 0 deaths, ping p99 ${pings[Math.floor(pings.length * 0.99)].toFixed(1)} ms, ` +
      `slowest ${pings.at(-1).toFixed(0)} ms, RSS ${before} -> ${after} kB`,
  );
  assert.ok(pings.at(-1) < 1_000);
  assert.ok(after < before * 1.1 + 4_096, `memory: ${before} -> ${after} kB`);
  phone.close();
});

// ---- what the rows are made of

/** A SIP server whose registrar is honest and whose proxy asks for the password of somewhere else. */
class FakeServer {
  challenges = 0;
  leaked = 0;
  registered = 0;

  static async open(run) {
    const server = new FakeServer();
    server.socket = createSocket("udp4");
    await new Promise((resolve) => server.socket.bind(0, "127.0.0.1", resolve));
    server.port = server.socket.address().port;
    server.socket.on("message", (bytes, from) => server.#take(bytes.toString("latin1"), from));
    run.onEnd(() => server.socket.close());
    return server;
  }

  signIn(gateway) {
    return Wcs.signIn(gateway.ws, {
      sipLogin: "1001",
      sipPassword: "its-own-secret",
      sipDomain: "127.0.0.1",
      sipOutboundProxy: "127.0.0.1",
      sipPort: this.port,
      sipRegisterRequired: true,
    });
  }

  #take(text, from) {
    const authorization = /^(?:Proxy-)?Authorization: (.*)$/m.exec(text)?.[1];
    if (authorization?.includes('realm="elsewhere"')) ++this.leaked;
    if (text.startsWith("REGISTER")) {
      if (authorization) ++this.registered;
      const contact = /^Contact: .*$/m.exec(text)?.[0];
      return authorization
        ? this.#answer(text, from, "200 OK", contact ? [contact, "Expires: 600"] : [])
        : this.#answer(text, from, "401 Unauthorized", ['WWW-Authenticate: Digest realm="own", nonce="n1", qop="auth"']);
    }
    if (!text.startsWith("INVITE")) return;
    ++this.challenges;
    this.#answer(text, from, "407 Proxy Authentication Required", [
      'Proxy-Authenticate: Digest realm="elsewhere", nonce="n2", qop="auth"',
    ]);
  }

  #answer(text, { address, port }, status, lines) {
    const copied = ["Via", "From", "To", "Call-ID", "CSeq"].map((name) => new RegExp(`^${name}: .*$`, "m").exec(text)[0]);
    copied[2] += ";tag=fake";
    this.socket.send([`SIP/2.0 ${status}`, ...copied, ...lines, "Content-Length: 0", "", ""].join("\r\n"), port, address);
  }
}

/** A port at which nothing may ever arrive, by UDP or TCP. */
class Trap {
  hits = 0;
  static async open(run) {
    const { createServer } = await import("node:net");
    const trap = new Trap();
    trap.port = await run.port();
    const udp = createSocket("udp4");
    udp.on("message", () => ++trap.hits);
    await new Promise((resolve) => udp.bind(trap.port, "127.0.0.1", resolve));
    const tcp = createServer((socket) => (++trap.hits, socket.destroy()));
    await new Promise((resolve) => tcp.listen(trap.port, "127.0.0.1", resolve));
    run.onEnd(() => (udp.close(), tcp.close()));
    return trap;
  }
}

/** The torture messages and templates of our own with one part of each broken: too long, too many, of no grammar. */
function malformed(client, count) {
  let state = 4475;
  const random = (limit) => ((state = (state * 1103515245 + 12345) % 2147483648) >> 8) % limit;
  const pick = (list) => list[random(list.length)];
  const folder = `${ROOT}/tests/corpora/rfc4475`;
  const files = readdirSync(folder)
    .filter((name) => name.endsWith(".dat"))
    .map((name) => readFileSync(`${folder}/${name}`, "latin1"));
  const sizes = [1, 127, 128, 255, 256, 257, 1_023, 1_024, 4_096, 8_191, 8_192, 16_384, 32_768, 60_000];
  const overflow = () => pick(["a", "A", "0", "%s%n", "\\", '"', " ", ";", ",", "<", "\u0000", "\u00ff", "::", "../"]).repeat(pick(sizes)).slice(0, 60_000);
  const number = () => pick(["-1", "0", "4294967296", "2147483648", "18446744073709551616", "1e9", "9".repeat(100), "0x10", " ", ""]);
  const body = `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n`;
  const template = () =>
    client.request(pick(["INVITE", "REGISTER", "OPTIONS", "BYE", "CANCEL", "ACK", "MESSAGE"]), `sip:nobody@${DOMAIN}`, {
      user: "bruno",
      domain: DOMAIN,
      body: pick(["", body]),
      lines: ["Expires: 60", "Authorization: Digest username=\"bruno\"", "Require: timer", "Session-Expires: 90"],
    });
  const broken = [
    (text) => text.replace(/sip:nobody/, () => `sip:${overflow()}`),
    (text) => text.replace(/^[A-Z]+ /, () => `${overflow()} `),
    (text) => text.replace("SIP/2.0\r\n", () => `${overflow()}\r\n`),
    (text) => text.replace(/branch=\S+/, () => `branch=${overflow()}`),
    (text) => text.replace(/tag=\w+/, () => `tag=${overflow()}`),
    (text) => text.replace(/Call-ID: .*/, () => `Call-ID: ${overflow()}`),
    (text) => text.replace(/CSeq: .*/, () => `CSeq: ${pick([number(), overflow()])} ${pick(["INVITE", overflow()])}`),
    (text) => text.replace(/Max-Forwards: .*/, () => `Max-Forwards: ${number()}`),
    (text) => text.replace(/Content-Length: .*/, () => `Content-Length: ${number()}`),
    (text) => text.replace(/Expires: .*/, () => `Expires: ${number()}`),
    (text) => text.replace(/Contact: .*/, () => `Contact: <sip:${overflow()}@${overflow()}>;expires=${number()}`),
    (text) => text.replace(/Authorization: .*/, () => `Authorization: Digest ${pick(["username", "nonce", "nc", "response"])}="${overflow()}"`),
    (text) => text.replace(/Session-Expires: .*/, () => `Session-Expires: ${number()};refresher=${overflow()}`),
    (text) => text.replace("\r\n\r\n", () => `\r\n${overflow()}: ${overflow()}\r\n\r\n`),
    (text) => text.replace("\r\n\r\n", () => `\r\n${"Via: SIP/2.0/UDP 127.0.0.1\r\n".repeat(pick([65, 500]))}\r\n`),
    (text) => text.replace("\r\n\r\n", () => `\r\n${"X: y\r\n".repeat(pick([201, 1_000, 5_000]))}\r\n`),
    (text) => text.replace(/m=audio.*/, () => `m=audio ${number()} RTP/AVP ${overflow()}`),
    (text) => text.replaceAll("\r\n", pick(["\n", "\r", "\r\n ", "\u0000"])),
    (text) => text.slice(0, random(text.length)),
    (text) => {
      const bytes = Buffer.from(text, "latin1");
      for (let i = 0; i < 1 + random(8); ++i) bytes[random(bytes.length)] = random(256);
      return bytes.toString("latin1");
    },
  ];
  return Array.from({ length: count }, (_, i) =>
    pick(broken)(i % 3 === 0 ? pick(files) : template()).slice(0, 65_000),
  );
}

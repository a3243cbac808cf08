// SPDX-License-Identifier: GPL-3.0-or-later
// Strangers at the browsers' media port: rows A-02, F-08 and A-08 (media) of the scorecard, and handshakes that
// claim more than they bring. Strangers come from other loopback addresses than the browser.
import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Lab } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { check, clientHello, credentialsOf, handshake, isAnswer, record, UdpPeer } from "../lib/ice.mjs";
import { delay, eventually, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

const CALLS = 100;
const AT_ONCE = 3; // a session may have four calls
const DATAGRAMS = 1_000_000;
const HANDSHAKES = 20;
const REQUESTS = 2_000;
const STRANGER = "127.0.0.66";
const LOGINS = ["alice", ...Array.from({ length: HANDSHAKES }, (_, i) => `user${i}`)];

let run, gateway, page;
before(async () => {
  run = await Run.start(import.meta.url);
  // Memory is looked at: under the address sanitizer what was freed must not be kept.
  process.env["ASAN_OPTIONS"] = `${process.env["ASAN_OPTIONS"] ?? ""}:quarantine_size_mb=1`;
  const users = Object.fromEntries(LOGINS.map((login) => [login, `secret of ${login}`]));
  gateway = await Gateway.start(run, { registrar: { enabled: true, users }, more: { log: { level: "info" } } });
  page = await (await Lab.start(run)).open("ours");
  const sipOptions = { login: "alice", password: "secret of alice", domain: "patchcord.local" };
  assert.deepEqual(await page.evaluate((options) => lab.signIn(options), { urlServer: gateway.ws, sipOptions }), {
    ok: true,
  });
});
after(() => run?.end());

const ports = () => [gateway.ports.rtc, gateway.ports.rtc + 1]; // two workers
const residentKb = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gateway.child.pid}/status`, "utf8"))[1]);

/** Calls to the echo, some at once: how many were heard. */
const echoCalls = (count, atOnce) =>
  page.evaluate(
    async ([all, parallel, prefix]) => {
      let begun = 0;
      let heard = 0;
      const oneAfterTheOther = async () => {
        while (begun < all) {
          const name = `${prefix}${++begun}`;
          const { ok } = await lab.dial(name, "600");
          for (let tries = 0; ok && tries < 200; ++tries) {
            if ((await lab.call(name).getStats()).inbound?.packets > 5) {
              ++heard;
              break;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
          if (ok) await lab.hangup(name);
          await lab.ended(name);
        }
      };
      await Promise.all(Array.from({ length: parallel }, oneAfterTheOther));
      return heard;
    },
    [count, atOnce, `call-${randomInt(1e9)}-`],
  );

/** A call of raw frames to the echo: the gateway's credentials, and how it ends. */
async function rawCall(login) {
  const wcs = await Wcs.signIn(
    gateway.ws,
    { sipLogin: login, sipPassword: `secret of ${login}`, sipDomain: "patchcord.local" },
    { registered: false },
  );
  const callId = wcs.call("600");
  const [, sdp] = await wcs.expectAll("setRemoteSDP");
  return { wcs, callId, credentials: credentialsOf(sdp) };
}

async function hangup({ wcs, callId }) {
  wcs.hangup(callId);
  await wcs.expect("finish");
  await wcs.close();
}

test("A-02: a ClientHello each millisecond, before, during and after: every call completes", async () => {
  const stranger = await UdpPeer.open(run, STRANGER);
  const hellos = [clientHello(), clientHello({ ciphers: [0x0000, 0x0001, 0x002c] }), clientHello({ ciphers: [0xc0ac] })];
  let sprayed = 0;
  let due = performance.now();
  const spray = setInterval(() => {
    for (; due < performance.now(); due += 1) {
      for (const port of ports()) stranger.socket.send(hellos[sprayed % hellos.length], port, "127.0.0.1");
      ++sprayed;
    }
  }, 1);
  await delay(200);
  const began = performance.now();
  const complete = await echoCalls(CALLS, AT_ONCE);
  clearInterval(spray);
  const rate = Math.round((sprayed * 1000) / (performance.now() - began));
  console.log(
    `A-02: ${complete} of ${CALLS} calls complete, ${2 * sprayed} ClientHellos (${rate}/s a port), ` +
      `${stranger.received.length} answered`,
  );
  assert.equal(complete, CALLS);
  assert.equal(stranger.received.length, 0);
  await gateway.isIdle();
});

test("F-08: random datagrams of every first byte, and checks with a bit turned: no answer, no death", async () => {
  const stranger = await UdpPeer.open(run, STRANGER);
  const call = await rawCall("user0");
  const junk = randomBytes(1 << 20);
  const valid = check(call.credentials);
  let sent = 0;
  while (sent < DATAGRAMS) {
    for (let i = 0; i < 500; ++i, ++sent) {
      let bytes;
      if (sent % 10 === 0) {
        bytes = Buffer.from(valid);
        const at = randomInt(bytes.length - 8); // what integrity covers
        bytes[at] ^= 1 << randomInt(8);
      } else {
        const size = 1 + (sent % 40 === 1 ? randomInt(1500) : randomInt(120));
        const from = randomInt(junk.length - size);
        bytes = junk.subarray(from, from + size);
        bytes[0] = sent & 0xff;
      }
      stranger.socket.send(bytes, ports()[sent & 1], "127.0.0.1");
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  await delay(500);
  const answers = stranger.received.length;
  const received = (await gateway.metrics()).patchcord_browser_datagrams_received_total;
  const complete = await echoCalls(1, 1);
  console.log(
    `F-08: ${sent} datagrams sent, ${received} received, ${answers} answers, ` +
      `${gateway.child.isRunning() ? 0 : 1} deaths, ${complete} of 1 call after it`,
  );
  assert.equal(answers, 0);
  assert.equal(complete, 1);
  assert.ok(received > DATAGRAMS / 10, `${received} of them arrived`);
  await hangup(call);
  await gateway.isIdle();
});

test("handshakes of proved peers whose fragments claim 100 kB: bounded, and ended by name", async () => {
  await echoCalls(1, 1); // what is allocated once
  const calls = await Promise.all(LOGINS.slice(1).map(rawCall));
  const before = residentKb();
  const peers = [];
  for (const { credentials } of calls) {
    const peer = await UdpPeer.open(run);
    peers.push(peer);
    await peer.send(check(credentials), credentials.port);
    await eventually(() => peer.received.some(isAnswer), { what: "an answer to the check" });
    let sequence = 0;
    const say = (bytes) => peer.send(bytes, credentials.port);
    for (let i = 0; i < 200; ++i) {
      const piece = { total: 100_000, offset: randomInt(98_000), sequence: i % 8 };
      await say(record(22, handshake(1, randomBytes(1000), piece), sequence++));
      await say(record(22, randomBytes(randomInt(1, 900)), sequence++, randomInt(1, 4))); // an epoch to come
    }
  }
  const most = residentKb() - before;
  const reasons = [];
  const checking = setInterval(
    () => peers.forEach((peer, i) => peer.send(check(calls[i].credentials), calls[i].credentials.port)),
    1_000,
  );
  for (const { wcs } of calls) reasons.push((await wcs.expect("finish", { timeout: 20_000 })).reason);
  clearInterval(checking);
  const perHandshake = most / HANDSHAKES;
  console.log(
    `DTLS-32: ${HANDSHAKES} handshakes of 200 fragments of "100 kB", ${perHandshake.toFixed(0)} kB each, ` +
      `${reasons.filter((reason) => reason === "dtls_failed").length} ended by name`,
  );
  assert.deepEqual([...new Set(reasons)], ["dtls_failed"]);
  assert.ok(perHandshake < 256, `${perHandshake} kB`);
  await Promise.all(calls.map(({ wcs }) => wcs.close()));
  await gateway.isIdle();
});

test("A-08: nothing that can be sent from a forged address is answered with more", async () => {
  const call = await rawCall("user0");
  const { credentials } = call;
  const wrong = { ...credentials, pwd: "not the password of this one" };
  const kinds = {
    "a check of nobody": () => check({ ufrag: "nobody00", pwd: "nobody" }),
    "a check without integrity": () => check({ ufrag: credentials.ufrag }),
    "a check with a wrong password": () => check(wrong),
    "a ClientHello": () => clientHello(),
    "RTCP": () => Buffer.from("80c80006000000010000000000000000000000000000000000000000", "hex"),
    "a proved check": () => check(credentials),
  };
  for (const [kind, make] of Object.entries(kinds)) {
    const isProof = kind === "a proved check";
    const peer = await UdpPeer.open(run, isProof ? "127.0.0.1" : STRANGER);
    for (let i = 0; i < REQUESTS; ++i) await peer.send(make(), credentials.port);
    await delay(300);
    const ratio = peer.bytesIn / peer.bytesOut;
    console.log(`A-08: ${kind}: ${REQUESTS} requests, ${peer.bytesOut} bytes in, ${peer.bytesIn} out: ${ratio.toFixed(2)}`);
    assert.ok(ratio < 1.5, `${kind}: ${ratio}`);
    assert.equal(peer.bytesIn > 0, isProof, kind);
    for (const answer of peer.received) assert.ok(answer.length <= make().length + 60);
    peer.close();
  }
  await hangup(call);
});

test("nothing is left", () => gateway.stop());

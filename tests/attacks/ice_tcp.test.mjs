// SPDX-License-Identifier: GPL-3.0-or-later
// Strangers at the TCP door of the browsers' media: silent, slow, lying, many, and one who is let in and never
// reads. A browser that has no other way in calls meanwhile.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Lab } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { check, credentialsOf, TcpPeer } from "../lib/ice.mjs";
import { delay, eventually, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

const STRANGER = "127.0.0.66";
const IDLE = 5_000;
const WAITING = 512; // as many as a worker lets wait
const PROOF_MS = 5_000;

let run, gateway, page;
before(async () => {
  run = await Run.start(import.meta.url);
  // Memory is looked at: under the address sanitizer what was freed must not be kept.
  process.env["ASAN_OPTIONS"] = `${process.env["ASAN_OPTIONS"] ?? ""}:quarantine_size_mb=1`;
  const users = { alice: "secret of alice", bob: "secret of bob" };
  gateway = await Gateway.start(run, {
    registrar: { enabled: true, users },
    more: { log: { level: "info" }, rtc: { addresses: ["127.0.0.1"], port: await run.port(2), workers: 1 } },
  });
  gateway.port = JSON.parse(readFileSync(`${run.folder}/patchcord/patchcord.yaml`, "utf8")).rtc.port;
  page = await (await Lab.start(run)).open("ours", {
    init: `
      const original = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return original.call(this, { type, sdp: sdp.replace(/a=candidate:\\S+ 1 udp .*\\r\\n/g, "") });
      };`,
  });
  const sipOptions = { login: "alice", password: "secret of alice", domain: "patchcord.local" };
  assert.deepEqual(await page.evaluate((options) => lab.signIn(options), { urlServer: gateway.ws, sipOptions }), {
    ok: true,
  });
});
after(() => run?.end());

const openFiles = () => readdirSync(`/proc/${gateway.child.pid}/fd`).length;
const residentKb = () => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${gateway.child.pid}/status`, "utf8"))[1]);

let calls = 0;
/** A call of the browser to the echo over TCP: milliseconds until it hears. */
async function echoCall() {
  const name = `call${++calls}`;
  const began = performance.now();
  assert.deepEqual(await page.evaluate((call) => lab.dial(call, "600"), name), { ok: true });
  await page.waitForFunction(async () => (await lab.stats()).received > 5, undefined, { timeout: 15_000 });
  const ms = Math.round(performance.now() - began);
  await eventually(async () => (await gateway.calls())[0].a.mediaProtocol === "tcp", { what: "a call over TCP" });
  await page.evaluate((ended) => lab.hangup(ended), name);
  await page.evaluate((ended) => lab.ended(ended), name);
  await gateway.isIdle();
  return ms;
}

async function rawCall() {
  const account = { sipLogin: "bob", sipPassword: "secret of bob", sipDomain: "patchcord.local" };
  const wcs = await Wcs.signIn(gateway.ws, account, { registered: false });
  const callId = wcs.call("600");
  const [, sdp] = await wcs.expectAll("setRemoteSDP");
  return { wcs, callId, credentials: credentialsOf(sdp) };
}

test("5,000 connections that say nothing: few are kept, a browser gets in, all are closed", async () => {
  await echoCall();
  const before = openFiles();
  let most = 0;
  const peers = [];
  for (let i = 0; i < IDLE; i += 50) {
    const from = `127.0.0.${66 + ((i / 50) % 100)}`;
    peers.push(...(await Promise.all(Array.from({ length: 50 }, () => TcpPeer.open(gateway.port, { from })))));
    most = Math.max(most, openFiles() - before);
  }
  const ms = await echoCall();
  await delay(PROOF_MS);
  await eventually(() => peers.every(({ isClosed }) => isClosed), { timeout: 10_000, what: "an end of them all" });
  const left = openFiles() - before;
  console.log(`ICE-TCP: ${IDLE} silent connections, at most ${most} kept, ${left} left, a call heard in ${ms} ms`);
  assert.ok(most <= WAITING + 100, `${most} descriptors`);
  assert.ok(left <= 2, `${left} left`);
  assert.ok(ms < 10_000);
});

test("garbage, lies about lengths and a drip of bytes: closed, none answered", async () => {
  const kinds = {
    garbage: (peer) => peer.write(randomBytes(3000)),
    "a frame of 65,535 bytes": (peer) => peer.write(Buffer.from([0xff, 0xff, 0, 1])),
    "a request for a page": (peer) => peer.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a check of nobody": (peer) => peer.send(check({ ufrag: "nobody00", pwd: "nobody" })),
    "a handshake first": (peer) => peer.send(Buffer.from("16fefd0000000000000000000401000000", "hex")),
    "a byte now and then": async (peer) => {
      for (const byte of Buffer.concat([Buffer.from([0, 120]), randomBytes(120)])) {
        if (peer.isClosed) return;
        peer.write(Buffer.from([byte]));
        await delay(200);
      }
    },
  };
  for (const [kind, act] of Object.entries(kinds)) {
    const peers = await Promise.all(Array.from({ length: 20 }, () => TcpPeer.open(gateway.port, { from: STRANGER })));
    const began = performance.now();
    const acting = peers.map(act);
    await eventually(() => peers.every(({ isClosed }) => isClosed), { timeout: 20_000, what: `an end of ${kind}` });
    const ms = Math.round(performance.now() - began);
    await Promise.all(acting);
    const bytes = peers.reduce((sum, { bytesIn }) => sum + bytesIn, 0);
    console.log(`ICE-TCP: ${kind}: ${peers.length} closed within ${ms} ms, ${bytes} bytes answered`);
    assert.equal(bytes, 0, kind);
  }
  await echoCall();
});

test("a proved peer that asks and never reads: what does not fit is dropped, nothing grows", async () => {
  const call = await rawCall();
  const peer = await TcpPeer.open(gateway.port, { reads: false });
  peer.send(check(call.credentials));
  await delay(200);
  const before = residentKb();
  let asked = 0;
  for (; asked < 50_000 && !peer.isClosed; ++asked) {
    if (!peer.send(check(call.credentials))) await new Promise((resolve) => setImmediate(resolve));
  }
  const grown = residentKb() - before;
  const ms = await Promise.race([delay(15_000).then(() => Infinity), echoCallBeside()]);
  console.log(`ICE-TCP: ${asked} checks whose answers are not read, ${grown} kB more, a call beside it heard in ${ms} ms`);
  assert.ok(grown < 4_096, `${grown} kB`);
  assert.ok(Number.isFinite(ms));
  peer.socket.destroy();
  call.wcs.hangup(call.callId);
  await call.wcs.expect("finish");
  await call.wcs.close();
  await gateway.isIdle();
});

async function echoCallBeside() {
  const began = performance.now();
  assert.deepEqual(await page.evaluate(() => lab.dial("beside", "600")), { ok: true });
  await page.waitForFunction(async () => (await lab.stats()).received > 5, undefined, { timeout: 15_000 });
  const ms = Math.round(performance.now() - began);
  await page.evaluate(() => lab.hangup("beside"));
  await page.evaluate(() => lab.ended("beside"));
  return ms;
}

test("nothing is left", () => gateway.stop());

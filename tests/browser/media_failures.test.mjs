// SPDX-License-Identifier: GPL-3.0-or-later
// A browser whose media fails, in every way it can: each ends by its name, in its time, for the page, in the
// record and towards the phone, which is hung up on. All of them fail at once, in one gateway, which has nothing
// left of them afterwards.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Lab } from "../lib/browser.mjs";
import { check, credentialsOf, isAnswer, UdpPeer } from "../lib/ice.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { delay, eventually } from "../lib/run.mjs";
import { answered, Sipp, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";

const NO_CANDIDATES = `
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return original.call(this, { type, sdp: sdp.replace(/a=candidate:.*\\r\\n/g, "") });
  };`;
const WRONG_FINGERPRINT = `
  const original = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    return original.call(this, text.replace(/(a=fingerprint:sha-256 )(..)/, (_, name, byte) =>
      name + (byte === "00" ? "01" : "00")));
  };`;

let stage;
const outcomes = {};
let filesBefore;

before(async () => {
  stage = await Stage.start(import.meta.url);
  const { gateway } = stage;
  filesBefore = openFiles();
  outcomes.blocked = failing("blocked", "1001", { init: NO_CANDIDATES });
  outcomes.fingerprint = failing("fingerprint", "1002", { init: WRONG_FINGERPRINT });
  outcomes.handshake = handshakeThatNeverComes();
  outcomes.frozen = gone("frozen", "1004", "SIGSTOP");
  outcomes.killed = gone("killed", "1003", "SIGKILL");
  await Promise.allSettled(Object.values(outcomes));
  await eventually(async () => (await gateway.calls()).length === 0, { what: "an end of all calls" });
});
after(() => stage?.end());

const openFiles = () => readdirSync(`/proc/${stage.gateway.child.pid}/fd`).length;
const sipOptionsOf = (login) => ({
  login,
  password: passwordOf(login),
  domain: stage.kamailio.address,
  outboundProxy: stage.kamailio.address,
  port: stage.kamailio.port,
});

/** The record of the call with this phone, once it is written. */
const recordOf = (phone) =>
  eventually(
    () =>
      readFileSync(`${stage.run.folder}/patchcord/state/calls.jsonl`, "utf8")
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line))
        .find(({ to }) => to.includes(phone.number())),
    { timeout: 60_000, what: "a call record" },
  );

async function signedInPage(name, login, options) {
  const lab = await Lab.start(stage.run);
  const page = await lab.open("ours", options);
  const result = await page.evaluate((given) => lab.signIn(given), {
    urlServer: stage.gateway.ws,
    sipOptions: sipOptionsOf(login),
  });
  assert.deepEqual(result, { ok: true });
  return { lab, page };
}

/** A call from a page where something is wrong: how it ended, for page, record and phone. */
async function failing(name, login, options) {
  const phone = await Sipp.start(stage.run, name, [...answered(), ...untilBye()], { seconds: 60 });
  const { page } = await signedInPage(name, login, options);
  const began = Date.now();
  const [end] = await Promise.all([
    page.evaluate(async ([call, number]) => {
      await lab.dial(call, number);
      return lab.ended(call);
    }, [name, phone.number()]),
    phone.done(),
  ]);
  const ms = Date.now() - began;
  await page.context().close();
  return { end, ms, record: await recordOf(phone) };
}

/** A call whose browser is stopped or killed while it talks. */
async function gone(name, login, signal) {
  const phone = await Sipp.start(stage.run, name, [...answered(), ...untilBye()], { seconds: 60 });
  const { lab: own, page } = await signedInPage(name, login, {});
  assert.deepEqual(await page.evaluate(([call, number]) => lab.dial(call, number), [name, phone.number()]), {
    ok: true,
  });
  await eventually(async () =>
    (await stage.gateway.calls()).some(({ b, sound }) => b.party.includes(phone.number()) && /flows/.test(sound)),
  );
  const began = Date.now();
  own.signal(signal);
  const record = await recordOf(phone);
  const ms = Date.now() - began;
  own.signal("SIGKILL");
  await phone.done();
  return { ms, record };
}

/** A peer that proves its address and then says nothing of DTLS. */
async function handshakeThatNeverComes() {
  const { run, gateway } = stage;
  const phone = await Sipp.start(run, "handshake", [...answered(), ...untilBye()], { seconds: 60 });
  const browser = await stage.signIn("1423", {});
  const began = Date.now();
  browser.call(phone.number(), { hasVideo: false });
  const [, sdp] = await browser.expectAll("setRemoteSDP");
  const credentials = credentialsOf(sdp);
  const peer = await UdpPeer.open(run);
  const checking = setInterval(() => peer.send(check(credentials), credentials.port), 500);
  const finish = await browser.expect("finish", { timeout: 40_000 });
  const ms = Date.now() - began;
  clearInterval(checking);
  await phone.done();
  browser.close();
  return { finish, ms, answers: peer.received.filter(isAnswer).length, record: await recordOf(phone) };
}

test("ICE blocked from the start: ice_failed after its 20 s", async () => {
  const { end, ms, record } = await outcomes.blocked;
  assert.equal(end.reason, "ice_failed");
  assert.equal(end.status, "FAILED");
  assert.equal(record.reason, "ice_failed");
  assert.equal(record.by, "a");
  assert.ok(ms > 19_000 && ms < 26_000, `${ms} ms`);
});

test("another DTLS fingerprint than announced: fingerprint_mismatch at once", async () => {
  const { end, ms, record } = await outcomes.fingerprint;
  assert.equal(end.reason, "fingerprint_mismatch");
  assert.equal(record.reason, "fingerprint_mismatch");
  assert.ok(ms < 10_000, `${ms} ms`);
});

test("DTLS that never comes: dtls_failed after its 10 s", async () => {
  const { finish, ms, answers, record } = await outcomes.handshake;
  assert.ok(answers > 5, `${answers} answers to its checks`);
  assert.equal(finish.reason, "dtls_failed");
  assert.equal(finish.status, "FAILED");
  assert.equal(record.reason, "dtls_failed");
  assert.ok(ms > 9_000 && ms < 20_000, `${ms} ms`);
});

test("a browser that stands still: consent_lost within 30 s of its last check", async () => {
  const { ms, record } = await outcomes.frozen;
  assert.equal(record.reason, "consent_lost");
  assert.equal(record.by, "a");
  assert.ok(ms > 20_000 && ms < 35_000, `${ms} ms`);
});

test("a browser that was killed: BYE to the phone within 35 s", async () => {
  const { ms, record } = await outcomes.killed;
  assert.ok(["session_gone", "consent_lost", "media_silent"].includes(record.reason), record.reason);
  assert.ok(ms < 35_000, `${ms} ms`);
});

test("nothing is left: no call, no port, no file; and the gateway ends cleanly", async () => {
  await stage.gateway.isIdle();
  await delay(1_000);
  const left = openFiles() - filesBefore;
  assert.ok(left <= 1, `${left} files more than before`); // the records are open from the first call on
  await stage.curtain();
});

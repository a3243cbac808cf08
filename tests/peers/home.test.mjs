// SPDX-License-Identifier: GPL-3.0-or-later
// Patchcord as the only server: real phones that registered at it by UDP and TCP, browsers of raw frames that
// signed in to it, and the calls between them. No other SIP server runs here.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Linphone } from "../lib/linphone.mjs";
import { eventually, Run } from "../lib/run.mjs";
import { BROWSER, judge, PHONE, rmsDb } from "../lib/sound.mjs";
import { offer, Wcs } from "../lib/wcs.mjs";

const DOMAIN = "phones.test";
const users = { anna: "pw-anna-1", desk: "pw-desk-2", kitchen: "pw-kitchen-3", hall: "pw-hall-4", mobile: "pw-mobile-5" };

let run, gateway, desk, kitchen, hall, page;
const server = (transport) => ({ domain: DOMAIN, address: "127.0.0.1", port: gateway.ports.sip, transport });
const signIn = (login) =>
  Wcs.signIn(gateway.ws, {
    sipLogin: login,
    sipPassword: users[login],
    sipDomain: DOMAIN,
    sipRegisterRequired: true,
    sipVisibleName: login,
  });
const phone = (user, transport, options = {}) =>
  Baresip.start(run, { user, password: users[user], server: server(transport), ...options });

before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, {
    registrar: { enabled: true, domain: DOMAIN, users, numbers: { "+15550100": "kitchen" }, digest: ["md5"] },
    domains: ["192.0.2.1"],
    sip: (port) => ({ listen: [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${port}`] }),
  });
  [desk, kitchen, hall] = await Promise.all([
    phone("desk", "udp"),
    phone("kitchen", "tcp", { speaks: BROWSER }),
    Linphone.start(run, { user: "hall", password: users.hall, server: server("udp"), speaks: BROWSER, answers: true }),
  ]);
  page = await signIn("anna");
});
afterEach(() => gateway?.child.isRunning() && gateway.isIdle());
after(() => run?.end());

const ofCall = (callId) => ({ where: ({ callId: id }) => id === callId });
const finishOf = (callId, options) => page.expect("finish", { ...ofCall(callId), timeout: 10_000, ...options });
const answer = () => offer().replace(/a=setup:actpass/g, "a=setup:active");

/** A call between two phones for long enough to be judged; ended by `ender`. */
async function talk(caller, uri, ender) {
  const marks = { caller: caller.now(), ender: ender.now() };
  await caller.dial(uri);
  await caller.waitFor("CALL_ESTABLISHED", { from: marks.caller });
  await eventually(async () => (await gateway.calls())[0]?.talkingMs > 4_500, { timeout: 15_000 });
  await ender.hangup();
  await caller.waitFor("CALL_CLOSED", { from: marks.caller });
}

function isGood(recording, voice) {
  const verdict = judge(recording.samples, recording.rate, voice, { seconds: 3, gapMs: 100 });
  assert.deepEqual(verdict.problems, [], JSON.stringify(verdict));
}

test("where SHA-256 is offered, linphone registers by it", async () => {
  const strict = await Gateway.start(run, {
    name: "patchcord-sha256",
    registrar: { enabled: true, domain: DOMAIN, users, digest: ["sha-256"] },
  });
  const hallway = await Linphone.start(run, {
    name: "linphone-sha256",
    user: "hall",
    password: users.hall,
    server: { ...server("udp"), port: strict.ports.sip },
  });
  assert.match(strict.log(), /Authorization: .*algorithm=SHA-256/i);
  await hallway.quit();
  await strict.stop();
});

test("phones register by UDP and by TCP, with a digest, and no wrong password signs in", async () => {
  const log = gateway.log();
  assert.match(log, /registrar\.registered user=desk from=127\.0\.0\.1:\d+ transport=UDP phones=1/);
  assert.match(log, /registrar\.registered user=kitchen from=127\.0\.0\.1:\d+ transport=TCP phones=1/);
  assert.match(log, /registrar\.registered user=hall/);
  const thief = await Wcs.connect(gateway.ws);
  thief.send("connection", { appKey: "defaultApp", sipLogin: "desk", sipPassword: "guess", sipDomain: DOMAIN });
  assert.equal((await thief.expect("fail")).reason, "auth_rejected");
});

for (const [name, transport] of [
  ["desk", "UDP"],
  ["kitchen", "TCP"],
]) {
  test(`a browser calls a phone behind ${transport}, and hangs up`, async () => {
    const [callee, mark] = [{ desk, kitchen }[name], { desk, kitchen }[name].now()];
    const callId = page.call(name);
    await page.expect("ring", ofCall(callId));
    await page.expect("talk", ofCall(callId));
    page.hangup(callId);
    assert.equal((await finishOf(callId)).reason, "hangup");
    await callee.waitFor("CALL_CLOSED", { from: mark });
  });

  test(`the phone behind ${transport} hangs up`, async () => {
    const [callee, mark] = [{ desk, kitchen }[name], { desk, kitchen }[name].now()];
    const callId = page.call(name);
    await page.expect("talk", ofCall(callId));
    await callee.waitFor("CALL_ESTABLISHED", { from: mark });
    await callee.hangup();
    const end = await finishOf(callId);
    assert.deepEqual({ status: end.status, reason: end.reason, by: end.by }, { status: "FINISH", reason: "hangup", by: "remote" });
  });
}

test("a phone calls a browser, which answers; the phone hangs up", async () => {
  const mark = desk.now();
  await desk.dial(`sip:anna@${DOMAIN}`);
  const { callId, caller } = await page.expect("notifyIncomingCall");
  assert.equal(caller, "desk");
  await desk.waitFor("CALL_RINGING", { from: mark });
  page.send("answer", { callId, incoming: true, hasVideo: false, sdp: answer() });
  await desk.waitFor("CALL_ESTABLISHED", { from: mark });
  await desk.hangup();
  assert.equal((await finishOf(callId)).reason, "hangup");
});

test("a phone calls a browser, which refuses; a phone gives up", async () => {
  let mark = kitchen.now();
  await kitchen.dial(`sip:anna@${DOMAIN}`);
  const refused = await page.expect("notifyIncomingCall");
  page.hangup(refused.callId);
  assert.match((await kitchen.waitFor("CALL_CLOSED", { from: mark })).param, /603|486/);
  await finishOf(refused.callId);

  mark = kitchen.now();
  await kitchen.dial(`sip:anna@${DOMAIN}`);
  const left = await page.expect("notifyIncomingCall");
  await kitchen.hangup();
  assert.equal((await finishOf(left.callId)).reason, "cancelled");
});

test("a phone behind UDP calls one behind TCP: each hears the other; the callee hangs up", async () => {
  await talk(desk, `sip:kitchen@${DOMAIN}`, kitchen);
  isGood(await desk.heard(), BROWSER);
  isGood(await kitchen.heard(), PHONE);
});

test("a number rings its user, however it is written; the caller hangs up", async () => {
  const mark = kitchen.now();
  await talk(desk, `sip:0015550100@${DOMAIN}`, desk);
  await kitchen.waitFor("CALL_CLOSED", { from: mark });
  isGood(await kitchen.heard(), PHONE);
});

test("linphone and baresip talk, called from either side", async () => {
  const mark = hall.now();
  await talk(desk, `sip:hall@${DOMAIN}`, desk);
  isGood(await desk.heard(), BROWSER);
  await hall.isOver(mark);

  const [from, before] = [desk.now(), hall.now()];
  hall.dial(`sip:desk@${DOMAIN}`);
  await desk.waitFor("CALL_ESTABLISHED", { from });
  await eventually(async () => (await gateway.calls())[0]?.talkingMs > 4_500, { timeout: 15_000 });
  hall.hangup();
  await desk.waitFor("CALL_CLOSED", { from });
  await hall.isOver(before);
  isGood(await desk.heard(), BROWSER);
});

test("600 gives a phone its own voice back; 601 plays to it and ends the call", async () => {
  await talk(desk, `sip:600@${DOMAIN}`, desk);
  isGood(await desk.heard(), PHONE);

  const mark = desk.now();
  await desk.dial(`sip:601@${DOMAIN}`);
  await desk.waitFor("CALL_ESTABLISHED", { from: mark });
  await desk.waitFor("CALL_CLOSED", { from: mark, timeout: 15_000 });
  const { samples, rate } = await desk.heard();
  assert.ok(samples.length > 4 * rate, `${samples.length / rate} s were heard`);
  assert.ok(rmsDb(samples) > -30, `${rmsDb(samples).toFixed(1)} dB`);
});

test("a phone that is busy, and one that is never answered", async () => {
  const slow = await phone("mobile", "udp", { answer: "manual" });
  let mark = slow.now();
  let callId = page.call("mobile");
  await slow.waitFor("CALL_INCOMING", { from: mark });
  await page.expect("ring", ofCall(callId));
  await slow.hangup();
  const end = await finishOf(callId);
  assert.ok(["busy", "declined"].includes(end.reason), JSON.stringify(end));

  mark = slow.now();
  callId = page.call("mobile");
  await slow.waitFor("CALL_INCOMING", { from: mark });
  page.hangup(callId);
  await slow.waitFor("CALL_CLOSED", { from: mark });
  await finishOf(callId);

  await slow.quit();
  callId = page.call("mobile");
  const gone = await finishOf(callId);
  assert.equal(gone.reason, "not_online", "it has un-registered");
  assert.ok(gone.hint.length > 0);
});

test("nobody of that name: 404; another domain: 403; no call leaves the house", async () => {
  for (const [uri, status] of [
    [`sip:nobody@${DOMAIN}`, 404],
    ["sip:+979123456@192.0.2.1", 403],
  ]) {
    const mark = desk.now();
    await desk.dial(uri);
    assert.match((await desk.waitFor("CALL_CLOSED", { from: mark })).param, new RegExp(String(status)));
  }
});

test("the end: phones leave, nothing is left, nobody wrote a password down", async () => {
  await Promise.all([desk.quit(), kitchen.quit(), hall.quit()]);
  await page.close();
  await gateway.stop();
  for (const [path, text] of run.texts((path) => path.endsWith("patchcord.log"))) {
    for (const secret of Object.values(users)) assert.ok(!text.includes(secret), `${secret} is in ${path}`);
  }
});

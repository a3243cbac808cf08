// SPDX-License-Identifier: GPL-3.0-or-later
// Each failure by its name: in the page's SDK, in the API, in the record and in the log, and within its
// time. Afterwards nothing of it is left.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Kamailio, passwordOf } from "../lib/kamailio.mjs";
import { answered, pause, receive, refused, ok, Sipp, uas, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";
import { toldEverywhere } from "../lib/told.mjs";

/** Room for the first two calls' ports and no more. */
const PORT_PAIRS = 2;

let stage, lab, page;
before(async () => {
  stage = await Stage.start(import.meta.url, {
    gateway: { limits: { ringing: "3s" } },
  });
  lab = await Lab.start(stage.run);
  page = await open();
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

/** A page that is signed in; `init` is run before its own scripts. */
async function open({ init, gateway = stage.gateway, login = "1001" } = {}) {
  const opened = await lab.open("ours", { init });
  assert.deepEqual(await signIn(opened, gateway, login), { ok: true });
  return opened;
}

function signIn(where, gateway, login, kamailio = stage.kamailio) {
  const { address, port } = kamailio;
  const sipOptions = { login, password: passwordOf(login), domain: address, outboundProxy: address, port };
  return where.evaluate((options) => lab.signIn(options), { urlServer: gateway.ws, sipOptions });
}

let calls = 0;
const phone = (steps, options) => Sipp.start(stage.run, `f${++calls}`, steps, options);

/** Dials, and checks that the end has this name everywhere, at most `within` milliseconds later. */
async function fails(reason, number, { where = page, gateway = stage.gateway, within = 10_000, status } = {}) {
  const name = `call${++calls}`;
  const began = performance.now();
  const error = await where.evaluate(([call, callee]) => lab.dial(call, callee), [name, number]);
  const took = performance.now() - began;
  assert.equal(error.reason, reason, JSON.stringify(error));
  assert.ok(error.message.length > 5, "in words");
  assert.ok(error.code > 1000, "with a code");
  assert.ok(took < within, `after ${took} ms`);
  const end = await where.evaluate((call) => lab.ended(call), name);
  assert.equal(end.reason, reason);
  const record = await toldEverywhere(gateway, await where.evaluate((call) => lab.call(call).id(), name), reason);
  if (status) {
    assert.deepEqual([error.sip?.status, record.sipStatus], [status, status]);
  }
  return record;
}

for (const [line, reason] of [
  ["486 Busy Here", "busy"],
  ["600 Busy Everywhere", "busy"],
  ["404 Not Found", "not_found"],
  ["603 Decline", "declined"],
  ["403 Forbidden", "forbidden"],
  ["488 Not Acceptable Here", "no_codec"],
  ["480 Temporarily Unavailable", "no_answer"],
  ["503 Service Unavailable", "server_error"],
]) {
  test(`${line} is ${reason}`, async () => {
    const far = await phone(refused(line));
    const status = line.startsWith("503") ? undefined : Number(line.slice(0, 3)); // a proxy may make 500 of it
    await fails(reason, far.number(), { status });
    await far.done();
  });
}

test("Q.850 and Warning arrive as the far side said them", async () => {
  const fields = ['Reason: Q.850;cause=21;text="Call Rejected"', 'Warning: 399 pbx "not in \\"office\\" hours"'];
  const far = await phone(refused("403 Forbidden", fields));
  const record = await fails("forbidden", far.number());
  await far.done();
  assert.equal(record.q850, 21);
  assert.match(record.warning, /not in .*office.* hours/);
});

test("nobody answers: no_answer when the time is over, and the phone stops ringing", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  await fails("no_answer", far.number(), { within: 8_000 });
  await far.done();
});

test("no media port is free: no_ports, and the calls in progress go on", async () => {
  const { run, kamailio } = stage;
  const first = await run.port(2 * PORT_PAIRS);
  const rtp = { address: "127.0.0.1", ports: `${first}-${first + 2 * PORT_PAIRS - 1}` };
  const narrow = await Gateway.start(run, { name: "patchcord-narrow", kamailio, more: { rtp } });
  const other = await open({ gateway: narrow, login: "1002" });
  const far = await phone([...answered(), ...untilBye()], { calls: PORT_PAIRS });
  for (let i = 0; i < PORT_PAIRS; ++i) {
    assert.deepEqual(
      await other.evaluate(([call, number]) => lab.dial(call, number), [`up${i}`, far.number()]),
      { ok: true },
    );
  }
  assert.equal((await narrow.readiness()).status, 503, "no new calls, please");
  await fails("no_ports", far.number(), { where: other, gateway: narrow });
  assert.equal((await narrow.calls()).filter(({ state }) => state === "up").length, PORT_PAIRS);
  for (let i = 0; i < PORT_PAIRS; ++i) await other.evaluate((call) => lab.hangup(call), `up${i}`);
  await far.done();
  assert.equal((await narrow.readiness()).status, 200);
  await other.context().close();
  await narrow.stop();
});

test("the browser's certificate is not the one it announced: fingerprint_mismatch, and no sound crosses", async () => {
  const other = await open({
    login: "1003",
    init: () => {
      const send = WebSocket.prototype.send;
      WebSocket.prototype.send = function (text) {
        return send.call(this, text.replace(/(a=fingerprint:sha-256 )([0-9A-F]{2})/, "$1" + "00"));
      };
    },
  });
  const far = await phone([uas.invite(), uas.answer("180 Ringing"), receive("CANCEL"), ok(), uas.answer("487 Request Terminated"), receive("ACK")]);
  await fails("fingerprint_mismatch", far.number(), { where: other });
  await far.done();
  await other.context().close();
});

test("the browser's packets do not arrive: ice_failed, in the time ICE is given", async () => {
  const other = await open({
    login: "1003",
    init: () => {
      // Every candidate of the gateway leads to a port where nobody is.
      const set = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        return set.call(this, { type, sdp: sdp.replace(/^(a=candidate:\S+ \d \S+ \d+ \S+) \d+/gm, "$1 9") });
      };
    },
  });
  const far = await phone([...answered(), ...untilBye()]);
  const name = "unheard";
  await other.evaluate(([call, number]) => lab.dial(call, number), [name, far.number()]);
  const end = await other.evaluate((call) => lab.ended(call), name);
  await far.done();
  assert.equal(end.reason, "ice_failed");
  await toldEverywhere(stage.gateway, await other.evaluate((call) => lab.call(call).id(), name), "ice_failed");
  await other.context().close();
});

test("the page is closed during a call: the phone gets its BYE", async () => {
  const other = await open({ login: "1003" });
  const far = await phone([...answered(), ...untilBye()]);
  assert.deepEqual(await other.evaluate((number) => lab.dial("left", number), far.number()), { ok: true });
  const callId = await other.evaluate(() => lab.call("left").id());
  const began = performance.now();
  await other.context().close();
  await far.done();
  assert.ok(performance.now() - began < 15_000);
  await stage.gateway.isIdle();
  const record = (await stage.gateway.ended()).find(({ a }) => a.id === callId);
  assert.ok(["hangup", "session_gone"].includes(record.reason), record.reason);
  assert.equal(record.by, "a");
});

test("the SIP server dies: a call in progress lives, the next one fails by name", async () => {
  const { run } = stage;
  const kamailio = await Kamailio.start(run, { name: "kamailio-mortal" });
  const gateway = await Gateway.start(run, { name: "patchcord-orphan", kamailio });
  const other = await lab.open("ours");
  assert.deepEqual(await signIn(other, gateway, "1004", kamailio), { ok: true });
  const far = await phone([...answered(), pause(2_000), uas.request("BYE", 1)]);
  assert.deepEqual(await other.evaluate((number) => lab.dial("up", number), far.number()), { ok: true });
  await kamailio.stop();
  await fails("sip_unreachable", "+4930055555", { where: other, gateway, within: 40_000 });
  assert.equal((await gateway.calls()).length, 1, "the first call is still there");
  await other.evaluate(() => lab.hangup("up"));
  await other.context().close();
  const refusedSignIn = await signIn(await lab.open("ours"), gateway, "1004", kamailio);
  assert.equal(refusedSignIn.reason, "sip_unreachable", JSON.stringify(refusedSignIn));
  await far.child.stop();
  await gateway.child.stop({ grace: 15_000 });
});

test("nothing is left, no secret is in a log, no error was in the page", async () => {
  assert.deepEqual(
    page.problems.filter((text) => text.startsWith("uncaught")),
    [],
  );
  await stage.curtain();
});

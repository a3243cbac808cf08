// SPDX-License-Identifier: GPL-3.0-or-later
// Our SDK in a page against real phones: what an application is told, by reason and in order.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { delay, eventually } from "../lib/run.mjs";
import { answered, maybe, ok, pause, receive, refused, response, Sipp, uas, untilBye } from "../lib/sipp.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";
import { Stage, WRONG_PASSWORD } from "../lib/stage.mjs";

let stage, lab, page, network;
before(async () => {
  stage = await Stage.start(import.meta.url);
  network = await Baresip.start(stage.run, { kamailio: stage.kamailio, codecs: ["pcma"] });
  lab = await Lab.start(stage.run);
  page = await lab.open("ours");
  assert.deepEqual(await signIn(page, "1001"), { ok: true });
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

function signIn(where, login, { password = passwordOf(login), ...more } = {}) {
  const { kamailio, gateway } = stage;
  const sipOptions = {
    login,
    password,
    domain: kamailio.address,
    outboundProxy: kamailio.address,
    port: kamailio.port,
  };
  return where.evaluate((options) => lab.signIn(options), { urlServer: gateway.ws, sipOptions, ...more });
}

let calls = 0;
let sipps = 0;
const phone = (steps) => Sipp.start(stage.run, `o${++sipps}`, steps);
const dial = (number, options) => {
  const name = `call${++calls}`;
  return {
    name,
    result: page.evaluate(([call, callee, more]) => lab.dial(call, callee, more), [name, number, options]),
  };
};
const ended = (name) => page.evaluate((call) => lab.ended(call), name);
const hangup = (name) => page.evaluate((call) => lab.hangup(call), name);
const story = (name) =>
  page.evaluate(
    (call) =>
      lab.events.filter(({ what }) => what.startsWith(`${call} `)).map(({ what }) => what.slice(call.length + 1)),
    name,
  );

test("a call from dialling to hanging up, as an application sees it", async () => {
  const far = await phone([...answered({ ring: 300 }), ...untilBye()]);
  const { name, result } = dial(far.number());
  assert.deepEqual(await result, { ok: true });
  await delay(500);
  await hangup(name);
  const end = await ended(name);
  await far.done();
  assert.deepEqual(
    { reason: end.reason, by: end.by, code: end.code, error: end.error },
    { reason: "hangup", by: "local", code: 0, error: undefined },
  );
  assert.ok(end.durationMs >= 400 && end.durationMs < 3_000, `${end.durationMs} ms`);
  assert.deepEqual(await story(name), ["dialled", "PENDING", "TRYING", "RING", "ESTABLISHED", "FINISH", "ended"]);
});

test("the other side hangs up", async () => {
  const { name, result } = dial(network.number());
  assert.deepEqual(await result, { ok: true });
  await network.hangup();
  const end = await ended(name);
  assert.deepEqual(
    { reason: end.reason, by: end.by, status: end.status },
    { reason: "hangup", by: "remote", status: "FINISH" },
  );
});

for (const [status, reason, final] of [
  ["486 Busy Here", "busy", "BUSY"],
  ["404 Not Found", "not_found", "FAILED"],
  ["603 Decline", "declined", "FAILED"],
  ["403 Forbidden", "forbidden", "FAILED"],
  ["480 Temporarily Unavailable", "no_answer", "FAILED"],
  ["503 Service Unavailable", "server_error", "FAILED"],
]) {
  test(`${status}: call() rejects with ${reason}, in words and with the SIP status`, async () => {
    const far = await phone(refused(status));
    const { name, result } = dial(far.number());
    const error = await result;
    await far.done();
    assert.equal(error.ok, false);
    assert.equal(error.name, reason.toUpperCase());
    assert.equal(error.reason, reason);
    assert.equal(error.sip.status >= 400, true);
    assert.ok(error.message.length > 5);
    const end = await ended(name);
    assert.equal(end.status, final);
    assert.equal(end.by === "remote" || end.by === "gateway", true);
  });
}

test("cancelled while it rings: no error, reason cancelled", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  const { name, result } = dial(far.number());
  await page.waitForFunction((call) => lab.events.some(({ what }) => what === `${call} RING`), name);
  await hangup(name);
  assert.equal((await result).ok, false);
  const end = await ended(name);
  assert.deepEqual(
    { reason: end.reason, by: end.by, error: end.error },
    { reason: "cancelled", by: "local", error: undefined },
  );
  await far.done();
});

test("T41: digits arrive at the phone once and in order", async () => {
  const mark = network.now();
  const { name, result } = dial(network.number());
  assert.deepEqual(await result, { ok: true });
  await page.evaluate((call) => lab.call(call).sendDTMF("1234567890*#"), name);
  await eventually(() => network.digits(mark).length >= 12, { timeout: 10_000, what: "twelve digits" });
  await delay(300);
  await hangup(name);
  await ended(name);
  assert.equal(network.digits(mark), "1234567890*#");
});

test("statistics: a codec, packets both ways, nothing lost", async () => {
  const { name, result } = dial(network.number());
  assert.deepEqual(await result, { ok: true });
  await delay(1_500);
  const stats = await page.evaluate(async (call) => {
    const { inbound, outbound, roundTripMs } = await lab.call(call).getStats();
    return { inbound, outbound, roundTripMs };
  }, name);
  await hangup(name);
  await ended(name);
  assert.equal(stats.inbound.codec, "PCMA");
  assert.equal(stats.outbound.codec, "opus");
  assert.ok(stats.inbound.packets > 50 && stats.outbound.packets > 50, JSON.stringify(stats));
  assert.ok(stats.inbound.lost <= 1);
});

test("stripCodecs keeps a codec away from the gateway: A-law both ways, relayed", async () => {
  const { name, result } = dial(network.number(), { stripCodecs: ["opus", "red"] });
  assert.deepEqual(await result, { ok: true });
  const sound = async () => (await stage.gateway.calls())[0];
  const call = await eventually(async () => (await sound()).sound === "Sound flows both ways." && sound(), {
    what: "sound both ways",
  });
  const stats = await page.evaluate(() => lab.stats());
  await hangup(name);
  await ended(name);
  assert.deepEqual({ heard: stats.heard, spoken: stats.spoken }, { heard: "audio/PCMA", spoken: "audio/PCMA" });
  assert.match(call.a.pipe, /relay/);
  assert.match(call.b.pipe, /relay/);
});

test("T38: the phone changes from A-law to µ-law during the call, and the browser hears on", async () => {
  const far = await phone([
    ...answered(),
    pause(1_500),
    uas.request("INVITE", 1, { media: "sendrecv mu-law" }),
    maybe(100),
    response(200, { check: "PCMU/8000" }),
    uas.request("ACK", 1),
    ...untilBye(),
  ]);
  const { name, result } = dial(far.number());
  assert.deepEqual(await result, { ok: true });
  await page.waitForFunction(async () => (await lab.stats()).heard === "audio/PCMA");
  await page.waitForFunction(async () => (await lab.stats()).heard === "audio/PCMU", undefined, { timeout: 5_000 });
  const descriptions = await page.evaluate(() => lab.peers.at(-1).descriptions.join());
  const { rate, samples } = await listen(page, 4);
  await hangup(name);
  await ended(name);
  await far.done();
  assert.equal(descriptions, "answer", "no second description");
  // The far phone sends back what it gets: the page hears itself.
  assert.deepEqual(judge(samples, rate, BROWSER, { seconds: 3 }).problems, []);
});

test("T51: a phone that should send and does not ends the call, unless it holds it", async () => {
  const { run, kamailio } = stage;
  const strict = await Gateway.start(run, { name: "patchcord-strict", kamailio, limits: { media_inactivity: "2s" } });
  const other = await lab.open("ours");
  assert.deepEqual(await signIn(other, "1002", { urlServer: strict.ws }), { ok: true });
  const silent = await phone([...answered({ media: "sendrecv deaf" }), ...untilBye()]);
  const holding = await phone([
    ...answered(),
    uas.request("INVITE", 1, { media: "inactive" }),
    maybe(100),
    response(200),
    uas.request("ACK", 1),
    pause(4_000),
    uas.request("BYE", 2),
    response(200),
  ]);
  for (const [name, far, reason] of [
    ["silent", silent, "media_silent"],
    ["holding", holding, "hangup"],
  ]) {
    assert.deepEqual(await other.evaluate(([call, number]) => lab.dial(call, number), [name, far.number()]), {
      ok: true,
    });
    assert.equal((await other.evaluate((call) => lab.ended(call), name)).reason, reason);
    await far.done();
  }
  await other.context().close();
  await strict.stop();
});

test("an incoming call: who calls, refused", async () => {
  const known = await page.evaluate(() => lab.events.filter(({ what }) => what === "incoming").length);
  const mark = network.now();
  await network.dial("sip:1001@127.0.0.1");
  await page.waitForFunction((count) => lab.events.filter(({ what }) => what === "incoming").length > count, known);
  const { name, caller } = await page.evaluate(() => lab.events.findLast(({ what }) => what === "incoming"));
  assert.equal(caller, "pstn");
  await hangup(name);
  await ended(name);
  assert.match((await network.waitFor("CALL_CLOSED", { from: mark })).param, /486|603/);
});

test("a wrong password: ready() rejects with auth_rejected", async () => {
  const other = await lab.open("ours");
  const error = await signIn(other, "1002", { password: WRONG_PASSWORD });
  assert.equal(error.reason, "auth_rejected");
  assert.equal(await other.evaluate(() => lab.sessionStatus()), "FAILED");
  await other.context().close();
});

test("the gateway ends during a call: the page is told, and signs in again when there is one", async () => {
  const patient = await lab.open("ours");
  assert.deepEqual(await signIn(patient, "1003", { reconnect: { maxMs: 60_000 } }), { ok: true });
  const dialled = await patient.evaluate((number) => lab.dial("last", number), network.number());
  assert.deepEqual(dialled, { ok: true });
  assert.deepEqual(await stage.gateway.child.stop({ grace: 15_000 }), { code: 0, signal: null });
  const end = await patient.evaluate(() => lab.ended("last"));
  assert.ok(["draining", "connection_lost"].includes(end.reason), JSON.stringify(end));
  const { ports } = stage.gateway;
  stage.gateway = await Gateway.start(stage.run, { name: "patchcord-again", kamailio: stage.kamailio, ports });
  await patient.waitForFunction(() => lab.sessionStatus() === "REGISTERED", undefined, { timeout: 30_000 });
  const again = await patient.evaluate((number) => lab.dial("again", number), network.number());
  assert.deepEqual(again, { ok: true });
  await patient.evaluate(() => lab.hangup("again"));
  await patient.context().close();
  await page.context().close();
});

test("nothing is left, no secret is in a log, no error was in the page", async () => {
  assert.deepEqual(
    page.problems.filter((text) => text.startsWith("uncaught")),
    [],
  );
  await stage.curtain();
});

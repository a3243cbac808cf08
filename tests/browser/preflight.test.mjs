// SPDX-License-Identifier: GPL-3.0-or-later
// The preflight against a real gateway and its echo: a good network, one that blocks UDP, a wrong password, no
// microphone, no gateway, and a user who does not wait.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Run } from "../lib/run.mjs";

let run, gateway, lab;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { registrar: { enabled: true, users: { alice: "wonderland" } } });
  lab = await Lab.start(run);
});
afterEach(() => gateway.isIdle());
after(() => run.end());

const account = (password = "wonderland") => ({
  urlServer: gateway.ws,
  sipOptions: { login: "alice", password, domain: "patchcord.local" },
});
const results = ({ steps }) => Object.fromEntries(steps.map(({ name, result }) => [name, result]));
const ok = { microphone: "ok", socket: "ok", sign_in: "ok", udp: "ok", sound: "ok", tcp: "ok" };

/** Runs in the page before anything else: as behind a firewall, what is sent to the gateway by UDP arrives nowhere. */
function withoutUdp() {
  const original = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    return original.call(this, { type, sdp: sdp.replace(/( udp \d+ \S+) \d+ /gi, "$1 9 ") });
  };
}

test("a good network: everything is ok, in the order it was tried, each with its time", async (context) => {
  const page = await lab.open("ours");
  const report = await page.evaluate((signIn) => lab.preflight({ signIn }), account());
  context.diagnostic(report.steps.map(({ name, result, ms }) => `${name} ${result} ${ms} ms`).join(", "));
  assert.deepEqual(results(report), ok);
  assert.deepEqual([report.verdict, report.text], ["ok", "Ready for calls."]);
  assert.deepEqual(
    report.told,
    report.steps.map(({ name, result }) => `${name} ${result}`),
  );
  for (const { name, ms } of report.steps) assert.ok(ms >= (name === "sound" ? 2_900 : 1), `${name} took ${ms} ms`);
  const { detail } = report.steps.find(({ name }) => name === "sound");
  assert.ok(detail.mic > 0.5 && detail.far > 0.5 && detail.mos > 4, JSON.stringify(detail));
  await page.context().close();
});

test("with the session that is there, which stays as it is", async () => {
  const page = await lab.open("ours");
  assert.deepEqual(await page.evaluate((options) => lab.signIn(options), account()), { ok: true });
  const report = await page.evaluate(() => lab.preflight({ ofSession: true, echoSeconds: 1.5 }));
  assert.deepEqual(results(report), ok);
  assert.equal(await page.evaluate(() => lab.sessionStatus()), "REGISTERED");
  await page.context().close();
});

test("a network that blocks UDP: calls are possible over TCP, and the report says at what price", async () => {
  const page = await lab.open("ours", { init: withoutUdp });
  const report = await page.evaluate((signIn) => lab.preflight({ signIn }), account());
  assert.deepEqual(results(report), { ...ok, udp: "warn" });
  assert.deepEqual([report.verdict, report.problem], ["warn", "udp"]);
  assert.match(report.text, /second best way/);
  assert.equal(report.steps.find(({ name }) => name === "udp").error.name, "ICE_FAILED");
  await page.context().close();
});

test("a wrong password: the sign-in fails by name, and nothing after it is tried", async () => {
  const page = await lab.open("ours");
  const report = await page.evaluate((signIn) => lab.preflight({ signIn }), account("looking glass"));
  assert.deepEqual(results(report), { ...ok, sign_in: "fail", udp: "skipped", sound: "skipped", tcp: "skipped" });
  assert.equal(report.steps[2].error.name, "AUTH_REJECTED");
  assert.equal(report.problem, "sign_in");
  await page.context().close();
});

test("a refused microphone: told by name, and the network is still tried", async () => {
  const init = () => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError"));
  };
  const page = await lab.open("ours", { init });
  const report = await page.evaluate((signIn) => lab.preflight({ signIn }), account());
  assert.deepEqual(results(report), { ...ok, microphone: "fail", sound: "skipped" });
  assert.equal(report.steps[0].error.name, "MICROPHONE_BLOCKED");
  await page.context().close();
});

test("no gateway there", async () => {
  const page = await lab.open("ours");
  const signIn = { ...account(), urlServer: `ws://127.0.0.1:${await run.port()}/` };
  const report = await page.evaluate((options) => lab.preflight({ signIn: options }), signIn);
  assert.deepEqual([report.verdict, report.problem], ["fail", "socket"]);
  assert.equal(report.steps[1].error.name, "GATEWAY_UNREACHABLE");
  await page.context().close();
});

test("aborted in the middle of its call: rejected by name, and the call is gone", async () => {
  const page = await lab.open("ours");
  assert.deepEqual(await page.evaluate((options) => lab.signIn(options), account()), { ok: true });
  const report = await page.evaluate(() => lab.preflight({ ofSession: true, echoSeconds: 60, abortAfter: 3_000 }));
  assert.equal(report.rejected.name, "ABORTED");
  await gateway.isIdle();
  assert.equal(await page.evaluate(() => lab.sessionStatus()), "REGISTERED");
  await page.context().close();
});

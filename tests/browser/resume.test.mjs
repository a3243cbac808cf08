// SPDX-License-Identifier: GPL-3.0-or-later
// Our SDK loses its connection to the gateway in the middle of calls, by a proxy that the test cuts: sound goes
// on without a gap, and nothing that happens meanwhile is lost on either side.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Proxy } from "../lib/proxy.mjs";
import { eventually, Run } from "../lib/run.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";

const CUTS = 20;

let run, gateway, lab, proxy, page, other;
before(async () => {
  run = await Run.start(import.meta.url);
  const users = { alice: "wonderland", bob: "builder" };
  gateway = await Gateway.start(run, { registrar: { enabled: true, users } });
  proxy = await Proxy.start(run, gateway.ports.http);
  lab = await Lab.start(run);
  page = await lab.open("ours");
  other = await lab.open("ours");
  assert.deepEqual(await signIn(page, "alice", "wonderland", proxy.ws), { ok: true });
  assert.deepEqual(await signIn(other, "bob", "builder", gateway.ws), { ok: true });
});
afterEach(() => gateway.child.isRunning() && gateway.isIdle());
after(() => run.end());

function signIn(where, login, password, urlServer) {
  const sipOptions = { login, password, domain: "patchcord.local" };
  const options = { urlServer, sipOptions, reconnect: { maxMs: 60_000 } };
  return where.evaluate((all) => lab.signIn(all), options);
}

let calls = 0;
async function talk(callee = "600") {
  const name = `call${++calls}`;
  assert.deepEqual(await page.evaluate(([call, to]) => lab.dial(call, to), [name, callee]), { ok: true });
  return name;
}
const count = (what) => page.evaluate((name) => lab.events.filter((event) => event.what === name).length, what);
const heard = (what, atLeast) =>
  page.waitForFunction(
    ([name, least]) => lab.events.filter((event) => event.what === name).length >= least,
    [what, atLeast],
    { timeout: 15_000 },
  );
/** Runs `work` while the connection is away. */
async function away(name, work) {
  const before = await count("session reconnected");
  proxy.open = false;
  proxy.cut();
  await heard(`${name} reconnecting`, 1);
  await work();
  proxy.open = true;
  await heard("session reconnected", before + 1);
}
const status = (name) => page.evaluate((call) => lab.call(call).status(), name);
const end = (name) => page.evaluate((call) => lab.ended(call), name);
const hangup = (name) => page.evaluate((call) => lab.call(call).hangup(), name);

test(`the connection is cut ${CUTS} times in one call: no sound is lost`, async (context) => {
  const name = await talk();
  const before = await count("session reconnected");
  const cutting = (async () => {
    for (let cut = 1; cut <= CUTS; cut++) {
      proxy.cut();
      await heard("session reconnected", before + cut);
      await page.waitForTimeout(100);
    }
  })();
  const [{ rate, samples }] = await Promise.all([listen(page, 10), cutting]);
  const verdict = judge(samples, rate, BROWSER, { seconds: 8, levelDb: 3, otherDb: -20 });
  const [{ a: atGateway }] = await gateway.calls();
  const lost = { atPage: (await page.evaluate(() => lab.stats())).lost, atGateway: atGateway.packetsLost };
  context.diagnostic(JSON.stringify({ ...verdict, lost }));
  assert.deepEqual(verdict.problems, []);
  assert.deepEqual(lost, { atPage: 0, atGateway: 0 });
  assert.equal(await status(name), "ESTABLISHED");
  assert.deepEqual([await count(`${name} reconnecting`), await count(`${name} reconnected`)], [CUTS, CUTS]);
  assert.deepEqual(await page.evaluate(() => lab.peers.at(-1).descriptions), ["answer"]);
  await page.evaluate((call) => lab.call(call).sendDTMF("1"), name);
  await hangup(name);
  assert.deepEqual(
    await end(name).then(({ reason, by }) => ({ reason, by })),
    { reason: "hangup", by: "local" },
  );
});

test("a connection that goes silent without a word is found out when the network comes back", async () => {
  const name = await talk();
  const before = await count("session reconnected");
  const thaw = proxy.freeze();
  await page.evaluate(() => window.dispatchEvent(new Event("online")));
  await heard("session reconnected", before + 1);
  assert.equal(await status(name), "ESTABLISHED");
  // What was said on the old one arrives late, its close too: nobody takes it for a goodbye.
  thaw();
  await page.waitForTimeout(500);
  assert.equal(await status(name), "ESTABLISHED");
  await hangup(name);
});

test("hanging up while it is away is final here at once, and there when it is back", async () => {
  const name = await talk();
  await away(name, async () => {
    await hangup(name);
    const { reason, by } = await end(name);
    assert.deepEqual({ reason, by }, { reason: "hangup", by: "local" });
  });
  await gateway.isIdle();
});

test("an end that was missed is told on return, with its reason", async () => {
  const dialling = talk("bob");
  await other.waitForFunction(() => lab.events.some(({ what }) => what === "incoming"));
  const incoming = await other.evaluate(() => lab.events.findLast(({ what }) => what === "incoming").name);
  await other.evaluate((call) => lab.answer(call), incoming);
  const name = await dialling;
  await away(name, async () => {
    await other.evaluate((call) => lab.call(call).hangup(), incoming);
    await eventually(async () => (await other.evaluate((call) => lab.call(call).status(), incoming)) === "FINISH");
    assert.equal(await status(name), "ESTABLISHED", "nobody has told it yet");
  });
  const { reason, by } = await end(name);
  assert.deepEqual({ reason, by }, { reason: "hangup", by: "remote" });
});

test("an answer that was missed is told on return", async () => {
  const name = `call${++calls}`;
  const dialling = page.evaluate((call) => lab.dial(call, "bob"), name);
  await heard(`${name} RING`, 1);
  await other.waitForFunction(() => lab.events.filter(({ what }) => what === "incoming").length >= 2);
  const incoming = await other.evaluate(() => lab.events.findLast(({ what }) => what === "incoming").name);
  await away(name, () => other.evaluate((call) => lab.answer(call), incoming));
  assert.deepEqual(await dialling, { ok: true });
  await hangup(name);
});

test("a call that came while it was away rings on return", async () => {
  const before = await count("session reconnected");
  proxy.open = false;
  proxy.cut();
  const dialling = other.evaluate(() => lab.dial("to alice", "alice"));
  await page.waitForTimeout(500);
  proxy.open = true;
  await heard("session reconnected", before + 1);
  await heard("incoming", 1);
  const incoming = await page.evaluate(() => lab.events.findLast(({ what }) => what === "incoming").name);
  await page.evaluate((call) => lab.answer(call), incoming);
  assert.deepEqual(await dialling, { ok: true });
  await other.evaluate(() => lab.call("to alice").hangup());
});

test("a gateway that was restarted knows no calls: they end by name, and the session is back", async () => {
  const name = await talk();
  const before = await count("session reconnected");
  proxy.open = false;
  await gateway.child.stop();
  const users = { alice: "wonderland", bob: "builder" };
  gateway = await Gateway.start(run, {
    name: "patchcord-again",
    registrar: { enabled: true, users },
    ports: gateway.ports,
  });
  proxy.open = true;
  await heard("session reconnected", before + 1);
  const { reason, error } = await end(name);
  assert.ok(["draining", "connection_lost"].includes(reason), reason);
  assert.ok(error.message.length > 5);
  // A refused WebSocket is an error on the browser's console; nothing else may be one.
  assert.deepEqual(
    page.problems.filter((text) => !text.startsWith("WebSocket connection to")),
    [],
  );
});

// SPDX-License-Identifier: GPL-3.0-or-later
// The browser is answered at once, so its ICE and DTLS are done while the phone rings: in 100 of 100 calls
// the connection stands, and sound (silence, at first) flows to the browser, before the phone's 200.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab } from "../lib/browser.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { answered, Sipp, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";

const CALLS = 100;
const RING_MS = 300;

let stage, page, far;
before(async () => {
  stage = await Stage.start(import.meta.url);
  const { run, kamailio } = stage;
  far = await Sipp.start(run, "late", [...answered({ ring: RING_MS }), ...untilBye()], { calls: CALLS });
  page = await (await Lab.start(run)).open("ours");
  const sipOptions = {
    login: "1001",
    password: passwordOf("1001"),
    domain: kamailio.address,
    outboundProxy: kamailio.address,
    port: kamailio.port,
  };
  assert.deepEqual(await page.evaluate((options) => lab.signIn(options), { urlServer: stage.gateway.ws, sipOptions }), {
    ok: true,
  });
});
after(() => stage?.end());

/** One call, watched: milliseconds from dialling to each thing that happened. */
const oneCall = ([name, number]) =>
  (async () => {
    const peers = lab.peers.length;
    const began = lab.now();
    const times = {};
    let talking = false;
    const dialled = lab.dial(name, number).then((result) => {
      talking = true;
      times.talk = lab.now() - began;
      return result;
    });
    while (!talking) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const peer = lab.peers[peers];
      if (!peer || talking) continue;
      const { received, dtls } = await lab.stats(peer);
      if (talking) continue; // the answer overtook the question
      if (dtls === "connected") times.dtls ??= lab.now() - began;
      if (received > 0) times.sound ??= lab.now() - began;
    }
    const result = await dialled;
    times.connected = lab.peers[peers].times.connected - began;
    await lab.hangup(name);
    lab.peers[peers].close();
    return { ...result, times };
  })();

test(`DTLS stands and sound flows before the phone's 200 in ${CALLS} of ${CALLS} calls`, async (context) => {
  const late = [];
  const times = [];
  for (let i = 0; i < CALLS; ++i) {
    const result = await page.evaluate(oneCall, [`call${i}`, far.number()]);
    assert.ok(result.ok, JSON.stringify(result));
    const { connected, dtls, sound, talk } = result.times;
    times.push(connected);
    if (!(connected < talk && dtls < talk && sound < talk)) late.push({ i, ...result.times });
  }
  await far.done();
  times.sort((a, b) => a - b);
  context.diagnostic(
    `dialling to DTLS connected, ms: ${[0, 50, 95, 99].map((at) => `${at} %: ${times[at].toFixed(0)}`).join(", ")}`,
  );
  assert.deepEqual(late, []);
});

test("the gateway saw the same: media connected before each answer", async () => {
  await stage.gateway.child.waitFor(new RegExp(`call\\.ended .*?\\bcall=${CALLS}\\b`));
  const at = new Map();
  for (const [, event, call] of stage.gateway
    .log()
    .matchAll(/(call\.media_connected|call\.answered) .*?\bcall=(\d+)/g)) {
    at.set(call, [...(at.get(call) ?? []), event]);
  }
  assert.equal(at.size, CALLS);
  for (const [call, order] of at)
    assert.deepEqual(order.slice(0, 2), ["call.media_connected", "call.answered"], `call ${call}`);
});

test("nothing is left of the calls", () => stage.curtain());

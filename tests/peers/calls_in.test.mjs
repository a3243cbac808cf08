// SPDX-License-Identifier: GPL-3.0-or-later
// Calls from the telephone network to a registered browser, which is raw frames: how they ring, end and
// are refused. Whether one hears the other is for tests/browser.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { eventually } from "../lib/run.mjs";
import { Stage } from "../lib/stage.mjs";
import { offer, Wcs } from "../lib/wcs.mjs";

let stage, wcs, network;
before(async () => {
  stage = await Stage.start(import.meta.url);
  wcs = await stage.signIn("1001");
  network = await Baresip.start(stage.run, { kamailio: stage.kamailio });
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

/** What a browser would answer to such an offer: its own description, as the DTLS client. */
const answer = () => offer().replace(/a=setup:actpass/g, "a=setup:active");

async function ring(page = wcs, login = "1001") {
  const mark = network.now();
  await network.dial(`sip:${login}@127.0.0.1`);
  const call = await page.expect("notifyIncomingCall");
  return { ...call, closed: (options) => network.waitFor("CALL_CLOSED", { from: mark, ...options }), mark };
}

test("T4: a description, the call, and its ringing, in that order and back to back", async () => {
  const from = wcs.frames.length;
  const call = await ring();
  await wcs.expect("ring");
  const story = wcs.frames.slice(from).filter(({ message }) => message !== "ping");
  assert.deepEqual(
    story.slice(0, 3).map(({ message }) => message),
    ["setRemoteSDP", "notifyIncomingCall", "ring"],
  );
  assert.ok(story[2].at - story[0].at < 200);
  const [callId, sdp, isInitiator] = story[0].data; // T3: positional, three of them
  assert.equal(callId, call.callId);
  assert.equal(isInitiator, false);
  assert.match(sdp, /a=setup:actpass\r\n/);
  assert.match(sdp, /a=candidate:.*127\.0\.0\.1.*typ host/);
  assert.equal(call.incoming, true);
  assert.equal(call.caller, "pstn");
  assert.equal(call.callee, "1001");
  await network.waitFor("CALL_RINGING", { from: call.mark });
  wcs.hangup(call.callId);
  await wcs.expect("finish", { where: ({ callId: id }) => id === call.callId });
  await call.closed();
});

test("the browser refuses: the caller is told busy or declined, the page FINISH", async () => {
  const call = await ring();
  wcs.hangup(call.callId);
  const end = await wcs.expect("finish", { where: ({ callId }) => callId === call.callId });
  assert.equal(end.status, "FINISH");
  const closed = await call.closed();
  assert.match(closed.param, /603|486/);
});

test("the caller gives up: the page gets its finish", async () => {
  const call = await ring();
  await network.hangup();
  const end = await wcs.expect("finish", { where: ({ callId }) => callId === call.callId });
  assert.deepEqual({ status: end.status, reason: end.reason }, { status: "FINISH", reason: "cancelled" });
});

test("T14: an answer that never comes ends by the ring limit", async () => {
  const patient = await Gateway.start(stage.run, {
    name: "patchcord-ring",
    kamailio: stage.kamailio,
    limits: { ringing: "2s" },
  });
  const page = await Wcs.signIn(patient.ws, stage.kamailio.account("1002"));
  const call = await ring(page, "1002");
  const end = await page.expect("finish", { timeout: 5_000 });
  assert.equal(end.reason, "no_answer");
  assert.match((await call.closed()).param, /480|408/);
  await page.close();
  await patient.stop();
});

test("a browser that answers without any media coming ends by itself, with the reason", async () => {
  const call = await ring();
  wcs.send("answer", { callId: call.callId, incoming: true, hasVideo: true, sdp: answer() });
  const end = await wcs.expect("finish", { where: ({ callId }) => callId === call.callId, timeout: 45_000 });
  assert.equal(end.reason, "ice_failed");
  await call.closed();
});

test("T15: an answer is taken by its SDP; the phone hears of it at once", async () => {
  const call = await ring();
  wcs.send("answer", {
    callId: call.callId,
    incoming: true,
    hasVideo: true,
    hasAudio: true,
    status: "PENDING",
    sdp: answer(),
  });
  await network.waitFor("CALL_ESTABLISHED", { from: call.mark });
  await wcs.expect("talk");
  await network.hangup();
  const end = await wcs.expect("finish", { where: ({ callId }) => callId === call.callId });
  assert.equal(end.reason, "hangup");
});

test("an answer that is no description is refused, and the caller is not left ringing", async () => {
  const call = await ring();
  wcs.send("answer", { callId: call.callId, incoming: true, sdp: "v=0\r\nnonsense" });
  const end = await wcs.expect("finish", { where: ({ callId }) => callId === call.callId });
  assert.equal(end.status, "FAILED");
  await call.closed();
});

test("the page goes away while it rings: the caller is told", async () => {
  const page = await stage.signIn("1003");
  const call = await ring(page, "1003");
  page.terminate(); // and might come back within ten seconds
  assert.match((await call.closed({ timeout: 20_000 })).param, /480|4\d\d|6\d\d/);
});

test("a user that is not signed in cannot be called", async () => {
  const mark = network.now();
  await network.dial("sip:1004@127.0.0.1");
  assert.match((await network.waitFor("CALL_CLOSED", { from: mark })).param, /404/);
});

test("two pages of one user: both ring, the second answers, and the first is told", async () => {
  const pages = [await stage.signIn("1002"), await stage.signIn("1002")];
  const mark = network.now();
  await network.dial("sip:1002@127.0.0.1");
  const calls = await Promise.all(pages.map((page) => page.expect("notifyIncomingCall")));
  pages[1].send("answer", { callId: calls[1].callId, incoming: true, hasVideo: true, sdp: answer() });
  await pages[1].expect("talk");
  await network.waitFor("CALL_ESTABLISHED", { from: mark });
  assert.equal((await pages[0].expect("finish")).callId, calls[0].callId);
  await network.hangup();
  await pages[1].expect("finish");

  await pages[1].close();
  const later = await ring(pages[0], "1002");
  pages[0].hangup(later.callId);
  await later.closed();
  await pages[0].close();
});

test("a second call while one rings has its own id and its own end", async () => {
  const first = await ring();
  const second = await ring();
  assert.notEqual(first.callId, second.callId);
  wcs.hangup(second.callId);
  await wcs.expect("finish", { where: ({ callId }) => callId === second.callId });
  await eventually(async () => (await stage.gateway.calls()).length === 1);
  wcs.hangup(first.callId);
  await wcs.expect("finish", { where: ({ callId }) => callId === first.callId });
});

test("at SIGTERM nothing is left, and no secret is in a log", () => stage.curtain());

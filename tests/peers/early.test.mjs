// SPDX-License-Identifier: GPL-3.0-or-later
// Between the INVITE and its answer: what rings, what is early media, reliable responses, UPDATE, and
// the forks of Kamailio's parallel forking. What is heard meanwhile is for tests/browser/early.test.mjs.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { delay } from "../lib/run.mjs";
import { answered, ok, pause, receive, reliably, response, Sipp, uas, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";

let stage, wcs;
before(async () => {
  stage = await Stage.start(import.meta.url);
  wcs = await stage.signIn("1001");
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

let count = 0;
const phone = (steps, options) => Sipp.start(stage.run, `e${++count}`, steps, options);
const finish = (callId) => wcs.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });
/** What the page was told of the ringing. */
const ringing = (callId) => wcs.storyOf(callId).filter((name) => name.startsWith("ring/"));
/** The page hears of ringing first, whatever comes first (T42). */
const EARLY_MEDIA = ["ring/RING", "ring/RING_MEDIA"];
const answerAndBye = (media) => [uas.answer("200 OK", { media }), receive("ACK"), ...untilBye()];
const cancelled = () => [receive("CANCEL"), ok(), uas.answer("487 Request Terminated"), receive("ACK")];

async function talkAndHangUp(callId) {
  await wcs.expect("talk");
  wcs.hangup(callId);
  return finish(callId);
}

for (const [what, steps, story] of [
  ["180 alone", ["180 Ringing"], ["ring/RING"]],
  ["183 without a description", ["183 Session Progress"], ["ring/RING"]],
  ["181, then 182, then 180", ["181 Call Is Being Forwarded", "182 Queued", "180 Ringing"], ["ring/RING"]],
]) {
  test(`${what} is ringing, which the page makes heard itself`, async () => {
    const far = await phone([uas.invite(), ...steps.map((status) => uas.answer(status)), ...answerAndBye("sendrecv")]);
    const callId = wcs.call(far.number());
    await talkAndHangUp(callId);
    await far.done();
    assert.deepEqual(ringing(callId), story);
  });
}

test("180, then 183 with a description, then 180 again: ringing, then early media to the end", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    pause(100),
    uas.answer("183 Session Progress", { media: "sendrecv" }),
    pause(100),
    uas.answer("180 Ringing"),
    ...answerAndBye("sendrecv"),
  ]);
  const callId = wcs.call(far.number());
  await talkAndHangUp(callId);
  await far.done();
  assert.deepEqual(ringing(callId), EARLY_MEDIA);
});

test("a reliable 183 is acknowledged by PRACK; the 200 brings no description and needs none (RFC 3262)", async () => {
  const far = await phone([
    uas.invite(),
    ...reliably("183 Session Progress", 42, { media: "sendrecv" }),
    ...reliably("180 Ringing", 43),
    ...answerAndBye(),
  ]);
  const callId = wcs.call(far.number());
  await talkAndHangUp(callId);
  await far.done();
  assert.deepEqual(ringing(callId), EARLY_MEDIA);
});

test("an UPDATE before the answer changes what was agreed (RFC 6337)", async () => {
  const far = await phone([
    uas.invite(),
    ...reliably("183 Session Progress", 1, { media: "sendrecv" }),
    uas.request("UPDATE", 1, { media: "sendrecv mu-law" }),
    response(200, { check: "PCMU" }),
    ...answerAndBye(),
  ]);
  const callId = wcs.call(far.number());
  const end = await talkAndHangUp(callId);
  await far.done();
  assert.equal(end.reason, "hangup");
});

test("a 200 without any description ends by name", async () => {
  const far = await phone([uas.invite(), uas.answer("180 Ringing"), ...answerAndBye()]);
  const callId = wcs.call(far.number());
  const end = await finish(callId);
  await far.done();
  assert.equal(end.reason, "bad_sdp");
});

// ---- forks

test("of two phones that ring one answers; the other is cancelled", async () => {
  const slow = await phone([uas.invite(), uas.answer("180 Ringing"), ...cancelled()]);
  const quick = await phone([...answered({ ring: 300 }), ...untilBye()]);
  const callId = wcs.call(quick.forkedWith(slow));
  await talkAndHangUp(callId);
  await Promise.all([slow.done(), quick.done()]);
  assert.deepEqual(ringing(callId), ["ring/RING"]);
});

test("of two phones with early media the one that answers counts", async () => {
  const early = () => uas.answer("183 Session Progress", { media: "sendrecv" });
  const loser = await phone([uas.invite(), early(), ...cancelled()]);
  const winner = await phone([uas.invite(), early(), pause(400), ...answerAndBye("sendrecv")]);
  const callId = wcs.call(winner.forkedWith(loser));
  await wcs.expect("talk");
  const [call] = await stage.gateway.calls();
  assert.equal(call.state, "up");
  wcs.hangup(callId);
  await finish(callId);
  await Promise.all([loser.done(), winner.done()]);
  assert.deepEqual(ringing(callId), EARLY_MEDIA);
});

test("both answer at once: one call, and the other is acknowledged and ended", async () => {
  const first = await phone([uas.invite(), pause(200), ...answerAndBye("sendrecv")]);
  const second = await phone([uas.invite(), pause(200), ...answerAndBye("sendrecv")]);
  const callId = wcs.call(first.forkedWith(second));
  await wcs.expect("talk");
  await delay(300);
  wcs.hangup(callId);
  await finish(callId);
  await Promise.allSettled([first.done(), second.done()]);
  // The one whose 200 came second was either cancelled in time or got its BYE.
  const answeredBoth = [first, second].filter((far) => far.child.end.code === 0).length;
  assert.ok(answeredBoth >= 1);
  assert.equal(wcs.storyOf(callId).filter((name) => name === "talk/ESTABLISHED").length, 1);
});

test("603 of one phone ends the ringing of the other, and of the call", async () => {
  const rings = await phone([uas.invite(), uas.answer("180 Ringing"), ...cancelled()]);
  const declines = await phone([uas.invite(), uas.answer("180 Ringing"), pause(300), uas.answer("603 Decline"), receive("ACK")]);
  const callId = wcs.call(rings.forkedWith(declines));
  const end = await finish(callId);
  await Promise.all([rings.done(), declines.done()]);
  assert.deepEqual({ reason: end.reason, sip: end.sipStatus }, { reason: "declined", sip: 603 });
});

test("a phone that says 199 and then fails leaves the other to answer (RFC 6228)", async () => {
  const gives = await phone([
    uas.invite(),
    uas.answer("183 Session Progress", { media: "sendrecv" }),
    pause(150),
    uas.answer("199 Early Dialog Terminated"),
    uas.answer("486 Busy Here"),
    receive("ACK"),
  ]);
  const takes = await phone([uas.invite(), uas.answer("180 Ringing"), pause(600), ...answerAndBye("sendrecv")]);
  const callId = wcs.call(takes.forkedWith(gives));
  const end = await talkAndHangUp(callId);
  await Promise.all([gives.done(), takes.done()]);
  assert.equal(end.reason, "hangup");
});

test("two real phones ring; the one that is picked up has the call", async () => {
  const options = { kamailio: stage.kamailio, answer: "manual" };
  const first = await Baresip.start(stage.run, { ...options, name: "baresip-first" });
  const second = await Baresip.start(stage.run, { ...options, name: "baresip-second" });
  const callId = wcs.call(`+46300${first.port}${second.port}`);
  await Promise.all([first.waitFor("CALL_INCOMING"), second.waitFor("CALL_INCOMING")]);
  await second.accept();
  await wcs.expect("talk");
  await first.waitFor("CALL_CLOSED");
  wcs.hangup(callId);
  await finish(callId);
  await second.waitFor("CALL_CLOSED");
});

test("nothing is left, and no secret is in a log", async () => {
  await stage.curtain();
});

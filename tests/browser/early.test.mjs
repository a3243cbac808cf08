// SPDX-License-Identifier: GPL-3.0-or-later
// What is heard before and around the answer: early media of one phone, of two at once, and of the one
// that did not get the call and speaks on. The two phones have different voices.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { eventually } from "../lib/run.mjs";
import { answered, ok, pause, receive, Sipp, speak, uas, untilBye } from "../lib/sipp.mjs";
import { BROWSER, judge, PHONE } from "../lib/sound.mjs";
import { Stage } from "../lib/stage.mjs";

const SECONDS = 2;
/** Who is heard is the matter here; on a busy machine the phones themselves stumble. */
const GAP = 300;
const LISTEN = SECONDS + 2;

let stage, page;
before(async () => {
  stage = await Stage.start(import.meta.url);
  const { run, kamailio, gateway } = stage;
  page = await (await Lab.start(run)).open("ours");
  const sipOptions = {
    login: "1001",
    password: passwordOf("1001"),
    domain: kamailio.address,
    outboundProxy: kamailio.address,
    port: kamailio.port,
  };
  const signedIn = await page.evaluate((all) => lab.signIn(all), { urlServer: gateway.ws, sipOptions });
  assert.deepEqual(signedIn, { ok: true });
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

let count = 0;
const phone = (steps) => Sipp.start(stage.run, `b${++count}`, steps);
const MEDIA = "sendrecv speaks";
/** Begins to speak before it answers. */
const speaksEarly = (voice) => [uas.invite(), uas.answer("183 Session Progress", { media: MEDIA }), speak(voice)];
const answers = (after) => [pause(after), uas.answer("200 OK", { media: MEDIA }), receive("ACK"), ...untilBye()];
/** Is cancelled, and speaks on for a while. */
const loses = () => [receive("CANCEL"), ok(), pause(LISTEN * 1000), uas.answer("487 Request Terminated"), receive("ACK")];

/** Dials; `answer` resolves at the answer. */
function dial(number) {
  const name = `call${++count}`;
  return { name, answer: page.evaluate(([call, callee]) => lab.dial(call, callee), [name, number]) };
}
const told = (what) => page.waitForFunction((wanted) => lab.events.some((event) => event.what === wanted), what);
const heard = async (voice) => {
  const { rate, samples } = await listen(page, LISTEN);
  return judge(samples, rate, voice, { seconds: SECONDS, gapMs: GAP });
};
const hangup = async (name) => {
  await page.evaluate((call) => lab.hangup(call), name);
  await page.evaluate((call) => lab.ended(call), name);
};

test("early media is heard before the answer, and goes on through it", async (context) => {
  const far = await phone([...speaksEarly(PHONE), ...answers(LISTEN * 1000 + 3000)]);
  const { name, answer } = dial(far.number());
  await told(`${name} RING_MEDIA`);
  const before = await heard(PHONE);
  assert.equal(await page.evaluate((call) => lab.call(call).status(), name), "RING_MEDIA");
  assert.deepEqual(await answer, { ok: true });
  const after = await heard(PHONE);
  await hangup(name);
  await far.done();
  context.diagnostic(JSON.stringify({ before, after }));
  assert.deepEqual({ before: before.problems, after: after.problems }, { before: [], after: [] });
});

for (const taker of ["the newest", "the first"]) {
  test(`of two phones with early media the newest is heard; after the answer of ${taker} only that one`, async (context) => {
    const isNewest = taker === "the newest";
    const wait = LISTEN * 1000 + 3000;
    const first = await phone([...speaksEarly(PHONE), ...(isNewest ? loses() : answers(wait + 1000))]);
    const [invite, ...speaks] = speaksEarly(BROWSER);
    const newest = await phone([invite, pause(1000), ...speaks, ...(isNewest ? answers(wait) : loses())]);
    const { name, answer } = dial(first.forkedWith(newest));
    await told(`${name} RING_MEDIA`);
    await stage.kamailio.saw(new RegExp(`reply 183 .*:${newest.port}`));
    const before = await heard(BROWSER);
    assert.deepEqual(await answer, { ok: true });
    const after = await heard(isNewest ? BROWSER : PHONE);
    await hangup(name);
    await Promise.all([first.done(), newest.done()]);
    context.diagnostic(JSON.stringify({ before, after }));
    assert.deepEqual({ before: before.problems, after: after.problems }, { before: [], after: [] });
  });
}

test("the microphone goes nowhere before an answer or a description of the phone", async () => {
  const far = await phone([...answered({ ring: 4000 }), ...untilBye()]);
  const { name, answer } = dial(far.number());
  const onlyCall = async (isSo) =>
    eventually(async () => {
      const [call] = await stage.gateway.calls();
      return call && isSo(call) && call;
    });
  const ringing = await onlyCall(({ a }) => a.packetsReceived > 20); // it speaks into its microphone
  assert.deepEqual({ state: ringing.state, sent: ringing.b.packetsSent }, { state: "ringing", sent: 0 });
  assert.deepEqual(await answer, { ok: true });
  await onlyCall(({ b }) => b.packetsSent > 20);
  await hangup(name);
  await far.done();
});

// SPDX-License-Identifier: GPL-3.0-or-later
// A browser with our SDK and a telephone hear each other: two voices, each on the far side only, for ten
// seconds, at the level they were spoken, without a gap. For every way the gateway carries sound, and
// calls in both directions. And the other way round: a call that is cut must be found out.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { delay } from "../lib/run.mjs";
import { BROWSER, judge, PHONE } from "../lib/sound.mjs";
import { Stage } from "../lib/stage.mjs";

const SECONDS = 10;

let stage, page, opusOnly, relaying;
const phones = {};
before(async () => {
  stage = await Stage.start(import.meta.url);
  const { run, kamailio } = stage;
  relaying = { gateway: stage.gateway, login: "1001" };
  opusOnly = {
    gateway: await Gateway.start(run, {
      name: "patchcord-opus",
      kamailio,
      codecs: { browser: ["opus", "telephone-event"] },
    }),
    login: "1002",
  };
  for (const codec of ["pcma", "pcmu", "opus"]) {
    phones[codec] = await Baresip.start(run, { name: `baresip-${codec}`, kamailio, codecs: [codec] });
  }
  const lab = await Lab.start(run);
  for (const side of [relaying, opusOnly]) {
    side.page = await lab.open("ours");
    const signedIn = await side.page.evaluate((options) => lab.signIn(options), {
      urlServer: side.gateway.ws,
      sipOptions: {
        login: side.login,
        password: passwordOf(side.login),
        domain: kamailio.address,
        outboundProxy: kamailio.address,
        port: kamailio.port,
      },
    });
    assert.deepEqual(signedIn, { ok: true });
  }
});
afterEach(async () => {
  for (const { gateway } of [relaying, opusOnly]) if (gateway.child.isRunning()) await gateway.isIdle();
});
after(() => stage?.end());

let calls = 0;

/** Connects the two, browser first or phone first. */
async function connect(side, phone, direction) {
  page = side.page;
  const mark = phone.now();
  const name = `call${++calls}`;
  if (direction === "outgoing") {
    const dialled = await page.evaluate(([call, number]) => lab.dial(call, number), [name, phone.number()]);
    assert.deepEqual(dialled, { ok: true });
    await phone.waitFor("CALL_ESTABLISHED", { from: mark });
    return name;
  }
  const known = await page.evaluate(() => lab.events.filter(({ what }) => what === "incoming").length);
  await phone.dial(`sip:${side.login}@127.0.0.1`);
  await page.waitForFunction((count) => lab.events.filter(({ what }) => what === "incoming").length > count, known);
  const incoming = await page.evaluate(() => lab.events.findLast(({ what }) => what === "incoming").name);
  assert.deepEqual(await page.evaluate((call) => lab.answer(call), incoming), { ok: true });
  await phone.waitFor("CALL_ESTABLISHED", { from: mark });
  return incoming;
}

/** Both sides listen at once; the phone's recording is whole when the call is over. */
async function verdicts(name, phone, seconds = SECONDS) {
  const { rate, samples } = await listen(page, seconds + 2);
  const stats = await page.evaluate(() => lab.stats());
  const mark = phone.now();
  await page.evaluate((call) => lab.hangup(call), name);
  await phone.waitFor("CALL_CLOSED", { from: mark });
  const recorded = await phone.heard();
  return {
    atBrowser: judge(samples, rate, PHONE, { seconds }),
    atPhone: judge(recorded.samples, recorded.rate, BROWSER, { seconds }),
    stats,
  };
}

for (const [what, gateway, codec, heard, spoken] of [
  ["Opus from and to A-law", () => opusOnly, "pcma", "audio/opus", "audio/opus"],
  ["Opus from and to µ-law", () => opusOnly, "pcmu", "audio/opus", "audio/opus"],
  ["Opus relayed", () => relaying, "opus", "audio/opus", "audio/opus"],
  ["Opus to A-law, and A-law relayed", () => relaying, "pcma", "audio/PCMA", "audio/opus"],
]) {
  for (const direction of ["outgoing", "incoming"]) {
    test(`${what}, ${direction}: each hears the other for ${SECONDS} s`, async (context) => {
      const phone = phones[codec];
      const name = await connect(gateway(), phone, direction);
      const { atBrowser, atPhone, stats } = await verdicts(name, phone);
      context.diagnostic(`${what}, ${direction}: ${JSON.stringify({ atBrowser, atPhone, stats })}`);
      assert.deepEqual({ atBrowser: atBrowser.problems, atPhone: atPhone.problems }, { atBrowser: [], atPhone: [] });
      assert.deepEqual({ heard: stats.heard, spoken: stats.spoken }, { heard, spoken });
    });
  }
}

test("a call cut from the phone to the browser is found out, and only that direction", async () => {
  const name = await connect(relaying, phones.pcma, "outgoing");
  await phones.pcma.mute();
  const { atBrowser, atPhone } = await verdicts(name, phones.pcma, 3);
  await delay(100);
  assert.notDeepEqual(atBrowser.problems, []);
  assert.deepEqual(atPhone.problems, []);
});

test("a call cut from the browser to the phone is found out, and only that direction", async () => {
  const name = await connect(relaying, phones.pcmu, "outgoing");
  await page.evaluate((call) => lab.call(call).muteAudio(), name);
  const { atBrowser, atPhone } = await verdicts(name, phones.pcmu, 3);
  assert.deepEqual(atBrowser.problems, []);
  assert.notDeepEqual(atPhone.problems, []);
});

test("a call cut in the middle is found out", async () => {
  const name = await connect(opusOnly, phones.pcma, "outgoing");
  const cut = delay(3_000).then(() => page.evaluate((call) => lab.call(call).muteAudio(), name));
  const { atPhone } = await verdicts(name, phones.pcma, 5);
  await cut;
  assert.match(atPhone.problems.join(), /a gap of/);
});

test("at the end nothing is left of any call, and no secret is in a log", async () => {
  await opusOnly.gateway.stop();
  await stage.curtain();
});

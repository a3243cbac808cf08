// SPDX-License-Identifier: GPL-3.0-or-later
// A real phone holds the call and takes it back. The page is never asked for a new description, hears
// nothing meanwhile, and silence on hold is nobody's fault.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Lab, listen } from "../lib/browser.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { delay, eventually } from "../lib/run.mjs";
import { judge, PHONE, rmsDb } from "../lib/sound.mjs";
import { Stage } from "../lib/stage.mjs";

const INACTIVITY = 3;

let stage, page, phone;
before(async () => {
  stage = await Stage.start(import.meta.url, { gateway: { limits: { media_inactivity: `${INACTIVITY}s` } } });
  const { run, kamailio, gateway } = stage;
  phone = await Baresip.start(run, { kamailio, codecs: ["pcma"] });
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

test("T51: hold for longer than a silence may last, and back, twice", async () => {
  assert.deepEqual(await page.evaluate((number) => lab.dial("call", number), phone.number()), { ok: true });
  const answers = () => stage.gateway.log().split("200 OK").length;
  for (const round of [1, 2]) {
    const before = answers();
    await phone.command("hold");
    await eventually(() => answers() > before, { what: `the answer to hold ${round}` });
    await delay(300);
    const { samples } = await listen(page, INACTIVITY + 1.5);
    assert.ok(rmsDb(samples) < -55, `${rmsDb(samples)} dB on hold`);
    assert.equal((await stage.gateway.calls())[0]?.state, "up");
    await phone.command("resume");
    const { rate, samples: again } = await listen(page, 4);
    assert.deepEqual(judge(again, rate, PHONE, { seconds: 2, gapMs: 300 }).problems, []);
  }
  const story = await page.evaluate(() => lab.events.map(({ what }) => what));
  assert.equal(story.filter((what) => what === "call ESTABLISHED").length, 1);
  await page.evaluate(() => lab.hangup("call"));
  assert.equal((await page.evaluate(() => lab.ended("call"))).reason, "hangup");
});

// SPDX-License-Identifier: GPL-3.0-or-later
// The Phone page as somebody meets it who just ran `patchcord demo`: one click to be online, one to call the
// echo, and one hears oneself; at the width of a phone and of a desk.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ChromiumDrive } from "../lib/drive/chromium.mjs";
import { id, NARROW } from "../lib/drive/drive.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Phone } from "../lib/phone.mjs";
import { Run } from "../lib/run.mjs";

let run, gateway, drive;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.demo(run);
  drive = await ChromiumDrive.start(run);
});
after(() => run.end());

for (const viewport of [NARROW, { width: 1440, height: 900 }]) {
  test(`at ${viewport.width} pixels: online by one click, the echo by the next`, async () => {
    const { page, ...phone } = await Phone.open(drive, gateway.page, { viewport });
    const shot = (name) => page.shot(`${run.folder}/${viewport.width}-${name}.png`);
    await page.see(id("demo-demo1"));
    await shot("1-sign-in");
    await page.click(id("demo-demo1"));
    await page.see(id("demo-echo"));
    await shot("2-online");
    await page.click(id("demo-echo"));
    await phone.isTalking();
    assert.deepEqual(await page.hearsItself(4), []);
    await shot("3-talking");
    await phone.hangup();
    await phone.isIdle();
    await shot("4-ended");
    assert.deepEqual(page.problems, []);
    await page.close();
  });
}

test("the demo ends as it should", async () => {
  assert.deepEqual(await gateway.child.stop(), { code: 0, signal: null });
});

// SPDX-License-Identifier: GPL-3.0-or-later
// The demo as a newcomer plays it: two pages and no other server. One of them is the mobile phone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ChromiumDrive } from "../lib/drive/chromium.mjs";
import { id } from "../lib/drive/drive.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Phone } from "../lib/phone.mjs";
import { Run } from "../lib/run.mjs";

let run, gateway, drive;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.demo(run);
  drive = await ChromiumDrive.start(run);
});
after(() => run?.end());

test("from the prompt to a call between two pages in less than a minute", async () => {
  const began = performance.now();
  const mobile = await Phone.open(drive, `${gateway.page}?mobile`);
  await mobile.page.click(id("mobile-on"));
  const demo = await Phone.open(drive, gateway.page);
  await demo.page.click(id("demo-demo1"));
  await demo.page.see(id("number"));
  await demo.dial("+1 555 0100");
  await mobile.page.see('[data-testid="mobile"][data-call="incoming"]');
  await mobile.page.click(id("answer"));
  await demo.isTalking();
  assert.ok(performance.now() - began < 60_000);
  await demo.hangup();
  await mobile.page.see('[data-testid="mobile"][data-call="none"]');
});

test("the gateway ends as it should", async () => {
  assert.deepEqual(await gateway.child.stop({ grace: 15_000 }), { code: 0, signal: null });
});

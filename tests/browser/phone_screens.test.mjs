// SPDX-License-Identifier: GPL-3.0-or-later
// Every screen and state of the Phone page, looked at: narrow and wide, light and dark, English and German,
// at twice the size, from right to left, and by the keyboard alone. Each is photographed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ChromiumDrive } from "../lib/drive/chromium.mjs";
import { id, NARROW } from "../lib/drive/drive.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { faultsOf } from "../lib/look.mjs";
import { DOMAIN, Phone, registrar } from "../lib/phone.mjs";
import { Run } from "../lib/run.mjs";

let run, gateway, drive, bob;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { domains: [], registrar });
  drive = await ChromiumDrive.start(run);
  bob = await (await Phone.open(drive, gateway.page)).online("bob");
});
after(() => run.end());

const DESK = { width: 1440, height: 900 };

for (const [name, options] of [
  ["360-light-en", { viewport: NARROW }],
  ["360-dark-de", { viewport: NARROW, dark: true, locale: "de-DE" }],
  ["1440-light-de", { viewport: DESK, locale: "de-DE" }],
  ["1440-dark-en", { viewport: DESK, dark: true }],
  ["twice-the-size", { viewport: { width: 640, height: 450 } }],
  ["right-to-left", { viewport: NARROW, init: "addEventListener('DOMContentLoaded', () => (document.dir = 'rtl'));" }],
]) {
  test(`${name}: every state is whole, legible and reachable`, async () => {
    const ann = await Phone.open(drive, gateway.page, options);
    const faults = [];
    let count = 0;
    const look = async (state) => {
      for (const fault of await faultsOf(ann.page)) faults.push(`${state}: ${fault}`);
      await ann.page.shot(`${run.folder}/${name}-${String(++count).padStart(2, "0")}-${state}.png`);
    };
    if (options.locale === "de-DE") await ann.page.see('html[lang="de"]');
    await walk(ann, look);
    assert.deepEqual(faults, []);
    assert.deepEqual(ann.page.problems, []);
    await ann.page.close();
    await gateway.isIdle();
  });
}

/** Through all states of the page, one after the other. */
async function walk(ann, look) {
  const { page } = ann;
  await page.see(id("login"));
  await look("sign-in");
  await page.click(id("test-audio"));
  await page.see(id("meter"));
  await look("test-audio");
  await page.click(id("sign-in"));
  await page.see(id("sign-in-error", { reason: "missing" }));
  await look("field-missing");
  await ann.signIn("ann", { password: "wrong" });
  await page.see(id("sign-in-error", { reason: "auth_rejected" }));
  await look("rejected");
  await ann.online("ann");
  await look("idle");
  await page.fill(id("number"), "+442079460018");
  await page.see(`${id("number")}[data-long="true"]`);
  await look("number");
  await ann.dial("bob");
  await ann.state("ringing");
  await look("ringing");
  await bob.page.click(id("decline"));
  await page.see(id("call-error"));
  await look("refused");
  await ann.dial("nobody");
  await ann.failure("not_found");
  await look("not-found");
  await bob.dial("ann");
  await page.see(id("answer"));
  await look("incoming");
  await page.click(id("answer"));
  await ann.isTalking();
  await page.press("1");
  await look("talking");
  await page.click(id("mute"));
  await page.click(id("sound"));
  await page.see(id("call-sound"));
  await look("sound-muted");
  await bob.hangup();
  await ann.isIdle();
  await look("ended");
  await page.click(id("recents-missed"));
  await look("none-missed");
  await page.click(id("settings"));
  await page.see(id("setting-language"));
  await look("settings");
  await page.click(id("settings-back"));
  await page.see(id("number"));
  await page.run(() => document.activeElement.blur());
  await page.press("?");
  await page.see(id("keys"));
  await look("keys");
  const second = await Phone.open(drive, gateway.page, { beside: page });
  await second.signIn("ann");
  await second.page.click(id("take-over"));
  await page.see(id("elsewhere"));
  await look("elsewhere");
  await second.page.close();
}

test("by the keyboard alone: in, a call, digits, mute, out; and the list of keys", async () => {
  const ann = await Phone.open(drive, gateway.page);
  const { page } = ann;
  await page.see(id("login"));
  const focus = () => page.run(() => document.activeElement.dataset["testid"] ?? "");
  const tabTo = async (target) => {
    for (let presses = 0; presses < 30 && (await focus()) !== target; ++presses) await page.press("Tab");
    assert.equal(await focus(), target);
  };
  await tabTo("login");
  await page.type("ann");
  await tabTo("password");
  await page.type("open-ann");
  await tabTo("domain");
  await page.press("Control+a");
  await page.type(DOMAIN);
  await page.press("Enter");
  await page.see(id("number"));
  await tabTo("number");
  await page.type("600");
  await page.press("Enter");
  await ann.isTalking();
  await page.type("42#");
  assert.equal(await page.text(id("digits")), "42#");
  await page.press("m");
  await page.see(`${id("mute")}[aria-pressed="true"]`);
  await page.press("?");
  await page.see(id("keys"));
  await page.press("Escape");
  await page.gone(id("keys"));
  await tabTo("hangup");
  await page.press("x");
  await ann.isIdle();
  await tabTo("key-1");
  await page.press("ArrowRight");
  await page.press("ArrowDown");
  await page.press("Enter");
  assert.equal(await page.value(id("number")), "5", "the arrows move on the pad");
  assert.deepEqual(page.problems, []);
  await page.close();
});

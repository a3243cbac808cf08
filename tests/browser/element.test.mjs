// SPDX-License-Identifier: GPL-3.0-or-later
// <web-phone> in a page with a strict content security policy, against a real gateway: by mouse and by
// keyboard, with sound, with what goes wrong, and as a screen reader meets it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { ROOT, Run } from "../lib/run.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";

const AXE = readFileSync(`${ROOT}/node_modules/axe-core/axe.min.js`, "utf8");

let run, gateway, lab;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { registrar: { enabled: true, users: { alice: "wonderland" } } });
  lab = await Lab.start(run);
});
afterEach(() => gateway.isIdle());
after(() => run.end());

async function open(more = {}) {
  const page = await lab.open("element");
  const account = { url: gateway.ws, login: "alice", password: "wonderland", domain: "patchcord.local" };
  await page.evaluate((attributes) => lab.configure(attributes), { callee: "600", ...account, ...more });
  return page;
}
const button = (page, name) => page.getByRole("button", { name });
const reached = (page, state) => page.locator(`web-phone[state=${state}]`).waitFor();
async function axe(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

test("a click calls, the caller is heard, digits and mute work, a click ends it", async () => {
  const page = await open();
  assert.deepEqual(await axe(page), []);
  await button(page, "Call").click();
  await reached(page, "talking");
  assert.deepEqual(await axe(page), []);
  assert.equal(await page.getByRole("status").textContent(), "In a call");
  const { rate, samples } = await listen(page, 5);
  assert.deepEqual(
    judge(samples, rate, BROWSER, { seconds: 3, levelDb: 12, otherDb: -20, gapMs: 200 }).problems,
    [],
    "hears itself",
  );
  const mute = button(page, "Mute");
  await mute.click();
  assert.equal(await mute.getAttribute("aria-pressed"), "true");
  assert.equal(await page.evaluate(() => lab.peers.at(-1).getSenders()[0].track.enabled), false);
  await button(page, "Hang up").click();
  await reached(page, "ended");
  assert.equal(await page.getByRole("status").textContent(), "Call ended");
  assert.deepEqual(await axe(page), []);
  const states = await page.evaluate(() => lab.states());
  assert.deepEqual([states[0], states.at(-2), states.at(-1)], ["connecting", "talking", "ended"]);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("by keyboard alone, twice", async () => {
  const page = await open();
  await page.keyboard.press("Tab");
  for (let round = 0; round < 2; round++) {
    await page.keyboard.press("Enter");
    await reached(page, "talking");
    await page.keyboard.press("5");
    await page.keyboard.press("Enter");
    await reached(page, "ended");
  }
  await page.context().close();
});

test("what goes wrong is said in a sentence, and it can be tried again", async () => {
  const page = await open({ callee: "699" });
  await button(page, "Call").click();
  await reached(page, "ended");
  assert.match(await page.getByRole("status").textContent(), /\w+ \w+ \w+/);
  assert.equal(await page.evaluate(() => lab.events.at(-1).error), "NOT_FOUND");
  await page.evaluate(() => lab.configure({ url: "ws://127.0.0.1:9/" }));
  await button(page, "Call").click();
  await page.getByText("The gateway cannot be reached.").waitFor();
  await page.context().close();
});

test("taken out of the page in a call, it hangs up; moved within it, it does not", async () => {
  const page = await open();
  await button(page, "Call").click();
  await reached(page, "talking");
  await page.evaluate(() => document.body.append(document.querySelector("web-phone")));
  await page.waitForTimeout(300);
  assert.equal((await gateway.calls()).length, 1);
  await page.evaluate(() => document.querySelector("web-phone").remove());
  await gateway.isIdle();
  await page.context().close();
});

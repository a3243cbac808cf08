// SPDX-License-Identifier: GPL-3.0-or-later
// The Phone page as somebody meets it who just ran `patchcord demo`: sign in, call the echo, hear oneself.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { ROOT, Run } from "../lib/run.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";

const OBSERVE = readFileSync(`${ROOT}/tests/browser/page/observe.js`, "utf8");

let run, gateway, lab;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.demo(run);
  lab = await Lab.start(run);
});
after(() => run.end());

const id = (page, name) => page.getByTestId(name);
const state = (page, name) => page.locator(`[data-testid=call-state][data-state=${name}]`);

async function open(viewport) {
  const page = await lab.open(gateway.page, { context: { viewport }, init: OBSERVE });
  page.shot = (name) => page.screenshot({ path: `${run.folder}/${viewport.width}-${name}.png` });
  return page;
}
async function signIn(page, user) {
  await id(page, "login").fill(user);
  await id(page, "password").fill(user);
  await id(page, "sign-in").click();
  await id(page, "number").waitFor();
}

for (const viewport of [
  { width: 360, height: 640 },
  { width: 1440, height: 900 },
]) {
  test(`at ${viewport.width} pixels: sign in as offered, call 600, hear oneself, hang up`, async (context) => {
    const page = await open(viewport);
    assert.equal(await id(page, "login").inputValue(), "demo1", "the demo's first user is filled in");
    await page.shot("1-sign-in");
    await id(page, "sign-in").click();
    await id(page, "number").waitFor();
    await page.shot("2-signed-in");
    await id(page, "number").fill("600");
    await id(page, "call").click();
    await id(page, "call-timer").waitFor();
    const { rate, samples } = await listen(page, 7);
    // The page lets the browser improve its microphone, so the level is the browser's business.
    const verdict = judge(samples, rate, BROWSER, { seconds: 4, levelDb: 12, otherDb: -20, gapMs: 200 });
    context.diagnostic(JSON.stringify(verdict));
    assert.deepEqual(verdict.problems, []);
    await page.shot("3-talking");
    await id(page, "hangup").click();
    await id(page, "call").waitFor();
    await page.shot("4-ended");
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test("a wrong password is said in words, and the form is there to try again", async () => {
  const page = await open({ width: 360, height: 640 });
  await id(page, "login").fill("demo1");
  await id(page, "password").fill("not this");
  await id(page, "sign-in").click();
  await id(page, "sign-in-error").waitFor();
  assert.equal(await id(page, "sign-in-error").getAttribute("data-reason"), "auth_rejected");
  await page.shot("5-refused");
  await id(page, "password").fill("demo1");
  await id(page, "sign-in").click();
  await id(page, "number").waitFor();
  await page.context().close();
});

test("one user calls the other: ringing, answered, ended by the other; and a call refused", async () => {
  const [a, b] = [await open({ width: 1440, height: 900 }), await open({ width: 360, height: 640 })];
  await signIn(a, "demo1");
  await signIn(b, "demo2");
  await id(a, "number").fill("demo2");
  await id(a, "call").click();
  await id(b, "answer").waitFor();
  await state(a, "ringing").waitFor();
  await b.shot("6-incoming");
  await a.shot("6-ringing");
  await id(b, "answer").click();
  await id(a, "call-timer").waitFor();
  await id(b, "call-timer").waitFor();
  await id(b, "hangup").click();
  await id(a, "call").waitFor();

  await id(a, "number").fill("demo2");
  await id(a, "call").click();
  await id(b, "decline").click();
  await id(a, "call-error").waitFor();
  assert.ok(["declined", "busy"].includes(await id(a, "call-error").getAttribute("data-reason")));
  await a.shot("7-declined");

  await id(a, "number").fill("nobody");
  await id(a, "call").click();
  await a.locator("[data-testid=call-error][data-reason=not_found]").waitFor();
  await a.shot("8-not-found");
  assert.deepEqual([...a.problems, ...b.problems], []);
  await a.context().close();
  await b.context().close();
});

test("the gateway goes, and the page says so and tries again", async () => {
  const page = await open({ width: 360, height: 640 });
  await signIn(page, "demo1");
  const { ports } = gateway;
  assert.deepEqual(await gateway.child.stop(), { code: 0, signal: null });
  await page.locator("[data-testid=online-state][data-state=reconnecting]").waitFor({ timeout: 15_000 });
  await page.shot("9-reconnecting");
  gateway = await Gateway.demo(run, { name: "patchcord-demo-again", http: ports.http });
  await page.locator("[data-testid=online-state][data-state=online]").waitFor({ timeout: 30_000 });
  await page.context().close();
  assert.deepEqual(await gateway.child.stop(), { code: 0, signal: null });
});

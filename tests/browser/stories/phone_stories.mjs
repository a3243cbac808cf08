// SPDX-License-Identifier: GPL-3.0-or-later
// What happens to somebody with the Phone page, told once for every browser: phone_chromium.test.mjs and
// phone_firefox.test.mjs play it. The gateway is real and alone: its own users, its own echo.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { id, NARROW } from "../../lib/drive/drive.mjs";
import { Gateway } from "../../lib/gateway.mjs";
import { faultsOf } from "../../lib/look.mjs";
import { Phone, registrar } from "../../lib/phone.mjs";
import { Proxy } from "../../lib/proxy.mjs";
import { Run } from "../../lib/run.mjs";

/** `Drive`: a class of tests/lib/drive; `address`: where the gateway's media is. */
export function tellPhoneStories(url, Drive, address = "127.0.0.1") {
  let run, drive, gateway, wire;
  before(async () => {
    run = await Run.start(url);
    gateway = await Gateway.start(run, { domains: [], registrar, address });
    wire = await Proxy.start(run, gateway.ports.http);
    drive = await Drive.start(run);
  });
  after(() => run.end());

  const phones = [];
  const open = async ({ at = gateway.page, ...options } = {}) => {
    const phone = await Phone.open(drive, at, options);
    phones.push(phone);
    return phone;
  };
  afterEach(async () => {
    for (const { page } of phones.splice(0)) await page.close();
  });
  const hasFocus = async ({ page }, testId) => {
    await page.front();
    await page.see(`${id(testId)}:focus`);
  };
  const saidNothingBad = () => assert.deepEqual(phones.flatMap(({ page }) => page.problems), []);

  test("an empty field, a wrong password, the right one: said in the field, and in words", async () => {
    const ann = await open({ viewport: NARROW });
    await ann.page.see(id("login"));
    await ann.page.fill(id("login"), "ann");
    await ann.page.click(id("sign-in"));
    await ann.page.see(id("sign-in-error", { reason: "missing" }));
    await ann.signIn("ann", { password: "not this" });
    await ann.page.see(id("sign-in-error", { reason: "auth_rejected" }));
    assert.equal(await ann.page.attribute(id("password"), "aria-invalid"), "true");
    assert.match(await ann.page.text(id("sign-in-error")), /login or password/);
    await hasFocus(ann, "password"); // the cursor is where the mistake is
    await ann.online("ann");
    const stored = await ann.page.run(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    assert.ok(!/not this|open-ann/.test(stored), "no password is stored");
    saidNothingBad();
  });

  test("a call to the echo: one hears oneself, and it is in the list afterwards", async () => {
    const ann = await (await open()).online("ann");
    await ann.dial("600");
    await ann.isTalking();
    assert.deepEqual(await ann.page.hearsItself(3), []);
    await ann.page.see(`${id("quality")}:not([data-level="0"])`);
    await ann.page.click(id("mute"));
    assert.equal(await ann.page.attribute(id("mute"), "aria-pressed"), "true");
    await ann.page.click(id("mute"));
    await ann.page.press("5");
    assert.equal(await ann.page.text(id("digits")), "5");
    await ann.hangup();
    await ann.isIdle();
    assert.match(await ann.page.text(id("recents")), /600/);
    saidNothingBad();
  });

  test("called, answered, ended by the other side; then called and refused", async () => {
    const [ann, bob] = [await (await open()).online("ann"), await (await open({ viewport: NARROW })).online("bob")];
    await ann.dial("bob");
    await bob.page.see(id("answer"));
    await ann.state("ringing");
    assert.match(await bob.page.run(() => document.title), /ann/);
    await hasFocus(bob, "answer");
    await bob.page.click(id("answer"));
    await Promise.all([ann.isTalking(), bob.isTalking()]);
    await bob.hangup();
    await Promise.all([ann.isIdle(), bob.isIdle()]);

    await ann.dial("bob");
    await bob.page.click(id("decline"));
    await ann.page.see(id("call-error"));
    assert.match(await ann.page.attribute(id("call-error"), "data-reason"), /declined|busy/);
    saidNothingBad();
  });

  test("who calls somebody who talks hears busy, and is not forgotten", async () => {
    const three = ["ann", "bob", "cleo"].map(async (login) => (await open()).online(login));
    const [ann, bob, cleo] = await Promise.all(three);
    await ann.dial("600");
    await ann.isTalking();
    await bob.dial("ann");
    await bob.page.see(id("call-error"));
    await ann.page.see(id("notice", { key: "call.busy_for" }));
    assert.match(await ann.page.text(id("notice")), /bob/);
    await ann.isTalking();
    await ann.hangup();
    await ann.isIdle();
    await ann.page.click(id("recents-missed"));
    assert.match(await ann.page.text(id("recents")), /bob/);

    await cleo.dial("ann");
    await ann.page.see(id("answer"));
    await cleo.hangup();
    await ann.page.gone(id("answer"));
    await ann.page.see(id("call-state", { state: "ended" }));
    assert.match(await ann.page.text(id("call-state")), /Missed call from cleo/);
    saidNothingBad();
  });

  test("nothing is wrong to the eye or to a screen reader: at the door, idle, ringing, talking", async () => {
    const [ann, bob] = [await open(), await open({ viewport: NARROW })];
    await ann.page.see(id("login"));
    assert.deepEqual(await faultsOf(ann.page), []);
    await Promise.all([ann.online("ann"), bob.online("bob")]);
    assert.deepEqual(await faultsOf(ann.page), []);
    await ann.dial("bob");
    await bob.page.see(id("answer"));
    assert.deepEqual(await faultsOf(bob.page), []);
    assert.deepEqual(await faultsOf(ann.page), []);
    await bob.page.click(id("answer"));
    await Promise.all([ann.isTalking(), bob.isTalking()]);
    assert.deepEqual(await faultsOf(bob.page), []);
    saidNothingBad();
  });

  test("a number that is not there: the cursor goes back into it", async () => {
    const ann = await (await open()).online("ann");
    await ann.dial("nobody");
    await ann.failure("not_found");
    await ann.page.click(id("call-error-action"));
    await hasFocus(ann, "number");
    assert.equal(await ann.page.value(id("number")), "nobody");
    saidNothingBad();
  });

  test("two tabs of one browser: the second says so, takes over, and the first gives way", async () => {
    const first = await (await open()).online("ann");
    const second = await open({ beside: first.page });
    await second.signIn("ann");
    await second.page.see(id("elsewhere"));
    await first.line("online");
    await second.page.click(id("take-over"));
    await second.line("online");
    await first.page.see(id("elsewhere"));
    await second.dial("600");
    await second.isTalking();
    saidNothingBad();
  });

  test("away and back by the browser's button: the phone is online again", async (context) => {
    const ann = await (await open()).online("ann");
    await ann.page.run(() => (window.stayed = true));
    await ann.page.goto(`${gateway.page}icon.svg`);
    await ann.page.back();
    // A page that was kept is the same page and finds its way; one that was not starts with the sign-in.
    await ann.page.see(`${id("online-state", { state: "online" })}, ${id("sign-in")}`);
    const kept = await ann.page.run(() => window.stayed === true);
    if (!kept) await ann.online("ann");
    context.diagnostic(`${drive.name}: kept in the back/forward cache: ${kept}`);
    await ann.dial("600");
    await ann.isTalking();
  });

  test("loaded again in the middle of a call: the page says what that did", async () => {
    const ann = await (await open()).online("ann");
    await ann.dial("600");
    await ann.isTalking();
    await ann.page.reload();
    await ann.page.see(id("notice", { key: "ended.reloaded" }));
    assert.match(await ann.page.text(id("notice")), /600/);
    await gateway.isIdle();
  });

  test("the connection is cut in a call: the call stays on the screen, and both are back by themselves", async () => {
    const ann = await (await open({ at: `http://127.0.0.1:${wire.port}/` })).online("ann");
    await ann.dial("600");
    await ann.isTalking();
    wire.open = false;
    wire.cut();
    await ann.page.see(id("line-away"));
    await ann.isTalking();
    assert.match(await ann.page.text(id("line-away")), /Your call goes on/);
    wire.open = true;
    await ann.line("online");
    await ann.isTalking();
    assert.deepEqual(await ann.page.hearsItself(2), []);
    await ann.hangup();
    await ann.isIdle();
  });

  test("the gateway goes: said at once on the phone, and at the door with a button", async () => {
    const [ann, bob] = [await (await open()).online("ann"), await open()];
    await bob.page.see(id("login"));
    const { ports } = gateway;
    await gateway.stop();
    await ann.line("reconnecting");
    await bob.signIn("bob");
    await bob.page.see(id("sign-in-error", { reason: "gateway_unreachable" }));
    gateway = await Gateway.start(run, { name: "patchcord-again", domains: [], registrar, address, ports });
    await ann.line("online", 30_000);
    await bob.page.click(id("sign-in-retry"));
    await bob.page.see(id("number"));
  });
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The vendor's SDK as npm has it, unmodified, in Chromium, through our gateway and Kamailio to telephones:
// what its own telephone example does must work, and no call may be left without an end.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Lab, listen } from "../lib/browser.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { delay, eventually } from "../lib/run.mjs";
import { answered, pause, receive, refused, response, Sipp, uas, ok, untilBye } from "../lib/sipp.mjs";
import { BROWSER, judge, PHONE } from "../lib/sound.mjs";
import { Stage, WRONG_PASSWORD } from "../lib/stage.mjs";

/** "vendor", or "compat": our entry in its place, in the same page and with the same tests (compat.test.mjs). */
const SDK = process.env["PATCHCORD_TEST_SDK"] ?? "vendor";

let stage, lab, page, network;
before(async () => {
  stage = await Stage.start(new URL(`${SDK}.test.mjs`, import.meta.url).href);
  const { run, kamailio } = stage;
  network = await Baresip.start(run, { kamailio });
  lab = await Lab.start(run);
  page = await lab.open(SDK);
  assert.equal(await signIn(page, "1001"), "REGISTERED");
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

/** With what the vendor's telephone example gives: texts from input fields. */
function signIn(where, login, password = passwordOf(login), more = {}, session = {}) {
  const { kamailio, gateway } = stage;
  const options = {
    login,
    authenticationName: login,
    password,
    domain: kamailio.address,
    outboundProxy: kamailio.address,
    port: String(kamailio.port),
    registerRequired: true,
    ...more,
  };
  return where.evaluate(([url, sip, rest]) => lab.signIn(url, sip, rest), [gateway.ws, options, session]);
}

/** Runs in the page before anything else: whatever way to a microphone is tried, the user said no. */
function withoutMicrophone() {
  const refusal = () => new DOMException("Permission denied", "NotAllowedError");
  MediaDevices.prototype.getUserMedia = () => Promise.reject(refusal());
  Navigator.prototype.getUserMedia = Navigator.prototype.webkitGetUserMedia = (constraints, success, failure) =>
    failure(refusal());
}

let calls = 0;
let sipps = 0;
const phone = (steps) => Sipp.start(stage.run, `v${++sipps}`, steps);
const dial = (number) => {
  const name = `call${++calls}`;
  return { name, result: page.evaluate(([call, callee]) => lab.dial(call, callee), [name, number]) };
};
const over = (name) =>
  within(
    page.evaluate((call) => lab.over(call), name),
    `the end of ${name}`,
  );
const hangup = (name) => page.evaluate((call) => lab.hangup(call), name);
const within = (promise, what, milliseconds = 15_000) => {
  let timer;
  const late = new Promise(
    (_, reject) =>
      (timer = setTimeout(() => reject(new Error(`${what} did not come in ${milliseconds} ms`)), milliseconds)),
  );
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};
async function incoming() {
  const known = await page.evaluate(() => lab.events.filter(({ what }) => what === "incoming").length);
  const mark = network.now();
  await network.dial("sip:1001@127.0.0.1");
  await page.waitForFunction((count) => lab.events.filter(({ what }) => what === "incoming").length > count, known);
  return { ...(await page.evaluate(() => lab.events.findLast(({ what }) => what === "incoming"))), mark };
}
/**
 * Errors nobody caught in the page. A call that ends in the very moment its sound begins to play leaves
 * the page without the element it was about to unmute; by then every event of the call is through.
 */
function uncaught() {
  return page.problems.filter((text) => text.startsWith("uncaught") && !text.includes("(setting 'muted')"));
}

/** Each status once, none after the last, and no error in the page. */
async function toldOnce(name) {
  const told = await page.evaluate(
    (call) => lab.events.filter(({ what }) => what.startsWith(`${call} `)).map(({ what }) => what.split(" ")[1]),
    name,
  );
  assert.equal(told.filter((status) => ["FINISH", "FAILED"].includes(status)).length, 1, told.join());
  assert.ok(["FINISH", "FAILED"].includes(told.at(-1)), told.join());
  assert.deepEqual(uncaught(), []);
  return told;
}

test("outgoing: established, sound both ways, digits once and in order, hung up by the page", async (context) => {
  const mark = network.now();
  const { name, result } = dial(network.number());
  assert.equal(await within(result, "the answer"), "ESTABLISHED");
  const { rate, samples } = await listen(page, 7);
  await page.evaluate(
    (call) => [..."0123456789*#"].forEach((digit) => lab.call(call).sendDTMF(digit, "RFC2833")),
    name,
  );
  await eventually(() => network.digits(mark).length >= 12, { timeout: 10_000, what: "twelve digits" });
  await delay(500);
  await hangup(name);
  assert.equal(await over(name), "FINISH");
  await network.waitFor("CALL_CLOSED", { from: mark });
  assert.equal(network.digits(mark), "0123456789*#");
  const recorded = await network.heard();
  const atPage = judge(samples, rate, PHONE, { seconds: 5 });
  const atPhone = judge(recorded.samples, recorded.rate, BROWSER, { seconds: 5 });
  context.diagnostic(JSON.stringify({ atPage, atPhone }));
  assert.deepEqual({ atPage: atPage.problems, atPhone: atPhone.problems }, { atPage: [], atPhone: [] });
  assert.deepEqual(
    await toldOnce(name).then((told) => told.filter((status) => ["ESTABLISHED", "FINISH"].includes(status))),
    ["ESTABLISHED", "FINISH"],
  );
  assert.equal(await page.evaluate(() => lab.peers.at(-1).descriptions.join()), "answer", "T6: one description");
});

test("outgoing: hung up by the phone", async () => {
  const { name, result } = dial(network.number());
  assert.equal(await within(result, "the answer"), "ESTABLISHED");
  await network.hangup();
  assert.equal(await over(name), "FINISH");
  await toldOnce(name);
});

test("T34, T35, T43: the page plays the sound, and the SDK names the codec it plays", async () => {
  const { name, result } = dial(network.number());
  assert.equal(await within(result, "the answer"), "ESTABLISHED");
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("#remote video, #remote audio")].some(
        (element) => element.currentTime > 0.3 && !element.muted,
      ),
    undefined,
    { timeout: 5_000 },
  );
  const codec = await page.evaluate(
    (call) => new Promise((resolve) => lab.call(call).getStats((stats) => resolve(JSON.stringify(stats)))),
    name,
  );
  assert.match(codec, /"codec":"(opus|PCMA)/i);
  await hangup(name);
  await over(name);
});

test("incoming: answered, sound both ways, hung up by the phone", async (context) => {
  const { name, caller, mark } = await incoming();
  assert.equal(caller, "pstn");
  assert.equal(
    await within(
      page.evaluate((call) => lab.answer(call), name),
      "the answer",
    ),
    "ESTABLISHED",
  );
  await network.waitFor("CALL_ESTABLISHED", { from: mark });
  const { rate, samples } = await listen(page, 7);
  await network.hangup();
  assert.equal(await over(name), "FINISH");
  await network.waitFor("CALL_CLOSED", { from: mark });
  const recorded = await network.heard();
  const atPage = judge(samples, rate, PHONE, { seconds: 5 });
  const atPhone = judge(recorded.samples, recorded.rate, BROWSER, { seconds: 5 });
  context.diagnostic(JSON.stringify({ atPage, atPhone }));
  assert.deepEqual({ atPage: atPage.problems, atPhone: atPhone.problems }, { atPage: [], atPhone: [] });
  await toldOnce(name);
});

test("incoming: answered, hung up by the page", async () => {
  const { name, mark } = await incoming();
  assert.equal(
    await within(
      page.evaluate((call) => lab.answer(call), name),
      "the answer",
    ),
    "ESTABLISHED",
  );
  await delay(300);
  await hangup(name);
  assert.equal(await over(name), "FINISH");
  await network.waitFor("CALL_CLOSED", { from: mark });
  await toldOnce(name);
});

test("T4, T11: incoming, refused by the page: the phone is told, and so is the page", async () => {
  const { name, mark } = await incoming();
  await hangup(name);
  assert.equal(await over(name), "FINISH");
  assert.match((await network.waitFor("CALL_CLOSED", { from: mark })).param, /486|603/);
});

test("incoming, given up by the caller", async () => {
  const { name } = await incoming();
  await network.hangup();
  assert.equal(await over(name), "FINISH");
});

test("T9: busy ends the call of a page that never heard of BUSY", async () => {
  const far = await phone(refused("486 Busy Here"));
  const { name, result } = dial(far.number());
  assert.ok(["FINISH", "FAILED"].includes(await within(result, "the end")));
  await far.done();
  await toldOnce(name);
});

for (const status of ["404 Not Found", "603 Decline", "480 Temporarily Unavailable", "500 Server Internal Error"]) {
  test(`T7: ${status} ends the call`, async () => {
    const far = await phone(refused(status));
    const { name, result } = dial(far.number());
    assert.equal(await within(result, "the end"), "FAILED");
    await far.done();
    await toldOnce(name);
  });
}

test("a wrong number ends the call", async () => {
  const { name, result } = dial("no-such-user");
  assert.equal(await within(result, "the end"), "FAILED");
  await toldOnce(name);
});

test("T11: a call cancelled while it rings ends", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  const { name, result } = dial(far.number());
  await page.waitForFunction((call) => lab.events.some(({ what }) => what === `${call} RING`), name);
  await hangup(name);
  assert.equal(await over(name), "FINISH");
  await result;
  await far.done();
});

test("T8, T42: early sound is heard before the answer", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("183 Session Progress", { media: "sendrecv" }),
    pause(3_000),
    uas.answer("200 OK", { media: "sendrecv" }),
    receive("ACK"),
    ...untilBye(),
  ]);
  const { name, result } = dial(far.number());
  await page.waitForFunction((call) => lab.events.some(({ what }) => what === `${call} RING_MEDIA`), name);
  const { rate, samples } = await listen(page, 2);
  // sipp sends back what it gets: the page hears itself.
  const heard = judge(samples, rate, BROWSER, { seconds: 1 });
  assert.ok(heard.levelDb > -6, JSON.stringify(heard));
  assert.equal(await within(result, "the answer"), "ESTABLISHED");
  await hangup(name);
  await over(name);
  await far.done();
});

test("T19: a click-to-call page calls before it is registered", async () => {
  const far = await phone([...answered(), ...untilBye()]);
  const other = await lab.open(SDK);
  const { kamailio, gateway } = stage;
  const result = await within(
    other.evaluate(
      ([urlServer, sipOptions, callee]) =>
        new Promise((resolve) => {
          const { SESSION_STATUS } = Flashphoner.constants;
          const session = Flashphoner.createSession({ urlServer, sipOptions, appKey: "clickToCallApp" });
          session.on(SESSION_STATUS.ESTABLISHED, (established) => {
            const display = (name) => document.getElementById(name);
            const call = established.createCall({
              callee,
              visibleName: "Click To Call",
              remoteVideoDisplay: display("remote"),
              localVideoDisplay: display("local"),
              constraints: { audio: true, video: false },
            });
            for (const status of ["ESTABLISHED", "FINISH", "FAILED"]) call.on(status, () => resolve(status));
            call.call();
          });
        }),
      [
        gateway.ws,
        {
          login: "1004",
          password: passwordOf("1004"),
          domain: kamailio.address,
          outboundProxy: kamailio.address,
          port: kamailio.port,
          registerRequired: true,
        },
        far.number(),
      ],
    ),
    "the answer",
  );
  assert.equal(result, "ESTABLISHED");
  await other.context().close();
  await far.done();
});

test("T29: two calls at once end each for itself, and the browser falls silent", async () => {
  const [a, b] = [
    await phone([...answered(), ...untilBye()]),
    await phone([...answered(), pause(1_500), uas.request("BYE", 1), response(200)]),
  ];
  const first = dial(a.number());
  assert.equal(await within(first.result, "the answer"), "ESTABLISHED");
  const second = dial(b.number());
  assert.equal(await within(second.result, "the answer"), "ESTABLISHED");
  assert.equal(await over(second.name), "FINISH");
  await b.done();
  // The SDK leaves the connection of the ended call open; the gateway closed it, so nothing goes out.
  const states = () => page.evaluate(() => lab.peers.slice(-2).map((peer) => peer.connectionState));
  await eventually(async () => (await states())[1] !== "connected", {
    timeout: 8_000,
    what: "the ended call's connection to close",
  });
  assert.equal((await states())[0], "connected");
  await hangup(first.name);
  assert.equal(await over(first.name), "FINISH");
  await a.done();
});

test("T25: a closed tab that asked for keepAlive is called, and the next tab takes the call by its token", async () => {
  const first = await lab.open("vendor");
  assert.equal(await signIn(first, "1003", passwordOf("1003"), {}, { keepAlive: true }), "REGISTERED");
  const token = await first.evaluate(
    () => lab.events.find(({ what }) => what === "session ESTABLISHED").info.authToken,
  );
  await first.context().close();
  const mark = network.now();
  await network.dial("sip:1003@127.0.0.1");
  await network.waitFor("CALL_RINGING", { from: mark });

  const second = await lab.open("vendor");
  const status = await second.evaluate(
    ([url, authToken]) => lab.signIn(url, undefined, { authToken, keepAlive: true }),
    [stage.gateway.ws, token],
  );
  assert.equal(status, "REGISTERED");
  await second.waitForFunction(() => lab.events.some(({ what }) => what === "incoming"));
  const { name } = await second.evaluate(() => lab.events.find(({ what }) => what === "incoming"));
  assert.equal(await within(second.evaluate((call) => lab.answer(call), name), "the answer"), "ESTABLISHED");
  await network.waitFor("CALL_ESTABLISHED", { from: mark });
  const { rate, samples } = await listen(second, 4);
  assert.deepEqual(judge(samples, rate, PHONE, { seconds: 3 }).problems, []);
  await second.evaluate((call) => lab.hangup(call), name);
  await network.waitFor("CALL_CLOSED", { from: mark });

  // A used token is worth nothing.
  const third = await lab.open("vendor");
  const refused = third.evaluate(
    ([url, authToken]) => lab.signIn(url, undefined, { authToken, keepAlive: true }),
    [stage.gateway.ws, token],
  );
  assert.equal(await within(refused, "the refusal"), "DISCONNECTED");
  for (const one of [second, third]) await one.context().close();
});

test("T13: no microphone: the page's call fails by itself and leaves nothing behind", async () => {
  const deaf = await lab.open(SDK, { init: withoutMicrophone });
  assert.equal(await signIn(deaf, "1003"), "REGISTERED");
  assert.equal(
    await within(
      deaf.evaluate((number) => lab.dial("call", number), network.number()),
      "the end",
    ),
    "FAILED",
  );
  assert.equal(await deaf.evaluate(() => lab.sessionStatus()), "REGISTERED");
  await deaf.context().close();
});

test("a wrong password ends in DISCONNECTED", async () => {
  const other = await lab.open(SDK);
  assert.equal(await within(signIn(other, "1002", WRONG_PASSWORD), "the refusal"), "DISCONNECTED");
  await other.context().close();
});

test("the gateway refuses a domain: DISCONNECTED", async () => {
  const other = await lab.open(SDK);
  assert.equal(
    await within(
      signIn(other, "1002", WRONG_PASSWORD, { domain: "192.0.2.1", outboundProxy: "192.0.2.1" }),
      "the refusal",
    ),
    "DISCONNECTED",
  );
  await other.context().close();
});

test("T20: signed in for a while, the page was told REGISTERED once, and no error came", async () => {
  const told = await page.evaluate(() => lab.events.filter(({ what }) => what === "session REGISTERED").length);
  assert.equal(told, 1);
  assert.deepEqual(uncaught(), []);
});

test("the page signs out: DISCONNECTED, the registration withdrawn, nothing left, no secret in a log", async () => {
  const mark = stage.kamailio.log().length;
  await page.evaluate(() => lab.signOut());
  await page.waitForFunction(() => lab.sessionStatus() === "DISCONNECTED");
  await stage.kamailio.saw(/saved 1001 expires=(0|<null> contact=.*expires=0)/, { from: mark });
  await stage.curtain();
});

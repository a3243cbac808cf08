// SPDX-License-Identifier: GPL-3.0-or-later
// Calls from a browser to phones that answer, refuse, ring, cross, insist and forget. The browser is raw
// frames; whether one hears the other is for tests/browser.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { Baresip } from "../lib/baresip.mjs";
import { delay } from "../lib/run.mjs";
import { answered, maybe, ok, pause, receive, refused, response, Sipp, uas, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";
import { Wcs } from "../lib/wcs.mjs";

let stage, wcs;
before(async () => {
  stage = await Stage.start(import.meta.url);
  wcs = await stage.signIn("1001");
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

let count = 0;
const phone = (steps, options) => Sipp.start(stage.run, `${String(++count).padStart(2, "0")}`, steps, options);
const finish = (callId, options) =>
  wcs.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000, ...options });

/** Dials and waits for the end; resolves to the finish. */
async function dialToTheEnd(far) {
  const callId = wcs.call(far.number());
  const end = await finish(callId);
  await far.done();
  return { ...end, story: wcs.storyOf(callId) };
}

test("a call is answered and the browser hangs up", async () => {
  const far = await phone([...answered({ ring: 300 }), ...untilBye()]);
  const callId = wcs.call(far.number());
  await wcs.expect("talk");
  const [call] = await stage.gateway.calls();
  assert.equal(call.state, "up");
  await delay(300);
  wcs.hangup(callId);
  const end = await finish(callId);
  await far.done();
  assert.deepEqual(
    { status: end.status, reason: end.reason, by: end.by },
    { status: "FINISH", reason: "hangup", by: "local" },
  );
  assert.deepEqual(wcs.storyOf(callId), [
    "notifyTryingResponse/TRYING",
    "setRemoteSDP",
    "ring/RING",
    "talk/ESTABLISHED",
    "finish/FINISH",
  ]);
});

test("a call is answered and the phone hangs up", async () => {
  const far = await phone([...answered(), pause(400), uas.request("BYE", 1), response(200)]);
  const end = await dialToTheEnd(far);
  assert.deepEqual(
    { status: end.status, reason: end.reason, by: end.by },
    { status: "FINISH", reason: "hangup", by: "remote" },
  );
});

test("busy: a busy of its own, then FINISH (T9)", async () => {
  const end = await dialToTheEnd(await phone(refused("486 Busy Here")));
  assert.deepEqual(end.story.slice(-2), ["busy/BUSY", "finish/FINISH"]);
  assert.deepEqual({ reason: end.reason, sip: end.sipStatus }, { reason: "busy", sip: 486 });
});

for (const [status, reason] of [
  ["404 Not Found", "not_found"],
  ["603 Decline", "declined"],
  ["403 Forbidden", "forbidden"],
  ["480 Temporarily Unavailable", "no_answer"],
  ["488 Not Acceptable Here", "no_codec"],
  ["500 Server Internal Error", "server_error"],
  ["503 Service Unavailable", undefined],
]) {
  test(`${status} ends the call, and the page is told why`, async () => {
    const end = await dialToTheEnd(await phone(refused(status)));
    assert.equal(end.status, "FAILED");
    assert.equal(end.sipStatus >= 400, true);
    if (reason) assert.equal(end.reason, reason);
    assert.ok(end.info.length > 5, "words for people");
  });
}

test("a number nobody has", async () => {
  const callId = wcs.call("7777");
  assert.equal((await finish(callId)).reason, "not_found");
});

test("the Reason and the Warning of a refusal reach the page", async () => {
  const fields = ['Reason: Q.850;cause=17;text="User busy"', 'Warning: 399 phone "Come back tomorrow"'];
  const end = await dialToTheEnd(await phone(refused("486 Busy Here", fields)));
  assert.deepEqual({ q850: end.q850, warning: end.warning }, { q850: 17, warning: "Come back tomorrow" });
});

test("a hang-up before the phone rings cancels (T50)", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("100 Trying"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  const mark = stage.kamailio.log().length;
  const callId = wcs.call(far.number());
  await stage.kamailio.saw(/reply 100 Trying to INVITE/, { from: mark });
  wcs.hangup(callId);
  const end = await finish(callId);
  assert.deepEqual({ status: end.status, reason: end.reason }, { status: "FINISH", reason: "cancelled" });
  await far.done();
});

test("a hang-up in the same breath as the call leaves no call behind (T5, T50)", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("100 Trying"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  const callId = wcs.call(far.number());
  wcs.hangup(callId);
  assert.equal((await finish(callId)).reason, "cancelled");
  // Either the phone was never asked, or what was asked is taken back.
  await Promise.race([far.done(), delay(1_000)]);
  assert.ok(
    !far.child.isRunning() ||
      !/reply 100 Trying .*source=127.0.0.1:PORT/.test(stage.kamailio.log().replaceAll(`:${far.port}`, ":PORT")),
  );
  await far.child.stop();
});

test("a hang-up while the phone rings cancels", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  const callId = wcs.call(far.number());
  await wcs.expect("ring");
  wcs.hangup(callId);
  assert.equal((await finish(callId)).reason, "cancelled");
  await far.done();
});

test("a 200 that crosses the CANCEL is acknowledged and ended (T50)", async () => {
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    receive("CANCEL"),
    uas.answer("200 OK", { media: "sendrecv" }),
    receive("ACK"),
    ...untilBye(),
  ]);
  const callId = wcs.call(far.number());
  await wcs.expect("ring");
  wcs.hangup(callId);
  assert.equal((await finish(callId)).status, "FINISH");
  await far.done();
});

test("early sound: RING_MEDIA, and still one description only (T6, T42)", async () => {
  const steps = [uas.invite(), uas.answer("183 Session Progress", { media: "sendrecv" }), pause(500)];
  const far = await phone([...steps, uas.answer("200 OK", { media: "sendrecv" }), receive("ACK"), ...untilBye()]);
  const callId = wcs.call(far.number());
  await wcs.expect("ring", { where: (call) => call.status === "RING_MEDIA" });
  await wcs.expect("talk");
  wcs.hangup(callId);
  await finish(callId);
  await far.done();
  assert.equal(wcs.storyOf(callId).filter((message) => message === "setRemoteSDP").length, 1);
});

test("the first 200 lost on its way: the second connects the call", async () => {
  const far = await phone([...answered({ ring: 100 }), ...untilBye()]);
  const callId = wcs.call(far.number("+47300"));
  await wcs.expect("talk");
  await stage.kamailio.saw(/lost 200/);
  wcs.hangup(callId);
  await finish(callId);
  await far.done();
});

test("hold and resume by the phone are answered, and the page hears nothing of them", async () => {
  const far = await phone([
    ...answered(),
    pause(300),
    uas.request("INVITE", 1, { media: "sendonly" }),
    maybe(100),
    response(200, { check: "a=recvonly" }),
    uas.request("ACK", 1),
    pause(300),
    uas.request("INVITE", 2, { media: "inactive" }),
    maybe(100),
    response(200, { check: "a=inactive" }),
    uas.request("ACK", 2),
    uas.request("INVITE", 3, { media: "sendrecv" }),
    maybe(100),
    response(200, { check: "a=sendrecv" }),
    uas.request("ACK", 3),
    pause(200),
    uas.request("BYE", 4),
    response(200),
  ]);
  const end = await dialToTheEnd(far);
  assert.deepEqual(end.story.slice(-2), ["talk/ESTABLISHED", "finish/FINISH"]);
});

test("a re-INVITE that refreshes the session, an UPDATE and an OPTIONS within the call are answered", async () => {
  const far = await phone([
    ...answered(),
    uas.request("OPTIONS", 1),
    response(200),
    uas.request("INVITE", 2, {
      media: "sendrecv",
      fields: ["Supported: timer", "Session-Expires: 1800;refresher=uac"],
    }),
    maybe(100),
    response(200),
    uas.request("ACK", 2),
    uas.request("UPDATE", 3, { fields: ["Supported: timer", "Session-Expires: 1800;refresher=uac"] }),
    response(200),
    uas.request("BYE", 4),
    response(200),
  ]);
  assert.equal((await dialToTheEnd(far)).reason, "hangup");
});

test("a re-INVITE without an offer gets one", async () => {
  const far = await phone([
    ...answered(),
    uas.request("INVITE", 1),
    maybe(100),
    response(200, { check: "m=audio" }),
    send200Ack(),
    uas.request("BYE", 2),
    response(200),
  ]);
  assert.equal((await dialToTheEnd(far)).reason, "hangup");
});
const send200Ack = () => uas.request("ACK", 1, { media: "sendrecv" });

test("requests that are not ours to do are refused within the call, which goes on", async () => {
  const far = await phone([
    ...answered(),
    uas.request("REFER", 1, { fields: ["Refer-To: <sip:1002@127.0.0.1>"] }),
    response(405),
    uas.request("MESSAGE", 2),
    response(405),
    uas.request("INVENTED", 3),
    response(501),
    uas.request("BYE", 4),
    response(200),
  ]);
  assert.equal((await dialToTheEnd(far)).reason, "hangup");
});

test("digits go to a phone without telephone-event as INFO, one by one and in order (T41)", async () => {
  const far = await phone([
    ...answered({ media: "sendrecv no-digits" }),
    receive("INFO"),
    ok(),
    receive("INFO"),
    ok(),
    ...untilBye(),
  ]);
  const callId = wcs.call(far.number());
  await wcs.expect("talk");
  wcs.send("sendDtmf", { callId, type: "INFO", dtmf: 5 });
  wcs.send("sendDtmf", { callId, type: "INFO_RELAY", dtmf: "#" });
  await delay(800);
  wcs.hangup(callId);
  await finish(callId);
  await far.done();
});

test("a registered mobile phone is called by its name, and declines", async () => {
  const mobile = await Baresip.start(stage.run, {
    kamailio: stage.kamailio,
    user: "1002",
    password: passwordOf("1002"),
    answer: "manual",
  });
  const callId = wcs.call("1002");
  await wcs.expect("ring");
  await mobile.waitFor("CALL_INCOMING");
  await mobile.hangup();
  const end = await finish(callId);
  assert.ok(["busy", "declined"].includes(end.reason), JSON.stringify(end));
});

test("a full SIP address, a tel: one and spaces in a number are understood (T48)", async () => {
  for (const write of [
    (number) => `sip:${number}@127.0.0.1`,
    (number) => `tel:${number}`,
    (number) => number.replace("+49", "+49 (30)0 ").replace("(30)0 300", "(300) "),
  ]) {
    const far = await phone(refused("486 Busy Here"));
    const callId = wcs.call(write(far.number()));
    assert.equal((await finish(callId)).sipStatus, 486, write(far.number()));
    await far.done();
  }
});

test("a line break in a number or a name is refused and reaches no SIP text (T48)", async () => {
  for (const fields of [{ callee: "1002\r\nX-Evil: 1" }, { callee: "1002", visibleName: "a\r\nX-Evil: 1" }]) {
    const callId = wcs.call(fields.callee, fields);
    assert.equal((await finish(callId)).status, "FAILED");
  }
  assert.ok(!/^X-Evil/m.test(stage.gateway.log()));
});

test("nobody answers: the ring limit ends the call", async () => {
  const patient = await Gateway.start(stage.run, {
    name: "patchcord-ring",
    kamailio: stage.kamailio,
    limits: { ringing: "2s" },
  });
  const far = await phone([
    uas.invite(),
    uas.answer("180 Ringing"),
    receive("CANCEL"),
    ok(),
    uas.answer("487 Request Terminated"),
    receive("ACK"),
  ]);
  const page = await Wcs.signIn(patient.ws, stage.kamailio.account("1003"));
  const callId = page.call(far.number());
  const end = await page.expect("finish", { where: (call) => call.callId === callId, timeout: 6_000 });
  assert.equal(end.reason, "no_answer");
  await far.done();
  await patient.stop();
});

test("the connection lost during a call: the phone gets its BYE (T28)", async () => {
  const far = await phone([...answered(), ...untilBye()]);
  const page = await stage.signIn("1004");
  page.call(far.number());
  await page.expect("talk");
  page.terminate();
  await far.done();
});

test("the Call-ID on the wire is in the gateway's log, with the call's end", async () => {
  const far = await phone(refused("486 Busy Here"));
  const mark = stage.kamailio.log().length;
  await dialToTheEnd(far);
  const [, id] = await stage.kamailio.saw(/request INVITE .*call-id=(\S+)/, { from: mark });
  await stage.gateway.child.waitFor(new RegExp(`call\\.ended .*${id}`));
});

test("SIGTERM during a call: BYE to the phone, finish to the page, exit code 0, no secret in a log", async () => {
  const far = await phone([...answered(), ...untilBye()]);
  const callId = wcs.call(far.number());
  await wcs.expect("talk");
  const end = stage.gateway.child.stop({ grace: 15_000 });
  assert.equal((await finish(callId)).reason, "draining");
  await far.done();
  assert.deepEqual(await end, { code: 0, signal: null });
  stage.checkSecrets();
});

// SPDX-License-Identifier: GPL-3.0-or-later
// Calls to and from a real linphonec, which registers with Kamailio.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { Linphone } from "../lib/linphone.mjs";
import { eventually } from "../lib/run.mjs";
import { Stage } from "../lib/stage.mjs";
import { offer } from "../lib/wcs.mjs";

let stage, wcs, phone;
before(async () => {
  stage = await Stage.start(import.meta.url);
  wcs = await stage.signIn("1001");
  phone = await Linphone.start(stage.run, { user: "1003", kamailio: stage.kamailio });
});
let mark;
beforeEach(() => (mark = phone.now()));
afterEach(async () => {
  await phone.waitFor(/to LinphoneCallReleased/, { from: mark }); // or it takes no other call
  await stage.gateway.isIdle();
});
after(() => stage?.end());

const finish = (callId) => wcs.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });
const RINGS = /moving from state \[?\w+\]? to \[?LinphoneCallIncomingReceived/;
const RINGING = /moving from state \[?\w+\]? to \[?LinphoneCallOutgoingRinging/;
const TALKS = /moving from state \[?\w+\]? to \[?LinphoneCallStreamsRunning/;
const ENDED = /moving from state \[?\w+\]? to \[?LinphoneCall(End|Error)/;

async function callUp() {
  const from = phone.now();
  const callId = wcs.call("1003");
  await wcs.expect("ring");
  await phone.waitFor(RINGS, { from });
  phone.accept();
  await wcs.expect("talk");
  await phone.waitFor(TALKS, { from });
  return { callId, from };
}

test("a call to it: it rings, is answered, and the browser hangs up", async () => {
  const { callId, from } = await callUp();
  wcs.hangup(callId);
  assert.equal((await finish(callId)).reason, "hangup");
  await phone.waitFor(ENDED, { from });
});

test("a call to it that it hangs up", async () => {
  const { callId } = await callUp();
  phone.hangup();
  const end = await finish(callId);
  assert.deepEqual({ reason: end.reason, by: end.by }, { reason: "hangup", by: "remote" });
});

test("a call to it that it refuses", async () => {
  const from = phone.now();
  const callId = wcs.call("1003");
  await phone.waitFor(RINGS, { from });
  phone.hangup();
  const end = await finish(callId);
  assert.ok(["declined", "busy"].includes(end.reason), JSON.stringify(end));
});

test("digits of the browser reach it as telephone-events", async () => {
  const { callId, from } = await callUp();
  for (const digit of "159#") wcs.send("sendDtmf", { callId, type: "RFC2833", dtmf: digit });
  await phone.waitFor(/Receiving tone #/i, { from });
  const heard = [...phone.child.output().slice(from).matchAll(/Receiving tone (.)/gi)].map(([, digit]) => digit).join("");
  wcs.hangup(callId);
  await finish(callId);
  assert.equal(heard, "159#");
});

test("a call from it: the browser answers and the phone hangs up", async () => {
  const from = phone.now();
  phone.dial("sip:1001@127.0.0.1");
  const { callId } = await wcs.expect("notifyIncomingCall");
  await phone.waitFor(RINGING, { from });
  wcs.send("answer", { callId, sdp: offer().replace(/a=setup:actpass/g, "a=setup:active"), incoming: true });
  await phone.waitFor(TALKS, { from });
  await eventually(async () => (await stage.gateway.calls())[0]?.state === "up");
  phone.hangup();
  assert.equal((await finish(callId)).reason, "hangup");
});

test("a call from it that the browser refuses", async () => {
  const from = phone.now();
  phone.dial("sip:1001@127.0.0.1");
  const { callId } = await wcs.expect("notifyIncomingCall");
  wcs.hangup(callId);
  await finish(callId);
  await phone.waitFor(ENDED, { from });
});

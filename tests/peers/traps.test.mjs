// SPDX-License-Identifier: GPL-3.0-or-later
// The traps of the browser protocol that show on the wire, by their numbers, against the built gateway
// with raw frames. Those that need a browser are in tests/browser; the hub's own are in tests/unit/wcs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";
import { eventually, ROOT } from "../lib/run.mjs";
import { answered, receive, Sipp, uas, ok, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";
import { offer, Wcs } from "../lib/wcs.mjs";

let stage, wcs;
before(async () => {
  stage = await Stage.start(import.meta.url);
  wcs = await stage.signIn("1001");
});
afterEach(() => stage.gateway.child.isRunning() && stage.gateway.isIdle());
after(() => stage?.end());

let count = 0;
const phone = (steps, options) => Sipp.start(stage.run, `t${++count}`, steps, options);
const finish = (callId, page = wcs) =>
  page.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });

/** A whole short call; resolves to the gateway's one description. */
async function talk(page = wcs, fields = {}) {
  const far = await phone([...answered(), ...untilBye()]);
  const callId = page.call(far.number(), fields);
  const [id, sdp, isInitiator] = await page.expectAll("setRemoteSDP");
  assert.equal(id, callId);
  await page.expect("talk");
  page.hangup(callId);
  await finish(callId, page);
  await far.done();
  return { callId, sdp, isInitiator, far };
}

test("T1: every frame, the ping too, has a data array", async () => {
  await talk();
  await wcs.expect("ping", { timeout: 12_000 });
  for (const frame of wcs.frames) assert.ok(Array.isArray(frame.data), JSON.stringify(frame));
});

test("T3, T6: setRemoteSDP has three arguments, and comes once a call", async () => {
  const { callId, isInitiator } = await talk();
  assert.equal(isInitiator, true);
  assert.equal(wcs.storyOf(callId).filter((name) => name === "setRemoteSDP").length, 1);
});

test("T5: TRYING comes before anything else of the call, and at once", async () => {
  const { callId } = await talk();
  assert.equal(wcs.storyOf(callId)[0], "notifyTryingResponse/TRYING");
});

test("T11, T12: a hangup is answered by one finish, however often it is said", async () => {
  const far = await phone([...answered(), ...untilBye()]);
  const callId = wcs.call(far.number());
  await wcs.expect("talk");
  for (let i = 0; i < 3; ++i) wcs.hangup(callId);
  await finish(callId);
  wcs.hangup(callId);
  await far.done();
  await stage.gateway.isIdle();
  assert.equal(wcs.storyOf(callId).filter((name) => name.startsWith("finish")).length, 1);
});

test("T13: a hangup for a call nobody knows is passed over in silence", async () => {
  const before = wcs.frames.length;
  wcs.hangup("no-such-call");
  await talk();
  assert.ok(!wcs.frames.slice(before).some(({ message }) => message === "fail"));
});

test("T16, T26: a port as text, a digit as number, booleans as text, a pong without data", async () => {
  const page = await stage.signIn("1002", { sipRegisterRequired: "true", sipContactParams: "0" });
  page.sendText('{"message":"pong"}');
  page.sendText('{"message":"updateCallToVideo","data":["abc"]}');
  const far = await phone([...answered(), ...untilBye()]);
  const callId = page.call(far.number(), { hasAudio: "true", hasVideo: "false" });
  await page.expect("talk");
  page.send("sendDtmf", { callId, type: "RFC2833", dtmf: 1 });
  page.hangup(callId);
  await finish(callId, page);
  await far.done();
  assert.ok(!page.isClosed);
  await page.close();
});

test("T17: no word about registering means registering", async () => {
  const account = stage.kamailio.account("1003");
  assert.ok(!("sipRegisterRequired" in account));
  const page = await Wcs.signIn(stage.gateway.ws, account);
  await page.close();
});

test("T18: unknown fields and unknown messages do no harm", async () => {
  const page = await stage.signIn("1003", { useProxy: true, custom: { deep: [{ er: null }] }, width: 0 });
  page.send("subscribe", { to: "nobody" });
  page.send("publishStream", { name: "s" });
  await talk(page, { isMsrp: false, inviteParameters: {}, localMediaInfo: { devices: {} } });
  await page.close();
});

test("T20, T21: registered comes once with an account, and never without one", async () => {
  assert.equal(wcs.frames.filter(({ message }) => message === "registered").length, 1);
  const page = await Wcs.connect(stage.gateway.ws);
  page.send("connection", { appKey: "defaultApp", mediaProviders: ["WebRTC"] });
  await page.expect("getUserData");
  await assert.rejects(page.expect("registered", { timeout: 500 }));
  await page.close();
});

test("T22: a flood of page logs is thrown away, and the call behind it goes on", async () => {
  const page = await stage.signIn("1003");
  for (let i = 0; i < 200; ++i) page.send("pushLogs", { logs: `line ${i}\nfaked.event level=error ${offer()}` });
  await talk(page);
  assert.ok(!/^faked\.event/m.test(stage.gateway.log()), "a page cannot write a line of its own");
  assert.ok(stage.gateway.log().split("wcs.page_log").length < 60);
  await page.close();
});

test("T22: an offer of 60 kB is read, a frame of a megabyte ends the connection", async () => {
  const page = await stage.signIn("1003");
  const long = `${offer()}${"a=unknown:".padEnd(998, "x")}\r\n`.replace(/(a=unknown:x+\r\n)$/, (line) =>
    line.repeat(50),
  );
  const far = await phone([...answered(), ...untilBye()]);
  const callId = page.call(far.number(), { sdp: long });
  await page.expect("talk");
  page.hangup(callId);
  await finish(callId, page);
  await far.done();
  page.send("call", { callId: "big", callee: "600", sdp: "v=0\r\n".repeat(300_000) });
  const { code } = await page.closed;
  assert.notEqual(code, 1000);
});

test("T23: sendData is answered, with FAILED", async () => {
  wcs.send("sendData", { operationId: "op-1", payload: { any: "thing" } });
  const status = await wcs.expect("DataStatusEvent");
  assert.deepEqual({ id: status.operationId, status: status.status }, { id: "op-1", status: "FAILED" });
});

test("T25: keepAlive outlives the socket, and the token brings the session back, once", async () => {
  const page = await stage.signIn("1004", { keepAlive: true });
  const { authToken } = page.frames.find(({ message }) => message === "getUserData").data[0];
  const mark = stage.kamailio.log().length;
  page.terminate();
  await page.closed;
  const back = await Wcs.connect(stage.gateway.ws);
  back.send("connection", { authToken, keepAlive: true });
  const data = await back.expect("getUserData");
  assert.equal(data.sipLogin, "1004");
  assert.notEqual(data.authToken, authToken);
  await back.expect("registered");
  await talk(back);
  const thief = await Wcs.connect(stage.gateway.ws);
  thief.send("connection", { authToken, keepAlive: true });
  assert.equal((await thief.expect("fail")).reason, "session_gone");
  assert.equal((await thief.closed).code, 4401);
  assert.ok(!/saved 1004/.test(stage.kamailio.log().slice(mark)), "not registered a second time");
});

test("T25: without keepAlive a torn socket leaves a few seconds for a reload, and a goodbye none", async () => {
  const unregistered = /saved 1003 expires=(0|<null> contact=.*expires=0)/;
  const page = await stage.signIn("1003");
  let mark = stage.kamailio.log().length;
  page.terminate();
  await stage.kamailio.saw(unregistered, { from: mark, timeout: 15_000 });
  const second = await stage.signIn("1003");
  mark = stage.kamailio.log().length;
  await second.close();
  await stage.kamailio.saw(unregistered, { from: mark, timeout: 4_000 });
});

test("T27: an id in use is refused for the second, and the first goes on", async () => {
  const far = await phone([...answered(), ...untilBye()]);
  const callId = wcs.call(far.number());
  await wcs.expect("talk");
  wcs.call(far.number(), { callId });
  const end = await finish(callId);
  assert.equal(end.reason, "duplicate_call");
  assert.equal((await stage.gateway.calls()).length, 1);
  // Another page may use the same id: ids belong to their page.
  const page = await stage.signIn("1002");
  const second = await phone([...answered(), ...untilBye()]);
  page.call(second.number(), { callId });
  await page.expect("talk");
  page.hangup(callId);
  await finish(callId, page);
  await second.done();
  assert.equal((await stage.gateway.calls()).length, 1);
  wcs.hangup(callId);
  await far.done();
  await page.close();
});

test("T32, T33, T34, T35: the answer can be used as it is", async () => {
  const { sdp } = await talk();
  const lines = sdp.split("\r\n");
  assert.ok(lines.includes("a=ice-lite"));
  assert.ok(lines.includes("a=rtcp-mux"));
  assert.ok(lines.some((line) => /^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host/i.test(line)));
  assert.ok(lines.includes("a=end-of-candidates"));
  assert.ok(lines.some((line) => /^a=msid:\S+ \S+/.test(line)));
  assert.ok(lines.some((line) => line.startsWith("a=fingerprint:sha-256 ")));
  const types = lines
    .find((line) => line.startsWith("m=audio "))
    .split(" ")
    .slice(3);
  for (const type of types)
    assert.ok(
      lines.some((line) => line.startsWith(`a=rtpmap:${type} `)),
      `no rtpmap for ${type}`,
    );
  assert.match(
    lines.find((line) => line.startsWith(`a=rtpmap:${types[0]} `)),
    /opus\/48000\/2/,
  );
  assert.equal(sdp.endsWith("\r\n"), true);
  assert.equal(sdp.endsWith("\r\n\r\n"), false);
});

test("T36: an offer that lost codecs on the way, with bare line feeds and blanks, is understood", async () => {
  const stripped = offer()
    .split("\r\n")
    .filter((line) => !/^a=(rtpmap|fmtp|rtcp-fb):(9|63|126)\b/.test(line))
    .map((line) => (line.startsWith("m=audio") ? `${line.replace(/ (9|63|126)\b/g, "")} ` : line));
  await talk(wcs, { sdp: stripped.join("\n") });
});

test("T10: nothing of the vendor's hazards is ever said: no notifyTransferEvent, no binary, no unasked kind", async () => {
  const far = await phone([...answered(), ...untilBye()]);
  const callId = wcs.call(far.number());
  await wcs.expect("talk");
  wcs.send("hold", { callId, holdForTransfer: true });
  wcs.send("transfer", { callId, target: "1002" });
  assert.equal((await wcs.expect("fail")).reason, "not_supported");
  wcs.hangup(callId);
  await finish(callId);
  await far.done();
  assert.ok(!wcs.frames.some(({ message }) => message === "notifyTransferEvent"));
});

test("T37: the gateway takes either part in DTLS, whichever the offer leaves it", async () => {
  const setup = (sdp) => /^a=setup:(\w+)\r?$/m.exec(sdp)[1];
  for (const [offered, ours] of [
    ["actpass", "passive"],
    ["active", "passive"],
    ["passive", "active"],
  ]) {
    const { sdp } = await talk(wcs, { sdp: offer().replace(/a=setup:\w+/g, `a=setup:${offered}`) });
    assert.equal(setup(sdp), ours, `offered ${offered}`);
  }
});

test("T39: the answer holds all a phone may turn out to want, Opus first", async () => {
  const { sdp } = await talk();
  const names = [...sdp.matchAll(/^a=rtpmap:\d+ ([\w-]+)\//gm)].map(([, name]) => name.toLowerCase());
  assert.equal(names[0], "opus");
  for (const name of ["pcma", "pcmu", "telephone-event"]) assert.ok(names.includes(name), names.join());
});

const corpus = (name) => readFileSync(`${ROOT}/tests/corpora/sdp/browser/${name}.sdp`, "utf8");

test("T40: video is refused in its place, and the sound goes on", async () => {
  const { sdp } = await talk(wcs, { sdp: corpus("chromium-audiovideo"), hasVideo: true });
  const media = [...sdp.matchAll(/^m=(\w+) (\d+) /gm)].map(([, kind, port]) => [kind, port === "0"]);
  assert.deepEqual(media, [
    ["audio", false],
    ["video", true],
  ]);
});

test("T44: what Chromium and Firefox put into an offer beyond the needed is passed over", async () => {
  const names = ["chromium-audio", "chromium-audiovideo-nogum", "firefox-audio", "firefox-audiovideo"];
  for (const name of names) await talk(wcs, { sdp: corpus(name) });
});

test("T46: SIP goes out from the port of the configuration, which Via and Contact name", async () => {
  const mark = stage.gateway.log().length;
  await talk();
  const log = stage.gateway.log().slice(mark);
  assert.match(log, new RegExp(`Via: SIP/2.0/UDP 127\\.0\\.0\\.1:${stage.gateway.ports.sip}`));
  assert.match(log, new RegExp(`Contact: <sip:[^>]*@127\\.0\\.0\\.1:${stage.gateway.ports.sip}`));
});

test("T47: a challenge by the proxy (407) is answered within the call", async () => {
  const mark = stage.gateway.log().length;
  await talk();
  await stage.gateway.child.waitFor(/SIP\/2\.0 407[^]*Proxy-Authorization: Digest/, { from: mark });
});

test("T50: a hangup during the INVITE's challenge leaves no phone ringing", async () => {
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
  wcs.hangup(callId);
  assert.equal((await finish(callId)).status, "FINISH");
  await stage.gateway.isIdle();
  const log = stage.kamailio.log().slice(mark);
  // The far phone was never asked, or it was and then cancelled.
  const asked = log.split(`request INVITE sip:${far.number()}`).length - 1;
  if (asked > 1) await eventually(() => /request CANCEL/.test(stage.kamailio.log().slice(mark)), { what: "a CANCEL" });
  await far.child.stop();
});

test("frames that are not of the protocol: told, and the connection goes on", async () => {
  const page = await stage.signIn("1003");
  for (const text of [
    "not json",
    "[]",
    "{}",
    '{"message":7}',
    '{"message":"call","data":[7]}',
    '{"message":"call"}',
    "[".repeat(5000),
  ])
    page.sendText(text);
  await talk(page);
  await page.close();
});

test("a first frame that is no connection ends the connection", async () => {
  const page = await Wcs.connect(stage.gateway.ws);
  page.send("call", { callId: "x", callee: "600", sdp: offer() });
  await page.closed;
});

test("at the end nothing is left, and no secret is in a log", () => stage.curtain());

// SPDX-License-Identifier: GPL-3.0-or-later
// What an operator has of a gateway at work: a record of every call, figures for Prometheus, readiness.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../lib/run.mjs";
import { answered, pause, refused, Sipp, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";

let stage, wcs;
before(async () => {
  stage = await Stage.start(import.meta.url);
  wcs = await stage.signIn("1001");
});
after(() => stage?.end());

async function call(name, steps, { talk = 0 } = {}) {
  const far = await Sipp.start(stage.run, name, steps);
  const callId = wcs.call(far.number());
  if (talk) {
    await wcs.expect("talk");
    await pauseMs(talk);
    wcs.hangup(callId);
  }
  await wcs.expect("finish", { where: (end) => end.callId === callId, timeout: 10_000 });
  await far.done();
  return { callId, number: far.number() };
}
const pauseMs = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Records are written by a thread of their own: soon, not at once. */
const recordOf = (callId) =>
  eventually(() => stage.gateway.records().find((record) => record.a.id === callId), { timeout: 5_000 });

test("a call that was answered leaves a record of who, when, how long and why", async () => {
  const { callId, number } = await call("answered", [...answered(), ...untilBye()], { talk: 700 });
  const record = await recordOf(callId);
  assert.match(record.from, /^1001@/);
  assert.ok(record.to.startsWith(number), record.to);
  assert.deepEqual(
    { reason: record.reason, cause: record.cause, by: record.by },
    { reason: "hangup", cause: "normal", by: "a" },
  );
  assert.ok(record.talkMs >= 600 && record.talkMs <= record.durationMs, JSON.stringify(record));
  for (const time of [record.began, record.answered, record.ended]) assert.match(time, /^\d{4}-.*T.*\.\d{3}Z$/);
  assert.ok(record.began <= record.answered && record.answered <= record.ended);
  assert.deepEqual([record.a.protocol, record.b.protocol], ["browser", "sip"]);
  assert.ok(record.b.codec, "the phone's codec");
});

test("a call that failed leaves a record with the SIP status and its cause", async () => {
  const { callId } = await call("busy", refused("486 Busy Here"));
  const record = await recordOf(callId);
  assert.deepEqual(
    { reason: record.reason, sip: record.sipStatus, phrase: record.sipReason, answered: record.answered, by: record.by },
    { reason: "busy", sip: 486, phrase: "Busy Here", answered: null, by: "b" },
  );
  assert.deepEqual((await stage.gateway.ended())[0], record, "the API has it too, the last call first");
});

test("the metrics count calls, why they ended, and what the process takes", async () => {
  const before = await stage.gateway.metrics();
  await call("metered", [...answered(), pause(100), ...untilBye()], { talk: 300 });
  await call("refused", refused("603 Decline"));
  const now = await stage.gateway.metrics();
  const grown = (name) => (now[name] ?? 0) - (before[name] ?? 0);
  assert.equal(grown("patchcord_calls_started_total"), 2);
  assert.equal(grown("patchcord_calls_answered_total"), 1);
  assert.equal(grown('patchcord_calls_ended_total{reason="hangup"}'), 1);
  assert.equal(grown('patchcord_calls_ended_total{reason="declined"}'), 1);
  assert.equal(grown("patchcord_call_talk_seconds_count"), 1);
  assert.ok(now.process_resident_memory_bytes > 1e6 && now.process_open_fds > 5);
  assert.equal(now.patchcord_calls, 0);
  assert.equal(now.patchcord_sessions, 1);
});

test("it is ready for calls", async () => {
  assert.deepEqual(await stage.gateway.readiness(), {
    status: 200,
    ready: true,
    draining: false,
    mediaPorts: true,
    certificateDaysLeft: null,
  });
});

test("at the end nothing is left, and no secret is in a log or a record", () => stage.curtain());

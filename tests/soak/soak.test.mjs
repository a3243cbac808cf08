// SPDX-License-Identifier: GPL-3.0-or-later
// Calls one after the other, then many at once with churn and with calls that fail in between: each one
// is listened to at both ends, and afterwards the gateway is as it was before. SOAK=long is the long form
// (tools/soak.sh): 1,000 calls, then 20 minutes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { loadedGateway, load, assertWell } from "../lib/loadgen.mjs";
import { Run } from "../lib/run.mjs";

const IS_LONG = process.env["SOAK"] === "long";
const CALLS = IS_LONG ? 1000 : 40;
const SECONDS = IS_LONG ? 1200 : 60;
const AT_ONCE = 50;
/** A page leaves, a phone is busy: what happens on every day. */
const EVERY_DAY = "talk=90,busy=2,not-found=2,declined=1,cancelled=3,socket-lost=2";

let run, gateway;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await loadedGateway(run, { limits: { media_inactivity: "20s" } });
  // What a gateway allocates once, it has allocated by then.
  await load(run, gateway, { name: "warm-up", calls: AT_ONCE, atOnce: AT_ONCE, talk: 1, rate: 50 });
});
after(() => run.end());

test(`${CALLS} calls, one after the other, half of them transcoded`, async () => {
  for (const [name, browserCodec] of [
    ["transcoded", "opus"],
    ["relayed", "pcma"],
  ]) {
    const result = await load(run, gateway, {
      ...{ name, calls: CALLS / 2, atOnce: 1, talk: 0.4, browserCodec, rssGrowth: 2048 },
      timeout: 3_000_000,
    });
    tell(`S-01: one after the other, ${name}`, result);
    assertWell(result);
    assert.equal(result.callsWell, CALLS / 2);
  }
});

test(`${AT_ONCE} calls at once for ${SECONDS} s, with churn`, async () => {
  const result = await load(run, gateway, {
    ...{ name: "churn", duration: SECONDS, atOnce: AT_ONCE, talk: 8, rate: 10, mix: EVERY_DAY },
    ...(IS_LONG ? { rssSlope: 40 } : { rssGrowth: 8192 }),
    timeout: (SECONDS + 120) * 1000,
  });
  tell("S-01: at once", result);
  assertWell(result);
});

test("and it ends as it should, with nothing left", () => gateway.stop());

function tell(row, { callsWell, calls, toPhone, toBrowser, gateway: { before: b, after: a, rssSlopeKbPerMinute } }) {
  const lost = toPhone.missing + toBrowser.missing;
  console.log(
    `${row}: ${callsWell} of ${calls} calls well, ${toPhone.heard + toBrowser.heard} frames heard, ${lost} missing, ` +
      `RSS ${b.rssKb} to ${a.rssKb} kB (${rssSlopeKbPerMinute.toFixed(0)} kB/min), fds ${b.fds} to ${a.fds}`,
  );
}

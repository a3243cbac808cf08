// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that fail, five hundred of each kind: each ends by its own name, and afterwards the gateway holds
// what it held before: descriptors, ports, sessions, calls, memory (S-02).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertWell, load, loadedGateway } from "../lib/loadgen.mjs";
import { eventually, Run } from "../lib/run.mjs";

const CALLS = 500; // of each kind
const QUICK = [
  ...["busy", "not-found", "declined", "cancelled", "bad-sdp", "wrong-fingerprint", "no-answer", "socket-lost"],
];
const SLOW = ["no-ice", "phone-vanished"];
/** A kilobyte a call would be a leak; what an allocator rounds up is none. */
const GROWTH_KB = 1024;

let run;
before(async () => {
  run = await Run.start(import.meta.url);
});
after(() => run.end());

const limits = { ringing: "1s", media_inactivity: "21s" };

/**
 * The kinds at random, some 500 of each. A SIP transaction is remembered for 32 s (RFC 3261 timers D and
 * I), so what is held grows with the rate of calls until then: `first` calls come before what is measured.
 */
async function fail(gateway, kinds, { first, ...options }) {
  const common = { atOnce: 50, talk: 0.2, rate: 110, mix: kinds.map((kind) => `${kind}=1`).join(",") };
  await load(run, gateway, { name: `${kinds[0]}-first`, calls: first, ...common, ...options });
  const calls = CALLS * kinds.length;
  const result = await load(run, gateway, { name: kinds[0], calls, rssGrowth: GROWTH_KB, ...common, ...options });
  const { before: b, after: a } = result.gateway;
  const each = Object.entries(result.scripts).map(([kind, { calls: of, well }]) => `${kind} ${well}/${of}`);
  console.log(
    `S-02: ${each.join(", ")} ended by name; fds ${b.fds} to ${a.fds}, sessions ${b.health.sessions} to ` +
      `${a.health.sessions}, port pairs ${b.health.rtpPortPairs} to ${a.health.rtpPortPairs}, ` +
      `RSS ${b.rssKb} to ${a.rssKb} kB`,
  );
  assertWell(result);
  assert.equal(result.callsWell, calls);
}

test("what fails at once", async () => {
  const gateway = await loadedGateway(run, { name: "quick", pairs: 220, limits });
  await fail(gateway, QUICK, { first: CALLS * QUICK.length, atOnce: 150 });
  await gateway.stop();
});

test("what fails by silence: a browser without a way, a phone that vanished", async () => {
  const gateway = await loadedGateway(run, { name: "slow", pairs: 500, limits });
  await fail(gateway, SLOW, { first: 500, atOnce: 500 });
  await gateway.stop();
});

test("what fails for want of a port", async () => {
  const gateway = await loadedGateway(run, { name: "narrow", pairs: 4, limits });
  const talk = load(run, gateway, { name: "holders", calls: 4, atOnce: 4, talk: 40, mix: "talk=1" });
  await eventually(async () => (await gateway.health()).rtpPortPairs === 4, { timeout: 10_000 });
  // Nobody is called: any place will do for the phones of a second generator.
  const phones = `127.0.0.1:${await run.port()}`;
  await fail(gateway, ["no-ports"], { first: CALLS, phones });
  assertWell(await talk);
  await gateway.stop();
});

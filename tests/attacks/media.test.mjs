// SPDX-License-Identifier: GPL-3.0-or-later
// What hostile networks and hostile ends do to the media of live calls: calls of the load generator, which
// attacks them besides, listens to every call at both ends, and knows a forged packet when it hears one.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertWell, load, loadedGateway } from "../lib/loadgen.mjs";
import { Run } from "../lib/run.mjs";

let run, gateway;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await loadedGateway(run, {});
});
after(() => run.end());

/** Relayed, so that each frame that arrives is known byte for byte. */
const RELAYED = { browserCodec: "pcma" };

const frames = ({ toPhone, toBrowser }) =>
  `${toPhone.heard + toBrowser.heard} frames heard, ${toPhone.missing + toBrowser.missing} missing, ` +
  `${toPhone.wrong + toBrowser.wrong} wrong`;

test("a stranger sends to the ports of calls, and gets and gives nothing", async () => {
  const result = await load(run, gateway, {
    ...{ name: "bleed", calls: 100, atOnce: 50, talk: 5, rate: 40, attack: "bleed", ...RELAYED },
  });
  const { calls, packets, leaked } = result.attack;
  const injected = result.toPhone.forged + result.toBrowser.forged;
  console.log(`A-01: ${calls} calls, ${packets} packets, ${leaked} leaked, ${injected} injected; ${frames(result)}`);
  assertWell(result);
  assert.deepEqual({ calls, packets, leaked, injected }, { calls: 100, packets: 100_000, leaked: 0, injected: 0 });
});

test("SRTP with wrong tags, 10,000 a second, half of it from the browser's own address", async () => {
  const mark = gateway.log().length;
  const result = await load(run, gateway, {
    ...{ name: "garbage", calls: 4, atOnce: 4, talk: 15, attack: "garbage", attackRate: 10_000, ...RELAYED },
  });
  const lines = gateway.log().slice(mark).split("\n").length;
  const { packets, fromTheBrowsersAddress, leaked } = result.attack;
  console.log(
    `A-03: ${packets} packets, ${fromTheBrowsersAddress} from the browser's address, ${leaked} answered, ` +
      `${lines} lines of log; ${frames(result)}`,
  );
  assertWell(result);
  assert.ok(packets > 50_000, result.text);
  assert.equal(leaked, 0);
  assert.ok(lines < 100, `${lines} lines of log`);
});

test("malformed RTP and RTCP and codec bombs, from phones, browsers and strangers", async () => {
  const result = await load(run, gateway, {
    ...{ name: "mutants", calls: 12, atOnce: 12, talk: 25, rate: 50, attack: "mutants", attackRate: 12_000 },
  });
  const { byPhones, byBrowsers, byStrangers, bombs, leaked } = result.attack;
  console.log(
    `F-03: ${byPhones} packets by phones, ${byBrowsers} by browsers (${bombs} bombs), ${byStrangers} by strangers, ` +
      `${leaked} answered; ${frames(result)}`,
  );
  assertWell(result);
  assert.ok(byPhones + byBrowsers + byStrangers > 50_000 && bombs > 1000, result.text);
  assert.equal(leaked, 0);
});

test("SRTP packets a second time", async () => {
  const result = await load(run, gateway, {
    ...{ name: "replay", calls: 10, atOnce: 10, talk: 6, attack: "replay", attackRate: 200, ...RELAYED },
  });
  console.log(`A-41: ${result.attack.packets} packets replayed; ${frames(result)}`);
  assertWell(result);
  assert.ok(result.attack.packets > 5000, result.text);
});

test("sequence numbers that wrap under loss, and SSRCs that change", async () => {
  const result = await load(run, gateway, {
    ...{ name: "renumber", calls: 10, atOnce: 10, talk: 12, attack: "renumber", lost: 20, ...RELAYED },
  });
  console.log(`R-11: ${result.attack.calls} calls, ${result.attack.ssrcChanges} changes of SSRC; ${frames(result)}`);
  assertWell(result);
  assert.ok(result.attack.ssrcChanges >= 10, result.text);
});

test("and it ends as it should, with nothing left", () => gateway.stop());

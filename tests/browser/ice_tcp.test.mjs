// SPDX-License-Identifier: GPL-3.0-or-later
// A browser that no UDP reaches calls by ICE-TCP and hears itself: every UDP candidate is taken out of what
// it is told, as a firewall takes them out of the world.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { eventually, Run } from "../lib/run.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";

const SECONDS = 10;
const registrar = { enabled: true, users: { alice: "alice-secret" } };

let run, gateway, lab;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { registrar });
  lab = await Lab.start(run);
});
after(() => run?.end());

/** A page that is told only the candidates which `keep`, a pattern, fits; signed in. */
async function pageWith(keep, where = gateway) {
  const page = await lab.open("ours", {
    init: `
      const original = RTCPeerConnection.prototype.setRemoteDescription;
      RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
        const lines = sdp.split("\\r\\n").filter((line) => !line.startsWith("a=candidate:") || ${keep}.test(line));
        return original.call(this, { type, sdp: lines.join("\\r\\n") });
      };`,
  });
  const sipOptions = { login: "alice", password: "alice-secret", domain: "patchcord.local" };
  const signedIn = await page.evaluate((options) => lab.signIn(options), { urlServer: where.ws, sipOptions });
  assert.deepEqual(signedIn, { ok: true });
  return page;
}

const dial = (page, name) => page.evaluate((call) => lab.dial(call, "600"), name);
async function hangup(page, name) {
  await page.evaluate((call) => lab.hangup(call), name);
  await page.evaluate((call) => lab.ended(call), name);
}

/** The pair that the browser says it uses. */
const pairOf = (page) =>
  page.evaluate(async () => {
    const stats = await lab.peers.at(-1).getStats();
    const transport = [...stats.values()].find(({ type }) => type === "transport");
    const pair = stats.get(transport.selectedCandidatePairId);
    const [local, remote] = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)];
    return { local: local.protocol, tcpType: local.tcpType, remote: remote.protocol, port: remote.port };
  });

test("with UDP blocked the call goes by TCP, and its sound is whole", async () => {
  const page = await pageWith("/ tcp /");
  assert.deepEqual(await dial(page, "blocked"), { ok: true });
  const call = await eventually(async () => {
    const [one] = await gateway.calls();
    return one?.a.transport === "connected" && one.a.packetsReceived > 0 && one;
  });
  assert.equal(call.a.mediaProtocol, "tcp");
  const { rate, samples } = await listen(page, SECONDS + 1);
  const pair = await pairOf(page);
  const [later] = await gateway.calls();
  await hangup(page, "blocked");
  const verdict = judge(samples, rate, BROWSER, { seconds: SECONDS });
  assert.deepEqual(verdict.problems, [], JSON.stringify(verdict));
  assert.equal(pair.local, "tcp");
  assert.equal(pair.tcpType, "active");
  assert.equal(pair.remote, "tcp");
  assert.ok(pair.port >= gateway.ports.rtc && pair.port < gateway.ports.rtc + 2, "the number of the UDP port");
  assert.ok(later.a.packetsReceived > 50 * SECONDS * 0.9, `${later.a.packetsReceived} packets`);
  assert.equal(later.a.packetsLost, 0);
  await gateway.isIdle();
  await page.context().close();
});

test("with both to choose from the browser takes UDP", async () => {
  const page = await pageWith("/./");
  assert.deepEqual(await dial(page, "free"), { ok: true });
  const call = await eventually(async () => {
    const [one] = await gateway.calls();
    return one?.a.transport === "connected" && one.a.packetsReceived > 50 && one;
  });
  assert.equal(call.a.mediaProtocol, "udp");
  assert.equal((await pairOf(page)).local, "udp");
  await hangup(page, "free");
  await gateway.isIdle();
  await page.context().close();
});

test("rtc.tcp: off says no TCP candidate and listens nowhere", async () => {
  const udpOnly = await Gateway.start(run, {
    name: "patchcord-udp",
    registrar,
    more: { rtc: { addresses: ["127.0.0.1"], port: await run.port(2), workers: 1, tcp: "off" } },
  });
  const page = await pageWith("/./", udpOnly);
  assert.deepEqual(await dial(page, "udp"), { ok: true });
  const sdp = await page.evaluate(() => lab.peers.at(-1).remoteDescription.sdp);
  await hangup(page, "udp");
  assert.match(sdp, /a=candidate:.* udp /);
  assert.doesNotMatch(sdp, /a=candidate:.* tcp /);
  await udpOnly.stop();
});

test("nothing is left", () => gateway.stop());

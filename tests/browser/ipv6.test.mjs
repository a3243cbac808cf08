// SPDX-License-Identifier: GPL-3.0-or-later
// Calls over IPv6, over IPv4, and across: the page's media by one family, the SIP server's by the same or the
// other, a phone by either. The phone sends back what it gets, so the page hears itself. What the gateway says of
// itself is of the right family, and never an IPv4 address in IPv6 clothes.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { eventually } from "../lib/run.mjs";
import { answered, Sipp, untilBye } from "../lib/sipp.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";
import { Stage } from "../lib/stage.mjs";

const SECONDS = 4;
const FOUR = { bare: "127.0.0.1", host: "127.0.0.1", type: "IP4" };
const SIX = { bare: "::1", host: "[::1]", type: "IP6" };

let stage, lab;
before(async () => {
  stage = await Stage.start(import.meta.url, { kamailio: { also: ["[::1]"] } });
  lab = await Lab.start(stage.run, { args: ["--allow-loopback-in-peer-connection"] });
});
after(() => stage?.end());

/** A gateway whose candidates are `addresses`, that speaks SIP at both loopback addresses. */
async function gatewayFor(name, addresses) {
  const { run, kamailio } = stage;
  const [rtc, sip, rtp] = [await run.port(8), await run.port(), await run.port(40)];
  return Gateway.start(run, {
    name: `patchcord-${name}`,
    more: {
      rtc: { addresses, port: rtc, workers: 1 },
      sip: {
        listen: [`udp:127.0.0.1:${sip}`, `udp:[::1]:${sip}`],
        domains: [`127.0.0.1:${kamailio.port}`, `[::1]:${kamailio.port}`],
      },
      rtp: { ports: `${rtp}-${rtp + 39}` },
    },
  });
}

async function signedIn(gateway, login, way) {
  const page = await lab.open("ours");
  const sipOptions = {
    login,
    password: passwordOf(login),
    domain: way.host,
    outboundProxy: way.host,
    port: stage.kamailio.port,
  };
  const result = await page.evaluate((options) => lab.signIn(options), { urlServer: gateway.ws, sipOptions });
  assert.deepEqual(result, { ok: true });
  return page;
}

/** The c= lines of the INVITEs that the gateway sent. */
const saidOf = (gateway) =>
  [...gateway.log().matchAll(/line="?c=IN (IP\d) ([^\s"]+)/g)].map(([, type, address]) => ({ type, address }));

for (const [title, browser, way, far] of [
  ["page IPv6, server and phone IPv4", SIX, FOUR, FOUR],
  ["page IPv4, server and phone IPv6", FOUR, SIX, SIX],
  ["page, server and phone IPv6", SIX, SIX, SIX],
  ["page and server IPv4, phone IPv6", FOUR, FOUR, SIX],
]) {
  test(title, async () => {
    const name = title.replaceAll(/\W+/g, "-");
    const gateway = await gatewayFor(name, [browser.bare]);
    const phone = await Sipp.start(stage.run, name, [...answered(), ...untilBye()], { address: far.bare });
    const page = await signedIn(gateway, "1001", way);
    assert.deepEqual(await page.evaluate((number) => lab.dial("call", number), phone.number()), { ok: true });
    const call = await eventually(async () => {
      const [one] = await gateway.calls();
      return one?.sound === "Sound flows both ways." && one;
    });
    const { rate, samples } = await listen(page, SECONDS + 1);
    await page.evaluate(() => lab.hangup("call"));
    await phone.done();
    await page.context().close();

    const verdict = judge(samples, rate, BROWSER, { seconds: SECONDS });
    assert.deepEqual(verdict.problems, [], JSON.stringify(verdict));
    assert.equal(call.a.remote.startsWith("["), browser === SIX, call.a.remote);
    assert.equal(call.b.remote.startsWith("["), far === SIX, call.b.remote);
    const [offer] = saidOf(gateway);
    assert.deepEqual(offer, { type: way.type, address: way.bare });
    assert.doesNotMatch(gateway.log(), /::ffff:/i);
    await gateway.stop();
  });
}

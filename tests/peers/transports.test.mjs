// SPDX-License-Identifier: GPL-3.0-or-later
// The main flows with a real Kamailio over UDP, TCP and TLS, over IPv6, and with digests of SHA-256. Over TCP the
// gateway listens; over TLS it does not, so that every call to it comes by the connection it registered on.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { eventually, ROOT } from "../lib/run.mjs";
import { answered, ok, pause, receive, refused, response, Sipp, uas, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";
import { offer } from "../lib/wcs.mjs";

const CA = `${ROOT}/tests/corpora/tls/ca.crt`;

const WAYS = {
  udp: { domain: (kamailio) => `127.0.0.1:${kamailio.port}`, port: (kamailio) => kamailio.port },
  tcp: {
    domain: (kamailio) => ({ host: `127.0.0.1:${kamailio.port}`, transport: "tcp" }),
    port: (kamailio) => kamailio.port,
    sip: (port) => ({ listen: [`udp:127.0.0.1:${port}`, `tcp:127.0.0.1:${port}`] }),
  },
  tls: {
    domain: (kamailio) => ({ host: `127.0.0.1:${kamailio.tlsPort}`, transport: "tls", ca: CA }),
    port: (kamailio) => kamailio.tlsPort,
  },
};

let count = 0;

/** Signed in, as browsers are, at the server by the way wanted. */
const accountBy = (way, kamailio, login) => ({ ...kamailio.account(login), sipPort: String(way.port(kamailio)) });

for (const [name, way] of Object.entries(WAYS)) {
  describe(`over ${name.toUpperCase()}`, () => {
    let stage, wcs, network;
    before(async () => {
      stage = await Stage.start(import.meta.url.replace(".test", `-${name}.test`), {
        kamailio: { tls: "sip", algorithm: name === "tls" ? "SHA-256" : "MD5" },
        gateway: (kamailio) => ({ domains: [way.domain(kamailio)], sip: way.sip }),
      });
      wcs = await stage.signIn("1001", accountBy(way, stage.kamailio, "1001"));
      network = await Baresip.start(stage.run, { kamailio: stage.kamailio });
    });
    after(() => stage?.end());

    const phone = (steps) => Sipp.start(stage.run, `${name}-${++count}`, steps);
    const finish = (callId) => wcs.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });

    async function dialToTheEnd(steps) {
      const far = await phone(steps);
      const callId = wcs.call(far.number());
      const end = await finish(callId);
      await far.done();
      return end;
    }

    test("it is registered by that transport, and the Contact says so", async () => {
      const [, contact] = await stage.kamailio.saw(/saved 1001 expires=[1-9]\d* contact=<(\S+)>/);
      assert.equal(/;transport=(\w+)/.exec(contact)?.[1] ?? "udp", name);
      const sent = /direction=out peer=\S+ transport=(\w+) [^]*?line="?REGISTER/.exec(stage.gateway.log());
      assert.equal(sent[1], name.toUpperCase());
      if (name === "tls") assert.match(stage.gateway.log(), /algorithm=SHA-256/);
    });

    test("a call out is answered, a digit goes, and the browser hangs up", async () => {
      const far = await phone([...answered({ ring: 100 }), receive("INFO", { optional: true }), ...untilBye()]);
      const callId = wcs.call(far.number());
      await wcs.expect("talk");
      wcs.hangup(callId);
      assert.equal((await finish(callId)).reason, "hangup");
      await far.done();
    });

    test("a call out is answered, and the phone hangs up", async () => {
      const end = await dialToTheEnd([...answered(), pause(200), uas.request("BYE", 1), response(200)]);
      assert.deepEqual({ reason: end.reason, by: end.by }, { reason: "hangup", by: "remote" });
    });

    test("busy", async () => assert.equal((await dialToTheEnd(refused("486 Busy Here"))).reason, "busy"));

    test("a call out is given up while it rings", async () => {
      const cancelled = [receive("CANCEL"), ok(), uas.answer("487 Request Terminated"), receive("ACK")];
      const far = await phone([uas.invite(), uas.answer("180 Ringing"), ...cancelled]);
      const callId = wcs.call(far.number());
      await wcs.expect("ring");
      wcs.hangup(callId);
      assert.equal((await finish(callId)).reason, "cancelled");
      await far.done();
    });

    for (const hanger of ["browser", "caller"]) {
      test(`a call in is answered, and the ${hanger} hangs up`, async () => {
        const mark = network.now();
        await network.dial("sip:1001@127.0.0.1");
        const call = await wcs.expect("notifyIncomingCall");
        const sdp = offer().replace(/a=setup:actpass/g, "a=setup:active");
        wcs.send("answer", { callId: call.callId, incoming: true, hasVideo: true, sdp });
        await network.waitFor("CALL_ESTABLISHED", { from: mark });
        if (hanger === "browser") wcs.hangup(call.callId);
        else await network.hangup();
        assert.equal((await finish(call.callId)).reason, "hangup");
        await network.waitFor("CALL_CLOSED", { from: mark });
      });
    }

    test("a call in is given up while it rings", async () => {
      const mark = network.now();
      await network.dial("sip:1001@127.0.0.1");
      const call = await wcs.expect("notifyIncomingCall");
      await network.hangup();
      assert.equal((await finish(call.callId)).reason, "cancelled");
      await network.waitFor("CALL_CLOSED", { from: mark });
    });

    if (name === "udp") {
      test("an INVITE too large for a datagram goes by TCP, and the call is one as any (RFC 3261 18.1.1)", async () => {
        const mark = stage.gateway.log().length;
        const far = await phone([...answered(), ...untilBye()]);
        const long = Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`X-Long-${i}`, "x".repeat(200)]));
        const callId = wcs.call(far.number(), { inviteParameters: long });
        await wcs.expect("talk");
        wcs.hangup(callId);
        assert.equal((await finish(callId)).reason, "hangup");
        await far.done();
        assert.match(stage.gateway.log().slice(mark), /direction=out peer=\S+ transport=TCP [^\n]*\n[^\n]*INVITE/);
      });
    } else {
      test("the server goes and comes back: registered anew, by itself, and called again", async () => {
        const { port, tlsPort } = stage.kamailio;
        await stage.kamailio.stop();
        await wcs.expect("fail", { where: (fail) => fail.status === "UNREGISTERED", timeout: 10_000 });
        await stage.startKamailio({ tls: "sip", port, tlsPort, algorithm: name === "tls" ? "SHA-256" : "MD5" });
        await wcs.expect("registered", { timeout: 30_000 });
        const mark = network.now();
        await network.dial("sip:1001@127.0.0.1");
        const call = await wcs.expect("notifyIncomingCall");
        wcs.hangup(call.callId);
        await finish(call.callId);
        await network.waitFor("CALL_CLOSED", { from: mark });
      });
    }

    test("at SIGTERM it is signed out, and nothing is left", async () => {
      const mark = stage.kamailio.log().length;
      await stage.curtain();
      await stage.kamailio.saw(/saved 1001 expires=(0|<null> contact=.*expires=0)/, { from: mark });
    });
  });
}

describe("over IPv6", () => {
  let stage;
  before(async () => {
    stage = await Stage.start(import.meta.url.replace(".test", "-ipv6.test"), {
      kamailio: { address: "[::1]" },
      gateway: (kamailio) => ({
        domains: [`[::1]:${kamailio.port}`],
        sip: (port) => ({ listen: [`udp:[::1]:${port}`, `tcp:[::1]:${port}`], address: "::1" }),
      }),
    });
  });
  after(() => stage?.end());

  for (const transport of ["udp", "tcp"]) {
    test(`registered, and a number nobody has, over ${transport}`, async () => {
      const account = stage.kamailio.account("1001");
      const proxy = `sip:[::1]:${stage.kamailio.port};transport=${transport}`;
      const wcs = await stage.signIn("1001", { ...account, sipOutboundProxy: proxy, sipPort: "" });
      const callId = wcs.call("7777");
      const end = await wcs.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });
      assert.equal(end.reason, "not_found");
      await wcs.close();
      await eventually(async () => (await stage.gateway.health()).registrations === 0);
    });
  }

  test("it ends well", () => stage.curtain());
});

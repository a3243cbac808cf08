// SPDX-License-Identifier: GPL-3.0-or-later
// A name server that lies, is silent, or is gone: row R-12. New calls fail in time and by name; what is up stays up,
// and a server that is known goes on being used. And the ways of RFC 3263 with two real Kamailios.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, before, test } from "node:test";
import { Kamailio } from "../lib/kamailio.mjs";
import { NameServer } from "../lib/name_server.mjs";
import { eventually } from "../lib/run.mjs";
import { answered, Sipp, uas, receive, refused, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";
import { Wcs } from "../lib/wcs.mjs";

const CALLS = 20;
const PAGES = 5;
const LIMIT = 5_000;
/** The machine is shared with whatever else is tested. */
const SLACK = 1_500;

const FAULTS = {
  nxdomain: "dns_not_found",
  servfail: "dns_failed",
  silent: "dns_failed",
  garbage: "dns_failed",
  refused: "dns_failed",
  unreachable: "dns_failed",
  "wrong-id": "dns_failed",
  "cname-loop": /dns_not_found|dns_failed/,
};

let stage, dns, page, call;
before(async () => {
  stage = await Stage.start(import.meta.url, {
    gateway: async (kamailio, run) => {
      dns = await NameServer.start(run);
      dns.add("alive.test", "NAPTR", { service: "SIP+D2U", replacement: "_sip._udp.alive.test" });
      dns.add("_sip._udp.alive.test", "SRV", { port: kamailio.port, host: "a.alive.test" });
      dns.add("a.alive.test", "A", "127.0.0.1");
      return { domains: ["*"], sip: { dns: [dns.address] } };
    },
  });
});
after(() => stage?.end());

const at = (domain, login = "1001") => ({ ...stage.kamailio.account(login), sipDomain: domain, sipOutboundProxy: "", sipPort: "" });
const finish = (wcs, callId, timeout = 15_000) =>
  wcs.expect("finish", { where: ({ callId: id }) => id === callId, timeout });

test("NAPTR, SRV and A lead to the registrar, and a call is up", async () => {
  page = await Wcs.signIn(stage.gateway.ws, at("alive.test"));
  const far = await Sipp.start(stage.run, "up", [...answered(), ...untilBye()]);
  call = { far, id: page.call(far.number()) };
  await page.expect("talk");
});

async function optionsAreAnswered() {
  const socket = createSocket("udp4");
  await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  const lines = [
    `OPTIONS sip:127.0.0.1:${stage.gateway.ports.sip} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK-${Math.random()}`,
    "From: <sip:t@127.0.0.1>;tag=1",
    "To: <sip:g@127.0.0.1>",
    `Call-ID: o-${Math.random()}`,
    "CSeq: 1 OPTIONS",
    "Max-Forwards: 5",
    "Content-Length: 0",
  ];
  const began = performance.now();
  const answer = await new Promise((resolve) => {
    socket.once("message", (bytes) => resolve(String(bytes)));
    socket.send(`${lines.join("\r\n")}\r\n\r\n`, stage.gateway.ports.sip, "127.0.0.1");
  });
  socket.close();
  assert.match(answer, /^SIP\/2\.0 200/);
  return performance.now() - began;
}

for (const [fault, wanted] of Object.entries(FAULTS)) {
  test(`${fault}: ${CALLS} new calls end by name, and nothing else is touched`, async () => {
    if (fault === "unreachable") await dns.close();
    else dns.fault = fault;
    const mark = stage.gateway.log().length;
    const began = performance.now();
    const reasons = new Map();
    let slowest = 0;
    const pages = await Promise.all(
      Array.from({ length: PAGES }, () =>
        Wcs.signIn(stage.gateway.ws, at(`${fault}.test`, "1002"), { registered: false, sipRegisterRequired: false }),
      ),
    );
    const calls = pages.flatMap((wcs) => Array.from({ length: CALLS / PAGES }, () => ({ wcs, at: performance.now(), id: wcs.call("1003") })));
    const options = await optionsAreAnswered();
    await Promise.all(
      calls.map(async ({ wcs, at: dialled, id }) => {
        const frame = await eventually(
          () => wcs.frames.find(({ message, data }) => message === "finish" && data[0].callId === id),
          { timeout: 15_000, what: `the end of a call under ${fault}` },
        );
        slowest = Math.max(slowest, frame.at - dialled);
        const [{ reason }] = frame.data;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }),
    );
    const seconds = (performance.now() - began) / 1000;
    const warnings = stage.gateway.log().slice(mark).split("\n").filter((line) => /\b(WARN|ERROR)\b/i.test(line)).length;
    for (const wcs of pages) await wcs.close();
    console.log(
      `R-12: ${fault}: ${CALLS} calls, slowest ${Math.round(slowest)} ms, ${JSON.stringify(Object.fromEntries(reasons))}, ` +
        `OPTIONS ${Math.round(options)} ms, ${(warnings / Math.max(1, seconds)).toFixed(1)} warnings/s`,
    );
    for (const reason of reasons.keys()) assert.match(reason, new RegExp(wanted));
    assert.ok(slowest < LIMIT + SLACK, `${slowest} ms`);
    assert.ok(warnings / Math.max(1, seconds) < 10);
    const up = (await stage.gateway.calls()).filter(({ state }) => state === "up");
    assert.equal(up.length, 1, "the call that was up is up");
    // The server that is known is still called.
    const far = await Sipp.start(stage.run, `known-${fault}`, refused("486 Busy Here"));
    assert.equal((await finish(page, page.call(far.number()))).reason, "busy");
    await far.done();
    if (fault === "unreachable") await dns.open();
    dns.fault = undefined;
  });
}

test("an answer of thousands of records is cut to what can be tried", async () => {
  dns.fault = "huge";
  const wcs = await Wcs.signIn(stage.gateway.ws, at("huge.test", "1002"), { registered: false, sipRegisterRequired: false });
  const end = await finish(wcs, wcs.call("1003"), 30_000);
  assert.match(end.reason, /sip_unreachable|dns_failed|dns_not_found/);
  await wcs.close();
  dns.fault = undefined;
});

test("after all that the call that was up ends as calls do", async () => {
  page.hangup(call.id);
  assert.equal((await finish(page, call.id)).reason, "hangup");
  await call.far.done();
});

test("a name that is not there ends a sign-in by name", async () => {
  const wcs = await Wcs.signIn(stage.gateway.ws, at("nowhere.test"), { registered: false });
  const fail = await wcs.expect("fail", { timeout: 6_000 });
  assert.equal(fail.reason, "dns_not_found");
  await wcs.closed;
});

test("SRV: the first server is down, the second takes the registration and the call at once", async () => {
  const dead = await stage.run.port();
  dns.add("_sip._udp.pair.test", "SRV", { priority: 1, port: dead, host: "a.alive.test" });
  dns.add("_sip._udp.pair.test", "SRV", { priority: 2, port: stage.kamailio.port, host: "a.alive.test" });
  dns.add("pair.test", "A", "127.0.0.1");
  const began = performance.now();
  const wcs = await Wcs.signIn(stage.gateway.ws, at("pair.test", "1003"));
  const far = await Sipp.start(stage.run, "pair", [uas.invite(), uas.answer("486 Busy Here"), receive("ACK")]);
  assert.equal((await finish(wcs, wcs.call(far.number()))).reason, "busy");
  assert.ok(performance.now() - began < 4_000);
  await far.done();
  await wcs.close();
});

test("SRV: a server that is silent is given up after four seconds, and passed over from then on", async () => {
  const silent = createSocket("udp4");
  await new Promise((resolve) => silent.bind(0, "127.0.0.1", resolve));
  let asked = 0;
  silent.on("message", () => ++asked);
  dns.add("_sip._udp.quiet.test", "SRV", { priority: 1, port: silent.address().port, host: "a.alive.test" });
  dns.add("_sip._udp.quiet.test", "SRV", { priority: 2, port: stage.kamailio.port, host: "a.alive.test" });
  dns.add("quiet.test", "A", "127.0.0.1");
  const wcs = await Wcs.signIn(stage.gateway.ws, at("quiet.test", "1004"), { registered: false });
  await wcs.expect("registered", { timeout: 10_000 });
  const before = asked;
  assert.ok(before > 0);
  assert.equal((await finish(wcs, wcs.call("7777"))).reason, "not_found");
  assert.equal(asked, before, "nothing more is lost on it");
  await wcs.close();
  silent.close();
});

test("a SIP server that is silent: the page hears of it after five seconds, and when it is there again", async () => {
  const port = await stage.run.port();
  const silent = createSocket("udp4");
  await new Promise((resolve) => silent.bind(port, "127.0.0.1", resolve));
  const account = { ...stage.kamailio.account("1001"), sipPort: String(port) };
  const began = performance.now();
  const wcs = await Wcs.signIn(stage.gateway.ws, account, { registered: false });
  const fail = await wcs.expect("fail", { timeout: 10_000 });
  assert.deepEqual({ status: fail.status, reason: fail.reason }, { status: "UNREGISTERED", reason: "sip_timeout" });
  assert.ok(performance.now() - began < 6_000 + SLACK);
  const callId = wcs.call("7777");
  const dialled = performance.now();
  assert.equal((await finish(wcs, callId)).reason, "sip_timeout");
  assert.ok(performance.now() - dialled < 8_000 + SLACK);
  await new Promise((resolve) => silent.close(resolve));
  const late = await Kamailio.start(stage.run, { name: "kamailio-late", port });
  await wcs.expect("registered", { timeout: 15_000 });
  await wcs.close();
  await late.stop();
});

test("a SIP server that refuses: told at once, at the call too", async () => {
  const port = await stage.run.port();
  const account = { ...stage.kamailio.account("1001"), sipPort: String(port) };
  const wcs = await Wcs.signIn(stage.gateway.ws, account, { registered: false, sipRegisterRequired: false });
  const began = performance.now();
  assert.equal((await finish(wcs, wcs.call("7777"))).reason, "sip_unreachable");
  assert.ok(performance.now() - began < 1_000 + SLACK);
  await wcs.close();
});

test("it ends well", () => stage.curtain());

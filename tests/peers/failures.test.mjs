// SPDX-License-Identifier: GPL-3.0-or-later
// Calls that a SIP server or a phone makes fail in its own ways, and what the page is told. The server is
// a script, for what Kamailio would put right on the way.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { RawSip } from "../lib/raw_sip.mjs";
import { Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

let run, gateway, server, wcs;
before(async () => {
  run = await Run.start(import.meta.url);
  server = await RawSip.start(run);
  gateway = await Gateway.start(run, {
    domains: [`127.0.0.1:${server.port}`],
    limits: { media_inactivity: "2s" },
  });
  server.gateway = gateway.ports.sip;
  wcs = await Wcs.signIn(gateway.ws, server.account("1001"));
});
afterEach(() => gateway.child.isRunning() && gateway.isIdle());
after(() => run?.end());

const finish = (callId) => wcs.expect("finish", { where: (call) => call.callId === callId, timeout: 10_000 });
/** Dials; gives the call's id and its INVITE. */
async function dial() {
  const from = server.messages.length;
  const callId = wcs.call("+4930123456");
  return { callId, from, invite: await server.request("INVITE", { from }) };
}
/** Refuses an INVITE; gives the one that follows it, if any is expected. */
async function refuse(invite, status, options) {
  const from = server.messages.length;
  await server.answer(invite, status, options);
  await server.request("ACK", { from });
  return { next: () => server.request("INVITE", { from }) };
}
const challenge = (name, nonce) => ({
  fields: [`${name}-Authenticate: Digest realm="127.0.0.1", nonce="${nonce}", algorithm=MD5, qop="auth"`],
});

for (const [what, first, second, reason, status] of [
  ["401 twice", ["401 Unauthorized", challenge("WWW", "a")], ["401 Unauthorized", challenge("WWW", "b")], "auth_rejected", 401],
  ["407, then 403", ["407 Proxy Authentication Required", challenge("Proxy", "a")], ["403 Forbidden"], "forbidden", 403],
]) {
  test(`${what}: ${reason}`, async () => {
    const { callId, invite } = await dial();
    const again = await (await refuse(invite, ...first)).next();
    assert.match(again.text, /^(Proxy-)?Authorization: Digest /m);
    await refuse(again, ...second);
    const end = await finish(callId);
    assert.deepEqual({ reason: end.reason, sip: end.sipStatus }, { reason, sip: status });
  });
}

test("503 with a Retry-After: the server is there, and busy", async () => {
  const { callId, invite } = await dial();
  await refuse(invite, "503 Service Unavailable", { fields: ["Retry-After: 30"] });
  const end = await finish(callId);
  assert.deepEqual({ reason: end.reason, sip: end.sipStatus }, { reason: "server_busy", sip: 503 });
  await gateway.child.waitFor(/call\.ended .*reason=server_busy.*retry_after=30/);
});

test("302 to where this gateway may send is followed, in the same call", async () => {
  const { callId, invite } = await dial();
  const contact = `<sip:+4940555@127.0.0.1:${server.port}>`;
  const moved = await (await refuse(invite, "302 Moved Temporarily", { contact })).next();
  assert.match(moved.startLine, /^INVITE sip:\+4940555@/);
  assert.equal(moved.field("Call-ID"), invite.field("Call-ID"));
  await refuse(moved, "486 Busy Here");
  assert.equal((await finish(callId)).reason, "busy");
});

for (const status of ["302 Moved Temporarily", "305 Use Proxy"]) {
  test(`${status} to anywhere else is told by name, and nobody is asked`, async () => {
    const elsewhere = await RawSip.start(run, { ip: "127.0.0.66", gateway: gateway.ports.sip });
    const { callId, invite } = await dial();
    await refuse(invite, status, { contact: `<sip:+979123@127.0.0.66:${elsewhere.port}>` });
    const end = await finish(callId);
    assert.deepEqual({ reason: end.reason, sip: end.sipStatus }, { reason: "redirected", sip: Number(status.slice(0, 3)) });
    assert.equal(elsewhere.messages.length, 0);
  });
}

test("the Reason and the Warning of a refusal are in the log too", async () => {
  const { callId, invite } = await dial();
  await refuse(invite, "606 Not Acceptable", {
    fields: ['Reason: Q.850;cause=65;text="Bearer"', 'Warning: 399 server "No such bearer"'],
  });
  const end = await finish(callId);
  assert.deepEqual({ q850: end.q850, warning: end.warning }, { q850: 65, warning: "No such bearer" });
  await gateway.child.waitFor(/call\.ended .*q850=65 warning="No such bearer"/);
});

test("a phone that vanishes in a call: media_silent within its time, and our BYE is tried", async () => {
  const { callId, from, invite } = await dial();
  await server.answer(invite, "200 OK", { body: server.sdp() });
  await server.request("ACK", { from });
  await wcs.expect("talk");
  const end = await finish(callId);
  assert.equal(end.reason, "media_silent");
  await server.request("BYE", { from }); // and it is never answered
});

test("a phone that knows the call no more ends it by name", async () => {
  const { callId, from, invite } = await dial();
  await server.answer(invite, "200 OK", { body: server.sdp() });
  await server.request("ACK", { from });
  await wcs.expect("talk");
  wcs.send("sendDtmf", { callId, type: "INFO", dtmf: 5 });
  await server.answer(await server.request("INFO", { from }), "481 Call/Transaction Does Not Exist");
  assert.equal((await finish(callId)).reason, "peer_gone");
});

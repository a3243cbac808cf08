// SPDX-License-Identifier: GPL-3.0-or-later
// Attacks inside a SIP dialog: who may end or change a call, how often, and what a storm of answers
// leaves behind. Loopback only; the attacker has the address 127.0.0.66.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { RawSip } from "../lib/raw_sip.mjs";
import { delay, eventually, Run } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

let run, gateway, phone, stranger, wcs;
before(async () => {
  run = await Run.start(import.meta.url);
  phone = await RawSip.start(run);
  gateway = await Gateway.start(run, { domains: [`127.0.0.1:${phone.port}`] });
  phone.gateway = gateway.ports.sip;
  stranger = await RawSip.start(run, { ip: "127.0.0.66", gateway: gateway.ports.sip });
  wcs = await Wcs.signIn(gateway.ws, phone.account("1001"));
});
afterEach(() => gateway.isIdle());
after(() => run?.end());

const counted = (messages) => {
  const counts = {};
  for (const { status } of messages) if (status >= 200) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};

/** A call of the page that the phone has answered; its INVITE. */
async function callUp() {
  const from = phone.messages.length;
  const callId = wcs.call("+4930123456");
  const invite = await phone.request("INVITE", { from });
  await phone.answer(invite, "200 OK", { body: phone.sdp() });
  await phone.request("ACK", { from });
  await wcs.expect("talk");
  return { callId, invite };
}
const isUp = async () => (await gateway.calls()).map(({ state }) => state).join() === "up";
async function hangUp(callId) {
  const from = phone.messages.length;
  wcs.hangup(callId);
  await phone.answer(await phone.request("BYE", { from }), "200 OK");
  await wcs.expect("finish", { where: (call) => call.callId === callId });
}

test("2.1-16: neither wrong tags nor the right ones from elsewhere move a call", async () => {
  const { callId, invite } = await callUp();
  const from = phone.messages.length;
  let cseq = 1000;
  let wrong = 0;
  for (const method of ["BYE", "INVITE", "CANCEL", "UPDATE", "INFO", "PRACK"]) {
    for (const tags of [{ tag: "guess" }, { to: "<sip:1001@127.0.0.1>;tag=guess" }, { to: "<sip:1001@127.0.0.1>" }]) {
      if (method === "INVITE" && !tags.tag && !tags.to.includes("tag=")) continue; // that is a new call
      await phone.ask(method, invite, { cseq: ++cseq, body: method === "INVITE" ? phone.sdp() : "", ...tags });
      ++wrong;
    }
  }
  await eventually(() => phone.messages.slice(from).filter(({ status }) => status > 100).length >= wrong);
  assert.deepEqual(counted(phone.messages.slice(from)), { 481: wrong });

  let spoofed = 0;
  for (let i = 0; i < 20; ++i) {
    for (const method of ["BYE", "INVITE", "UPDATE", "INFO", "OPTIONS"]) {
      await stranger.ask(method, invite, { cseq: ++cseq, body: method === "INVITE" ? stranger.sdp() : "" });
      ++spoofed;
    }
  }
  // What is asked after all of it, by the phone itself, is answered: the others have been looked at.
  const mark = phone.messages.length;
  await phone.ask("OPTIONS", invite, { cseq: ++cseq });
  await phone.expect(({ status }) => status === 200, { from: mark });
  assert.equal(stranger.messages.length, 0);
  assert.ok(await isUp());
  await hangUp(callId);
  console.log(`2.1-16: ${wrong} requests with wrong tags, all 481; ${spoofed} with the right ones from elsewhere, 0 answered, 0 calls ended`);
});

test("2.1-15: a flood of re-INVITEs is bounded and ends nothing", async () => {
  const { callId, invite } = await callUp();
  const from = phone.messages.length;
  const began = performance.now();
  const total = 150;
  for (let i = 0; i < total; ++i) {
    const cseq = 1 + i;
    await phone.ask("INVITE", invite, { cseq, body: phone.sdp({ codec: i % 2 ? 0 : 8, version: 2 + i }) });
    await delay(10);
    await phone.ask("ACK", invite, { cseq });
  }
  const finals = () => phone.messages.slice(from).filter(({ status, method }) => status >= 200 && method === "INVITE");
  const answeredOnes = () => new Set(finals().map((message) => message.field("CSeq"))).size;
  await eventually(() => answeredOnes() === total, { timeout: 10_000, what: "an answer to each" });
  const seconds = (performance.now() - began) / 1000;
  const accepted = new Set(
    finals()
      .filter(({ status }) => status === 200)
      .map((message) => message.field("CSeq")),
  ).size;
  for (const { status } of finals()) assert.ok([200, 491, 500].includes(status), `${status}`);
  assert.ok(accepted >= 1 && accepted <= 5 * (Math.ceil(seconds) + 1), `${accepted} in ${seconds} s`);
  assert.ok(await isUp());
  await hangUp(callId);
  console.log(`2.1-15: ${total} re-INVITEs in ${seconds.toFixed(1)} s, ${accepted} accepted, ${total - accepted} refused, 0 calls ended`);
});

test("2.1-19: twenty provisional answers and ten different 200s, each three times, are one call", async () => {
  const from = phone.messages.length;
  const callId = wcs.call("+4930123456");
  const invite = await phone.request("INVITE", { from });
  for (let i = 0; i < 20; ++i) await phone.answer(invite, `18${i % 4} Provisional`, { tag: `fork${i}`, body: i % 3 ? "" : phone.sdp({ version: i }) });
  for (let repeat = 0; repeat < 3; ++repeat) {
    for (let i = 0; i < 10; ++i) await phone.answer(invite, "200 OK", { tag: `fork${i}`, body: phone.sdp() });
  }
  await phone.answer(invite, "180 Ringing", { tag: "fork15" });
  await wcs.expect("talk");
  const of = (method) => phone.messages.slice(from).filter((message) => message.status === 0 && message.method === method);
  const dialogs = (method) => new Set(of(method).map((message) => message.field("To"))).size;
  await eventually(() => of("ACK").length >= 30 && dialogs("BYE") === 9, { what: "an ACK for each 200, and nine BYEs" });
  for (const to of new Set(of("BYE").map((message) => message.field("To")))) {
    await phone.answer(of("BYE").find((message) => message.field("To") === to), "200 OK");
  }
  assert.equal(dialogs("ACK"), 10);
  assert.ok(await isUp());
  assert.equal(wcs.storyOf(callId).filter((name) => name === "talk/ESTABLISHED").length, 1);
  await hangUp(callId);
  console.log(`2.1-19: 21 provisional answers, 30 of 10 forks, 1 call, ${of("ACK").length} ACKs, 9 forks ended, 0 left`);
});

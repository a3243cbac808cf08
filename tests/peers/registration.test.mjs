// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in at a real registrar, with and without luck, and signing out again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Gateway } from "../lib/gateway.mjs";
import { Kamailio, passwordOf } from "../lib/kamailio.mjs";
import { Stage, WRONG_PASSWORD } from "../lib/stage.mjs";
import { eventually } from "../lib/run.mjs";
import { Wcs } from "../lib/wcs.mjs";

let stage, kamailio, gateway;
before(async () => {
  stage = await Stage.start(import.meta.url);
  ({ kamailio, gateway } = stage);
});
after(() => stage?.end());

/** A refusal as the page sees it: a fail with the code the vendor's SDK knows, then the end. */
async function refusal(wcs, status) {
  const fail = await wcs.expect("fail", { timeout: 20_000 });
  assert.equal(fail.status, status, JSON.stringify(fail));
  await eventually(() => wcs.isClosed, { timeout: 10_000, what: "the gateway closing the connection" });
  return fail;
}

test("the registrar takes login and password, once, and the login is told back (T2)", async () => {
  const mark = kamailio.log().length;
  const wcs = await Wcs.connect(gateway.ws);
  wcs.send("connection", { appKey: "defaultApp", mediaProviders: ["WebRTC"], ...kamailio.account("1001") });
  const user = await wcs.expect("getUserData");
  assert.equal(user.sipLogin, "1001");
  assert.ok(user.authToken.length >= 16);
  assert.ok(!JSON.stringify(user).includes(passwordOf("1001")));
  await wcs.expect("registered");
  await kamailio.saw(/saved 1001 expires=[1-9]/, { from: mark });
  assert.equal((await gateway.health()).registrations, 1);

  const before = kamailio.log().length;
  await wcs.close();
  await kamailio.saw(/saved 1001 expires=(0|<null> contact=.*expires=0)/, { from: before });
  await eventually(async () => (await gateway.health()).registrations === 0);
});

test("two pages of one user are two contacts; one leaving keeps the other", async () => {
  const [a, b] = [await stage.signIn("1002"), await stage.signIn("1002")];
  const mark = kamailio.log().length;
  await a.close();
  const [, contact] = await kamailio.saw(/saved 1002 expires=0 contact=<(\S+)>/, { from: mark });
  await eventually(async () => (await gateway.health()).registrations === 1);
  assert.ok(!b.isClosed);
  const others = kamailio.log().split(`saved 1002 expires=600 contact=<${contact}>`).length - 1;
  assert.equal(others, 1, "it took back its own contact, not the other's");
  await b.close();
});

test("a name of its own for the digest", async () => {
  const account = { ...kamailio.account("1003"), sipAuthenticationName: "1003" };
  const wcs = await Wcs.signIn(gateway.ws, account);
  await wcs.close();
});

test("a wrong password is refused, told, and ends the connection", async () => {
  const wcs = await stage.signIn("1001", { password: WRONG_PASSWORD, registered: false });
  const fail = await refusal(wcs, "AUTHENTICATION_FAIL");
  assert.equal(fail.reason, "auth_rejected");
});

test("423 is obeyed: the registration comes about with the longer time", async () => {
  const mark = kamailio.log().length;
  const wcs = await stage.signIn("1423");
  await kamailio.saw(/saved 1423/, { from: mark });
  const expires = [
    ...kamailio
      .log()
      .slice(mark)
      .matchAll(/request REGISTER \S+ from=1423 .*?expires=(\d+)/g),
  ].map((found) => Number(found[1]));
  assert.ok(expires.at(-1) >= 1800, `asked for ${expires}`);
  await wcs.close();
});

test("503 from the registrar is told as such", async () => {
  const wcs = await stage.signIn("1503", { registered: false });
  const fail = await wcs.expect("fail", { timeout: 20_000 });
  assert.equal(fail.apiMethod, "RegistrationStatusEvent");
  assert.ok(["sip_unreachable", "server_error"].includes(fail.reason), JSON.stringify(fail));
  await wcs.close();
});

test("a domain that is not allowed is refused without a packet to it (T53)", async () => {
  const wcs = await Wcs.connect(gateway.ws);
  wcs.send("connection", { ...kamailio.account("1001"), sipDomain: "192.0.2.1", sipOutboundProxy: "192.0.2.1" });
  const fail = await wcs.expect("fail", { timeout: 3_000 });
  assert.equal(fail.reason, "domain_not_allowed");
  await eventually(() => wcs.isClosed, { timeout: 10_000 });
});

test("without registering, calls only (T17 is the opposite)", async () => {
  const mark = kamailio.log().length;
  const wcs = await stage.signIn("1004", { registered: false, sipRegisterRequired: "false" });
  await assert.rejects(wcs.expect("registered", { timeout: 1_000 }));
  assert.ok(!kamailio.log().slice(mark).includes("from=1004"));
  await wcs.close();
});

test("digest with SHA-256", async () => {
  const other = await Kamailio.start(stage.run, { name: "kamailio-sha256", algorithm: "SHA-256" });
  const second = await Gateway.start(stage.run, { name: "patchcord-sha256", kamailio: other });
  const wcs = await Wcs.signIn(second.ws, other.account("1001"));
  await second.child.waitFor(/algorithm=SHA-256/);
  await wcs.close();
  await second.stop();
  await other.stop();
});

test("a registrar that is not there: told within its time, and the page is let go", async () => {
  const port = await stage.run.port();
  const second = await Gateway.start(stage.run, { name: "patchcord-nobody", domains: ["127.0.0.1"] });
  const wcs = await Wcs.signIn(
    second.ws,
    { ...kamailio.account("1001"), sipPort: String(port) },
    { registered: false },
  );
  const fail = await wcs.expect("fail", { timeout: 40_000 });
  assert.ok(["sip_timeout", "sip_unreachable"].includes(fail.reason), JSON.stringify(fail));
  await eventually(() => wcs.isClosed, { timeout: 10_000 });
  await second.stop();
});

test("T49: SIGTERM withdraws every registration before the end", async () => {
  const pages = [await stage.signIn("1001"), await stage.signIn("1002"), await stage.signIn("1003")];
  const mark = kamailio.log().length;
  await stage.curtain();
  for (const login of ["1001", "1002", "1003"]) {
    await kamailio.saw(new RegExp(`saved ${login} expires=(0|<null> contact=.*expires=0)`), { from: mark });
  }
  for (const page of pages) assert.notEqual((await page.closed).code, 1006, "a goodbye, not a torn connection");
});

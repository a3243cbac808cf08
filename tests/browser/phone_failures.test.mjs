// SPDX-License-Identifier: GPL-3.0-or-later
// Why a call failed, as the Phone page says it: real SIP answers through a real Kamailio, each with its
// sentence, its status in small print, and its one button.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, before, test } from "node:test";
import { ChromiumDrive } from "../lib/drive/chromium.mjs";
import { id } from "../lib/drive/drive.mjs";
import { passwordOf } from "../lib/kamailio.mjs";
import { Phone } from "../lib/phone.mjs";
import { answered, refused, Sipp, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";

let stage, ann, silent;
before(async () => {
  // A SIP server that never answers: it only takes what is sent.
  silent = createSocket("udp4");
  await new Promise((resolve) => silent.bind(0, "127.0.0.1", resolve));
  stage = await Stage.start(import.meta.url, { gateway: { domains: ["127.0.0.1"] } });
  const drive = await ChromiumDrive.start(stage.run);
  ann = await Phone.open(drive, stage.gateway.page);
});
after(async () => {
  silent?.close();
  await stage?.end();
});

async function signIn(port) {
  await ann.page.see(id("login"));
  await ann.page.run(() => (document.querySelector(".account-form details").open = true));
  await ann.page.fill(id("outbound-proxy"), `127.0.0.1:${port}`);
  await ann.signIn("1001", { password: passwordOf("1001"), domain: "127.0.0.1" });
}

test("a SIP server that does not answer: the page says whom it waits for, and can be told to stop", async () => {
  await signIn(silent.address().port);
  await ann.page.see(id("sign-in-slow"));
  await ann.page.click(id("sign-in-cancel"));
  await ann.page.gone(id("sign-in-slow"));
  await signIn(stage.kamailio.port);
  await ann.line("online");
});

let sipps = 0;
for (const [status, reason, words, button] of [
  ["486 Busy Here", "busy", /^Busy\./, /Call again/],
  ["404 Not Found", "not_found", /does not exist or is incomplete: \+49/, /Edit the number/],
  ["480 Temporarily Unavailable", "no_answer", /^No answer\./, /Call again/],
  ["603 Decline", "declined", /The provider said: “Decline”/, /Copy a report/],
  ["403 Forbidden", "forbidden", /The provider said: “Forbidden”/, /Copy a report/],
  ["488 Not Acceptable Here", "no_codec", /No common audio codec/, /Copy a report/],
  // A proxy makes another 5xx of a 503, so that nobody avoids the proxy itself (RFC 3261 16.7).
  ["503 Service Unavailable", "server_error", /The provider has a problem \(50[03]\)/, /Call again/],
]) {
  test(`${status}: ${reason}, in words and with one button`, async () => {
    const far = await Sipp.start(stage.run, `p${++sipps}`, refused(status));
    await ann.dial(far.number());
    await ann.failure(reason);
    await far.done();
    assert.match(await ann.page.text(id("call-error")), words);
    assert.match(await ann.page.text(id("call-error")), new RegExp(`SIP \\d`));
    assert.equal(await ann.page.count(id("call-error-action")), 1);
    assert.match(await ann.page.text(id("call-error-action")), button);
  });
}

test("a call to a phone, its digits, and the list of calls tells all of it", async () => {
  const far = await Sipp.start(stage.run, `p${++sipps}`, [...answered({ ring: 300 }), ...untilBye()]);
  await ann.dial(far.number());
  await ann.isTalking();
  await ann.hangup();
  await ann.isIdle();
  await far.done();
  const list = await ann.page.text(id("recents"));
  for (const outcome of ["busy", "no answer", "refused", "failed"]) assert.match(list, new RegExp(`· ${outcome}`));
  assert.deepEqual(ann.page.problems, []);
});

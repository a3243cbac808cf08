// SPDX-License-Identifier: GPL-3.0-or-later
// The peers among themselves, without the gateway: when this fails, the others need not be believed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Baresip } from "../lib/baresip.mjs";
import { Kamailio, passwordOf } from "../lib/kamailio.mjs";
import { delay, Run } from "../lib/run.mjs";
import { answered, Sipp, untilBye } from "../lib/sipp.mjs";
import { judge, PHONE } from "../lib/sound.mjs";

let run, kamailio;
before(async () => {
  run = await Run.start(import.meta.url);
  kamailio = await Kamailio.start(run);
});
after(() => run.end());

test("a registered phone and the telephone network hear each other", async () => {
  const mobile = await Baresip.start(run, { kamailio, user: "1002", password: passwordOf("1002") });
  const network = await Baresip.start(run, { kamailio });
  await network.dial("sip:1002@127.0.0.1");
  await Promise.all([mobile, network].map((phone) => phone.waitFor("CALL_ESTABLISHED")));
  const mark = mobile.now();
  await delay(1000);
  await network.digit("5");
  await delay(2500);
  await network.hangup();
  await mobile.waitFor("CALL_CLOSED");
  for (const phone of [mobile, network]) {
    const { samples, rate } = await phone.heard();
    const verdict = judge(samples, rate, PHONE, { seconds: 2 });
    assert.deepEqual(verdict.problems, []);
  }
  assert.equal(mobile.digits(mark), "5");
});

test("sipp answers as the telephone network and sends the sound back", async () => {
  const phone = await Baresip.start(run, { kamailio, user: "1003", password: passwordOf("1003") });
  const far = await Sipp.start(run, "echo", [...answered({ ring: 200 }), ...untilBye()]);
  await phone.dial(`sip:${far.number()}@127.0.0.1`);
  await phone.waitFor("CALL_ESTABLISHED");
  await delay(3500);
  await phone.hangup();
  await far.done();
  const { samples, rate } = await phone.heard();
  const verdict = judge(samples, rate, PHONE, { seconds: 2 });
  assert.deepEqual(verdict.problems, []);
});

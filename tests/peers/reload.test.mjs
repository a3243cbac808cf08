// SPDX-License-Identifier: GPL-3.0-or-later
// SIGHUP: a changed configuration, a wrong one, a rotated record file and a renewed certificate, each
// while a call goes on.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync, readFileSync } from "node:fs";
import { connect } from "node:tls";
import { after, before, test } from "node:test";
import { eventually } from "../lib/run.mjs";
import { answered, refused, Sipp, untilBye } from "../lib/sipp.mjs";
import { Stage } from "../lib/stage.mjs";

let stage, wcs, far, callId, https, certificate;
before(async () => {
  stage = await Stage.start(import.meta.url, { gateway: { more: {} } });
  await stage.gateway.stop();
  // The same gateway once more, with TLS and a certificate of ours.
  const { folder, ports } = stage.gateway;
  https = await stage.run.port();
  certificate = { certificate: `${folder}/page.crt`, key: `${folder}/page.key` };
  makeCertificate("first.example");
  const { Gateway } = await import("../lib/gateway.mjs");
  stage.gateway = await Gateway.start(stage.run, {
    kamailio: stage.kamailio,
    ports,
    more: {
      tls: certificate,
      listen: { http: `127.0.0.1:${ports.http}`, https: `127.0.0.1:${https}`, admin: `127.0.0.1:${ports.admin}` },
    },
  });
  wcs = await stage.signIn("1001");
  far = await Sipp.start(stage.run, "through", [...answered(), ...untilBye()]);
  callId = wcs.call(far.number());
  await wcs.expect("talk");
});
after(() => stage?.end());

function makeCertificate(name) {
  const { certificate: crt, key } = certificate;
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  execFileSync("openssl", [...args, "-subj", `/CN=${name}`, "-keyout", key, "-out", crt], { stdio: "ignore" });
}

const servedName = () =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: https, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.end();
    }).once("error", reject);
  });

const file = () => `${stage.gateway.folder}/patchcord.yaml`;
function rewrite(change) {
  const config = JSON.parse(readFileSync(file(), "utf8"));
  change(config);
  writeFileSync(file(), JSON.stringify(config, null, 2));
}

/** SIGHUP, and what the log said of it: everything up to its last word. */
async function reload() {
  const from = stage.gateway.log().length;
  process.kill(stage.gateway.child.pid, "SIGHUP");
  await stage.gateway.child.waitFor(/config\.(reloaded|kept)/, { from });
  return stage.gateway.log().slice(from);
}

const isUp = async () => (await stage.gateway.calls()).some(({ state, a }) => state === "up" && a.id === callId);

test("a limit that changed holds from now on, for calls to come", async () => {
  rewrite((config) => (config.limits = { calls: 1 }));
  const said = await reload();
  assert.match(said, /config\.changed .*key=limits\.calls .*to=1 .*effective=now/);
  const second = wcs.call("+4930012345");
  assert.equal((await wcs.expect("finish", { where: (end) => end.callId === second })).reason, "overloaded");
  assert.ok(await isUp());
  rewrite((config) => delete config.limits);
  await reload();
});

test("what needs a restart says so, and stays", async () => {
  rewrite((config) => (config.rtc.port += 2));
  assert.match(await reload(), /config\.changed key=rtc\.port .*effective="after a restart"/);
  assert.ok(await isUp());
});

test("a file with a mistake changes nothing, and says what is wrong", async () => {
  rewrite((config) => ((config.limits = { calls: 1, cals: 2 }), (config.sip.domains = [])));
  assert.match(await reload(), /config\.wrong .*line=.*limits\.calls.*[\s\S]*config\.kept/);
  const busy = await Sipp.start(stage.run, "busy", refused("486 Busy Here"));
  const second = wcs.call(busy.number());
  assert.equal((await wcs.expect("finish", { where: (end) => end.callId === second })).reason, "busy");
  await busy.done();
  rewrite((config) => (delete config.limits, (config.sip.domains = [`127.0.0.1:${stage.kamailio.port}`])));
});

test("a SIP server that is no longer allowed is not asked any more", async () => {
  rewrite((config) => (config.sip.domains = ["elsewhere.example"]));
  await reload();
  const second = wcs.call("+4930012345");
  assert.equal((await wcs.expect("finish", { where: (end) => end.callId === second })).reason, "domain_not_allowed");
  assert.ok(await isUp(), "a call in progress goes on");
  rewrite((config) => (config.sip.domains = [`127.0.0.1:${stage.kamailio.port}`]));
  await reload();
});

test("a renewed certificate is served, a broken one is not", async () => {
  assert.equal(await servedName(), "first.example");
  makeCertificate("second.example");
  await reload();
  assert.equal(await servedName(), "second.example");
  writeFileSync(certificate.certificate, "not a certificate\n");
  assert.match(await reload(), /certificate\.kept .*page\.crt/);
  assert.equal(await servedName(), "second.example");
  makeCertificate("third.example");
  await reload();
});

test("after a rotation records go to a new file", async () => {
  const records = `${stage.gateway.folder}/state/calls.jsonl`;
  renameSync(records, `${records}.1`);
  await reload();
  wcs.hangup(callId);
  await wcs.expect("finish", { where: (end) => end.callId === callId });
  await far.done();
  await eventually(() => stage.gateway.records().some(({ a }) => a.id === callId), { what: "the record" });
});

test("the call that saw it all was never disturbed, and nothing is left", async () => {
  const [record] = stage.gateway.records();
  assert.deepEqual([record.reason, record.by], ["hangup", "a"]);
  await stage.curtain();
});

// SPDX-License-Identifier: GPL-3.0-or-later
// The microphone in the user's hands: refused and then allowed, missing, changed in a call, unplugged.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ChromiumDrive } from "../lib/drive/chromium.mjs";
import { id, NARROW } from "../lib/drive/drive.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { faultsOf } from "../lib/look.mjs";
import { Phone, registrar } from "../lib/phone.mjs";
import { Run } from "../lib/run.mjs";

let run, gateway, drive;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { domains: [], registrar });
  drive = await ChromiumDrive.start(run, { asksForMicrophone: true });
});
after(() => run.end());

/** A headset that the list has on top of the browser's own devices, until it is unplugged. */
const HEADSET = `
  const { mediaDevices } = navigator;
  const enumerate = mediaDevices.enumerateDevices.bind(mediaDevices);
  const open = mediaDevices.getUserMedia.bind(mediaDevices);
  window.headset = { plugged: true, opened: 0 };
  const entry = (kind) => ({ deviceId: "headset", groupId: "h", kind, label: "Red headset" });
  mediaDevices.enumerateDevices = async () => [
    ...(await enumerate()),
    ...(window.headset.plugged ? [entry("audioinput"), entry("audiooutput")] : []),
  ];
  mediaDevices.getUserMedia = (wanted) => {
    const { deviceId, ...audio } = wanted.audio === true ? {} : wanted.audio;
    if (!JSON.stringify(deviceId ?? "").includes("headset")) return open(wanted);
    if (!window.headset.plugged) return Promise.reject(new DOMException("gone", "NotFoundError"));
    window.headset.opened++;
    return open({ ...wanted, audio });
  };
  window.plug = (plugged) => {
    window.headset.plugged = plugged;
    mediaDevices.dispatchEvent(new Event("devicechange"));
  };`;

test("refused: the page says how to allow it, and dials by itself once it is allowed", async () => {
  const ann = await (await Phone.open(drive, gateway.page, { permissions: [] })).online("ann");
  const { page } = ann;
  await ann.dial("600");
  await ann.failure("microphone_blocked");
  assert.match(await page.text(id("call-error")), /icon left of the address/);
  assert.deepEqual(await faultsOf(page), []);
  await page.shot(`${run.folder}/blocked.png`);
  await page.allow("microphone");
  await ann.isTalking();
  await ann.hangup();
  await ann.isIdle();
  await page.close();
});

test("no microphone at all: the button leads to the devices", async () => {
  const none = `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotFoundError"));`;
  const ann = await (await Phone.open(drive, gateway.page, { init: none })).online("ann");
  await ann.dial("600");
  await ann.failure("microphone_missing");
  await ann.page.click(id("call-error-action"));
  await ann.page.see(id("device-mic"));
  await ann.page.close();
});

test("the connection test: each step, and a verdict in words", async () => {
  const options = { permissions: ["microphone"], viewport: NARROW };
  const ann = await (await Phone.open(drive, gateway.page, options)).online("ann");
  const { page } = ann;
  await page.click(id("settings"));
  await page.click(id("test-run"));
  await page.see(id("test-verdict"), 60_000);
  const steps = await page.run(() =>
    [...document.querySelectorAll("[data-step]")].map(({ dataset }) => `${dataset.step} ${dataset.result}`),
  );
  for (const step of ["microphone ok", "socket ok", "sign_in ok", "udp ok", "sound ok", "tcp ok"])
    assert.ok(steps.includes(step), `${step} is not in ${steps.join(", ")}`);
  assert.match(await page.text(id("test-verdict")), /All is well/);
  assert.deepEqual(await faultsOf(page), []);
  await page.shot(`${run.folder}/tested.png`);
  await page.close();
  await gateway.isIdle();
});

test("a headset is chosen in a call, unplugged, plugged in again: the call goes on all the time", async () => {
  const ann = await (await Phone.open(drive, gateway.page, { init: HEADSET })).online("ann");
  const { page } = ann;
  await ann.dial("600");
  await ann.isTalking();
  await page.click(id("sound"));
  await page.choose(id("device-mic"), "headset");
  await page.run(async () => {
    while (window.headset.opened === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  await page.run(() => window.plug(false));
  await page.see(id("device-lost", { role: "mic" }));
  assert.match(await page.text(id("device-lost")), /Red headset was unplugged/);
  assert.deepEqual(await faultsOf(page), []);
  await page.shot(`${run.folder}/unplugged.png`);
  await ann.isTalking();
  await page.run(() => window.plug(true));
  await page.click(id("switch-back"));
  await page.gone(id("device-lost"));
  await page.run(async () => {
    while (window.headset.opened < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  assert.equal(await page.value(id("device-mic")), "headset");
  assert.deepEqual(await page.hearsItself(2), []);
  await ann.hangup();
  await ann.isIdle();
  await page.close();
});

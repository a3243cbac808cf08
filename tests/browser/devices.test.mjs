// SPDX-License-Identifier: GPL-3.0-or-later
// The devices of a call, in Chromium with its fake ones, over the gateway's own echo: what the page says goes
// to the gateway and comes back, so a change that loses anything is heard.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Gateway } from "../lib/gateway.mjs";
import { Run } from "../lib/run.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";

let run, gateway, lab, page;
before(async () => {
  run = await Run.start(import.meta.url);
  gateway = await Gateway.start(run, { registrar: { enabled: true, users: { alice: "wonderland" } } });
  lab = await Lab.start(run);
  page = await lab.open("ours");
  const sipOptions = { login: "alice", password: "wonderland", domain: "patchcord.local" };
  assert.deepEqual(await page.evaluate((options) => lab.signIn(options), { urlServer: gateway.ws, sipOptions }), {
    ok: true,
  });
});
afterEach(() => gateway.isIdle());
after(() => run.end());

let calls = 0;
async function talk() {
  const name = `call${++calls}`;
  assert.deepEqual(await page.evaluate((call) => lab.dial(call, "600"), name), { ok: true });
  return name;
}
const hangup = (name) =>
  page.evaluate(async (call) => {
    await lab.call(call).hangup();
    return lab.ended(call);
  }, name);
const sending = () =>
  page.evaluate(() => {
    const [sender] = lab.peers.at(-1).getSenders();
    return { device: sender.track.getSettings().deviceId, label: sender.track.label, enabled: sender.track.enabled };
  });

test("the lists: real devices with their names", async () => {
  const found = await page.evaluate(async () => {
    const { microphones, speakers } = await lab.devices.open({ labels: true });
    return { microphones, speakers, permission: await lab.devices.permission() };
  });
  assert.ok(found.microphones.length >= 2 && found.speakers.length >= 1, JSON.stringify(found));
  for (const { id, label } of [...found.microphones, ...found.speakers])
    assert.ok(id.length > 8 && label.startsWith("Fake"), `${id} ${label}`);
  assert.deepEqual(found.permission, { state: "granted", hint: "" });
});

test("microphone and speaker are changed in the middle of a call, and nobody hears it", async (context) => {
  const name = await talk();
  const hearing = listen(page, 7);
  const devices = await page.evaluate(async () => {
    const { microphones, speakers } = lab.devices;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    await lab.devices.use({ mic: microphones.at(-1).id, speaker: speakers.at(-1).id });
    return { mic: microphones.at(-1).id, speaker: speakers.at(-1).id };
  });
  const { rate, samples } = await hearing;
  assert.equal((await sending()).device, devices.mic);
  assert.equal(await page.evaluate(() => document.querySelector("[data-patchcord=call]").sinkId), devices.speaker);
  assert.deepEqual(await page.evaluate(() => lab.peers.at(-1).descriptions), ["answer"], "one description, ever");
  // The new microphone starts its own recording from the beginning, in the middle of a word.
  const verdict = judge(samples, rate, BROWSER, { seconds: 5, levelDb: 3, otherDb: -20, gapMs: 300 });
  context.diagnostic(JSON.stringify(verdict));
  assert.deepEqual(verdict.problems, []);
  await hangup(name);
  await page.evaluate(() => lab.devices.use({ mic: "default", speaker: "default" }));
});

test("a microphone that cannot be had is refused by name, and the call stays as it was", async () => {
  const name = await talk();
  const before = await sending();
  const error = await page.evaluate(() =>
    lab.devices.use({ mic: "no such device" }).catch(({ name: word, code }) => ({ word, code })),
  );
  assert.deepEqual(error, { word: "MICROPHONE_MISSING", code: 4002 });
  assert.deepEqual(await sending(), before);
  const { rate, samples } = await listen(page, 4);
  assert.deepEqual(judge(samples, rate, BROWSER, { seconds: 3, levelDb: 3, otherDb: -20 }).problems, []);
  await hangup(name);
});

test("the chosen microphone is unplugged: the system's stands in, and is offered back", async () => {
  const chosen = await page.evaluate(async () => {
    const { id } = lab.devices.microphones.at(-1);
    await lab.devices.use({ mic: id });
    return id;
  });
  const name = await talk();
  assert.equal((await sending()).device, chosen);
  // What a browser does when a plug is pulled: the track ends, and the list has one less.
  await page.evaluate((id) => {
    const { mediaDevices } = navigator;
    const all = mediaDevices.enumerateDevices.bind(mediaDevices);
    mediaDevices.enumerateDevices = async () => (await all()).filter(({ deviceId }) => deviceId !== id);
    lab.plugBack = () => {
      delete mediaDevices.enumerateDevices;
      mediaDevices.dispatchEvent(new Event("devicechange"));
    };
    const { track } = lab.peers.at(-1).getSenders()[0];
    track.stop();
    track.dispatchEvent(new Event("ended"));
    mediaDevices.dispatchEvent(new Event("devicechange"));
  }, chosen);
  await page.waitForFunction(() => lab.deviceEvents.some(({ what }) => what === "device-lost"));
  const lost = await page.evaluate(() => lab.deviceEvents.filter(({ what }) => what === "device-lost"));
  assert.deepEqual(
    lost.map(({ role, device }) => [role, device.id]),
    [["mic", chosen]],
  );
  await page.waitForFunction((id) => lab.peers.at(-1).getSenders()[0].track.getSettings().deviceId !== id, chosen);
  const { rate, samples } = await listen(page, 4);
  assert.deepEqual(judge(samples, rate, BROWSER, { seconds: 3, levelDb: 3, otherDb: -20 }).problems, []);
  await page.evaluate(() => lab.plugBack());
  await page.waitForFunction(() => lab.deviceEvents.some(({ what }) => what === "device-back"));
  await page.evaluate((id) => lab.devices.use({ mic: id }), chosen);
  assert.equal((await sending()).device, chosen);
  assert.equal((await hangup(name)).reason, "hangup");
  await page.evaluate(() => lab.devices.use({ mic: "default" }));
});

test("levels: both sides are seen to speak, mute is seen, and nothing runs unasked", async () => {
  const name = await talk();
  const speaking = await page.evaluate((call) => lab.gather(call, "levels", 2), name);
  assert.ok(speaking.length >= 10 && speaking.length <= 21, `${speaking.length} in two seconds`);
  const loudest = (side, list) => Math.max(...list.map((levels) => levels[side]));
  assert.ok(loudest("mic", speaking) > 0.5, `microphone ${loudest("mic", speaking)}`);
  assert.ok(loudest("far", speaking) > 0.5, `far side ${loudest("far", speaking)}`);
  await page.evaluate((call) => lab.call(call).muteAudio(), name);
  await page.waitForTimeout(500);
  const muted = await page.evaluate((call) => lab.gather(call, "levels", 1), name);
  assert.ok(loudest("mic", muted) > 0.5, "a muted microphone shows that somebody speaks");
  assert.ok(loudest("far", muted) < 0.2, `but nobody hears it: ${loudest("far", muted)}`);
  await hangup(name);
});

test("quality: five bars on a good network, and a summary at the end", async () => {
  const name = await talk();
  const heard = await page.evaluate((call) => lab.gather(call, "quality", 4.5), name);
  assert.ok(heard.length >= 2, `${heard.length} in four seconds`);
  for (const { level, mos, roundTripMs, lossPercent } of heard)
    assert.ok(level === 5 && mos > 4 && roundTripMs < 100 && lossPercent === 0, JSON.stringify(heard));
  const { quality } = await hangup(name);
  assert.ok(quality.mos > 4 && quality.packetsReceived > 100 && quality.packetsSent > 100, JSON.stringify(quality));
  assert.equal(quality.codec, "opus");
});

test("the test sound plays on a chosen device, and a meter hears the microphone", async () => {
  const level = await page.evaluate(async () => {
    const [speaker] = lab.devices.speakers;
    await lab.devices.use({ ringer: speaker.id });
    await lab.devices.testSound("ringer");
    await lab.devices.use({ ringer: "default" });
    const meter = await lab.devices.meter();
    let loudest = 0;
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      loudest = Math.max(loudest, meter.read());
    }
    meter.close();
    return loudest;
  });
  assert.ok(level > 0.5, `${level}`);
  assert.deepEqual(page.problems, []);
});

// SPDX-License-Identifier: GPL-3.0-or-later
// Chromium alone, from one connection to another in the same page: what its own codecs do to a voice is
// the measure for what the gateway may do.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Lab, listen } from "../lib/browser.mjs";
import { Run } from "../lib/run.mjs";
import { BROWSER, judge } from "../lib/sound.mjs";

let run, lab;
before(async () => {
  run = await Run.start(import.meta.url);
  lab = await Lab.start(run);
});
after(() => run.end());

for (const codec of ["opus", "PCMA"]) {
  test(`a voice through Chromium's own ${codec} is a good call`, async () => {
    const page = await lab.open("vendor");
    await page.evaluate(async (wanted) => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: window.lab.microphone });
      const [far, near] = [new RTCPeerConnection(), new RTCPeerConnection()];
      for (const [from, to] of [
        [far, near],
        [near, far],
      ]) {
        from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
      }
      near.ontrack = ({ streams }) => {
        const element = document.body.appendChild(document.createElement("audio"));
        element.srcObject = streams[0];
        void element.play();
      };
      far.addTrack(stream.getAudioTracks()[0], stream);
      const codecs = RTCRtpSender.getCapabilities("audio").codecs;
      far
        .getTransceivers()[0]
        .setCodecPreferences(
          codecs.filter(({ mimeType }) => mimeType.toLowerCase() === `audio/${wanted}`.toLowerCase()),
        );
      await far.setLocalDescription(await far.createOffer());
      await near.setRemoteDescription(far.localDescription);
      await near.setLocalDescription(await near.createAnswer());
      await far.setRemoteDescription(near.localDescription);
    }, codec);
    const { rate, samples } = await listen(page, 12);
    const verdict = judge(samples, rate, BROWSER);
    assert.deepEqual(verdict.problems, []);
    await page.context().close();
  });
}

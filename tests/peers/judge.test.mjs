// SPDX-License-Identifier: GPL-3.0-or-later
// The judge of sound, judged: a good call passes, and each way to be bad is found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BROWSER, judge, PHONE, rmsDb, voice } from "../lib/sound.mjs";

const RATE = 8000;
const SECONDS = 12;

const mixed = (a, b, gain) => a.map((value, i) => value + gain * b[i]);
const cut = (samples, from, milliseconds) => {
  const out = samples.slice();
  out.fill(0, from * RATE, from * RATE + (milliseconds * RATE) / 1000);
  return out;
};
/** What G.711 does: A-law and back, in the coarse: 8 bits on a logarithmic scale. */
const companded = (samples) =>
  samples.map((value) => {
    const y = Math.round((Math.log1p(255 * Math.abs(value)) / Math.log(256)) * 127) / 127;
    return (Math.sign(value) * (256 ** y - 1)) / 255;
  });
const delayed = (samples, seconds) => Float32Array.of(...new Float32Array(seconds * RATE), ...samples);

for (const [mine, other] of [
  [BROWSER, PHONE],
  [PHONE, BROWSER],
]) {
  const good = voice(mine, RATE, SECONDS);
  const judged = (samples, options) => judge(samples, RATE, mine, options).problems.join("; ");

  test(`the ${mine} voice as it is passes, at both rates`, () => {
    assert.equal(judged(good), "");
    assert.deepEqual(judge(voice(mine, 48000, SECONDS), 48000, mine).problems, []);
    assert.ok(Math.abs(rmsDb(good) + 20) < 0.2);
    assert.ok(
      good.every((value) => Math.abs(value) < 0.9),
      "does not clip",
    );
  });
  test(`the ${mine} voice through G.711, late by a second, passes`, () => {
    assert.equal(judged(delayed(companded(good), 1)), "");
  });
  test(`silence in place of the ${mine} voice is found`, () => {
    assert.match(judged(new Float32Array(SECONDS * RATE)), /no .* voice/);
    assert.match(judged(voice(other, RATE, SECONDS)), /no .* voice|the other voice|level/);
  });
  test(`the ${mine} voice cut off in the middle is found`, () => {
    assert.match(judged(cut(good, 6, 6000)), /a gap of [45]\d\d\d ms/);
    assert.match(judged(good.subarray(0, 7 * RATE)), /only 6.5 s/);
  });
  test(`a gap in the ${mine} voice is found from 50 ms on, wherever it is`, () => {
    for (const at of [2, 3.07, 4.13, 5.21]) {
      assert.match(judged(cut(good, at, 60)), /a gap of [56]0 ms/, `at ${at}`);
      assert.equal(judged(cut(good, at, 30)), "", `at ${at}`);
    }
  });
  test(`the ${mine} voice 3 dB too loud or too quiet is found`, () => {
    assert.match(judged(good.map((value) => value * 1.41)), /level 3.0 dB/);
    assert.match(judged(good.map((value) => value / 1.41)), /level -3.0 dB/);
    assert.equal(judged(good.map((value) => value / 1.2)), "");
  });
  test(`the other voice beside the ${mine} voice is found at -25 dB`, () => {
    const noise = voice(other, RATE, SECONDS);
    assert.match(judged(mixed(good, noise, 10 ** (-25 / 20))), /the other voice is heard too: -2[456]/);
    assert.equal(judged(mixed(good, noise, 10 ** (-36 / 20))), "");
  });
}

// SPDX-License-Identifier: MIT
// How loud a stream is, for meters: 0 is -60 dBFS and quieter, 1 is as loud as it gets. Read when asked;
// nothing runs in between. It plays nothing.

import { audioContext } from "./audio_context";

const FLOOR_DB = 60;
const SAMPLES = 2048;

/** The root mean square of samples in -1..1, as a level 0..1 on a scale of decibels. Pure. */
export function levelOf(samples: Float32Array): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const decibels = 10 * Math.log10(power / samples.length + 1e-12);
  return Math.min(1, Math.max(0, 1 + decibels / FLOOR_DB));
}

export class LevelMeter {
  readonly #analyser: AnalyserNode;
  readonly #source: MediaStreamAudioSourceNode;
  readonly #samples = new Float32Array(SAMPLES);
  readonly #onClose: () => void;

  /** @internal By `devices.meter()`. */
  constructor(stream: MediaStream, onClose: () => void) {
    const context = audioContext();
    this.#onClose = onClose;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = SAMPLES;
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#analyser);
  }

  /** The level of the last 40 ms. */
  read(): number {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return levelOf(this.#samples);
  }

  close(): void {
    this.#source.disconnect();
    this.#onClose();
  }
}

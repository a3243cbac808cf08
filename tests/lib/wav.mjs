// SPDX-License-Identifier: GPL-3.0-or-later
// 16-bit PCM in a RIFF file, and nothing else: what the phones play and record.
import { readFileSync, writeFileSync } from "node:fs";

/** Samples of -1 to 1, one channel. */
export function writeWav(path, samples, rate) {
  const data = Buffer.alloc(44 + samples.length * 2);
  data.write("RIFF", 0);
  data.writeUInt32LE(36 + samples.length * 2, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20); // PCM
  data.writeUInt16LE(1, 22); // channels
  data.writeUInt32LE(rate, 24);
  data.writeUInt32LE(rate * 2, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write("data", 36);
  data.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((value, i) => data.writeInt16LE(Math.round(Math.max(-1, Math.min(1, value)) * 32767), 44 + i * 2));
  writeFileSync(path, data);
}

/** The first channel as { rate, samples }. A length the recorder had no time to write is taken from the file. */
export function readWav(path) {
  const data = readFileSync(path);
  let rate = 0;
  let channels = 1;
  for (let at = 12; at + 8 <= data.length;) {
    const id = data.toString("latin1", at, at + 4);
    const size = data.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === "fmt ") {
      channels = data.readUInt16LE(body + 2);
      rate = data.readUInt32LE(body + 4);
    } else if (id === "data") {
      const end = size === 0 || body + size > data.length ? data.length : body + size;
      const count = Math.floor((end - body) / (2 * channels));
      return {
        rate,
        samples: Float32Array.from({ length: count }, (_, i) => data.readInt16LE(body + i * 2 * channels) / 32768),
      };
    }
    at = body + size + (size % 2);
  }
  throw new Error(`${path} has no sound in it`);
}

/** A sample of -1 to 1 as one byte of A-law (ITU-T G.711). */
export function alaw(sample) {
  const linear = Math.max(-4095, Math.min(4095, Math.round(sample * 4096)));
  const sign = linear >= 0 ? 0x80 : 0;
  const magnitude = linear >= 0 ? linear : -linear - 1;
  const exponent = magnitude < 32 ? 0 : Math.floor(Math.log2(magnitude)) - 4;
  const mantissa = exponent < 2 ? (magnitude >> 1) & 0x0f : (magnitude >> exponent) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

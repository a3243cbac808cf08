// SPDX-License-Identifier: MIT
// How good a call sounds, estimated from what the network does to it: a mean opinion score by the simplified
// E-model (ITU-T G.107), 1 bad to 4.4 as good as it gets, and the same as bars. Pure.

export interface Quality {
  /** 1 to 5, for bars. */
  level: 1 | 2 | 3 | 4 | 5;
  mos: number;
  /** Null until it is known. */
  roundTripMs: number | null;
  jitterMs: number;
  /** Of the packets that were to arrive since the sample before. */
  lossPercent: number;
}

export type Network = Pick<Quality, "roundTripMs" | "jitterMs" | "lossPercent">;

const BASE_R = 93.2;
/** A jitter buffer holds about twice the jitter; a codec and its packets take some time too. */
const JITTER_FACTOR = 2;
const CODEC_MS = 10;
const LOSS_FACTOR = 2.5;
const BARS = [2.6, 3.1, 3.6, 4.0] as const;

export function qualityOf(network: Network): Quality {
  const mos = Math.round(mosOf(network) * 100) / 100;
  return { ...network, mos, level: (1 + BARS.filter((least) => mos >= least).length) as Quality["level"] };
}

export function mosOf({ roundTripMs, jitterMs, lossPercent }: Network): number {
  const delay = (roundTripMs ?? 0) / 2 + jitterMs * JITTER_FACTOR + CODEC_MS;
  const delayImpairment = delay < 160 ? delay / 40 : (delay - 120) / 10;
  const r = Math.min(100, Math.max(0, BASE_R - delayImpairment - lossPercent * LOSS_FACTOR));
  return 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r);
}

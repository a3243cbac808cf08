// SPDX-License-Identifier: MIT
// When bad numbers become a warning: not at the first one, and it stays until they have been good for a while.
// A sample a second; three bad ones of the last five raise, five good ones clear. Pure: time comes with it.

import type { Quality } from "./mos";

export type QualityWarning = "low_mos" | "high_rtt" | "high_jitter" | "high_loss" | "no_audio_in" | "no_audio_out";

export interface Sample extends Quality {
  atMs: number;
  /** Packets so far. */
  received: number;
  sent: number;
  /** Whether packets must come, and go, at the moment. */
  expects: { in: boolean; out: boolean };
}

export interface Change {
  raised: QualityWarning[];
  cleared: QualityWarning[];
}

const WINDOW = 5;
const RAISE_AT = 3;
const LOSS_WINDOW = 7;
const LOSS_AVERAGE_PERCENT = 3;
const SILENT_MS = 5_000;

const IS_BAD: Readonly<Partial<Record<QualityWarning, (sample: Sample) => boolean>>> = {
  low_mos: ({ mos }) => mos < 3,
  high_rtt: ({ roundTripMs }) => (roundTripMs ?? 0) > 400,
  high_jitter: ({ jitterMs }) => jitterMs > 30,
  high_loss: ({ lossPercent }) => lossPercent > 1,
};

export class Warnings {
  readonly #raised = new Set<QualityWarning>();
  readonly #samples: Sample[] = [];
  readonly #heard = { in: { count: 0, atMs: 0 }, out: { count: 0, atMs: 0 } };

  get raised(): readonly QualityWarning[] {
    return [...this.#raised];
  }

  add(sample: Sample): Change {
    this.#samples.push(sample);
    if (this.#samples.length > LOSS_WINDOW) this.#samples.shift();
    const change: Change = { raised: [], cleared: [] };
    for (const [name, isBad] of Object.entries(IS_BAD) as [QualityWarning, (sample: Sample) => boolean][]) {
      const bad = this.#samples.slice(-WINDOW).filter(isBad).length;
      const byAverage = name === "high_loss" && this.#averageLoss() > LOSS_AVERAGE_PERCENT;
      this.#set(name, bad >= RAISE_AT || byAverage, bad === 0 && !byAverage, change);
    }
    for (const direction of ["in", "out"] as const) {
      const silent = this.#isSilent(direction, sample);
      this.#set(`no_audio_${direction}`, silent, !silent, change);
    }
    return change;
  }

  #averageLoss(): number {
    if (this.#samples.length < LOSS_WINDOW) return 0;
    return this.#samples.reduce((sum, { lossPercent }) => sum + lossPercent, 0) / LOSS_WINDOW;
  }

  #isSilent(direction: "in" | "out", { atMs, received, sent, expects }: Sample): boolean {
    const heard = this.#heard[direction];
    const count = direction === "in" ? received : sent;
    if (count !== heard.count || !expects[direction] || heard.atMs === 0) Object.assign(heard, { count, atMs });
    return atMs - heard.atMs >= SILENT_MS;
  }

  #set(name: QualityWarning, raise: boolean, clear: boolean, change: Change): void {
    if (raise && !this.#raised.has(name)) {
      this.#raised.add(name);
      change.raised.push(name);
    } else if (clear && this.#raised.delete(name)) {
      change.cleared.push(name);
    }
  }
}

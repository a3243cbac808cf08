// SPDX-License-Identifier: MIT
// Watches the sound of one call while it talks: a quality a second, warnings as they come and go, and at the
// end what it all was. It ends no call.

import { Emitter } from "../events";
import { qualityOf, type Quality } from "./mos";
import { readStats, type CallStats } from "./stats";
import { Warnings, type QualityWarning, type Sample } from "./warnings";

/** The whole call, for a record or a report. */
export interface QualitySummary {
  /** Averages of the call. */
  mos: number;
  roundTripMs: number | null;
  jitterMs: number;
  /** Of all packets that were to arrive. */
  lossPercent: number;
  lowestMos: number;
  codec: string;
  packetsReceived: number;
  packetsSent: number;
}

export interface QualityEvents {
  quality: [Quality];
  raised: [QualityWarning];
  cleared: [QualityWarning];
}

export interface QualitySource {
  /** Undefined while there is no media. */
  stats(): Promise<RTCStatsReport> | undefined;
  expects(): Sample["expects"];
}

const SAMPLE_MS = 1_000;

export class QualityMonitor extends Emitter<QualityEvents> {
  readonly #source: QualitySource;
  readonly #warnings = new Warnings();
  #timer: ReturnType<typeof setInterval> | undefined;
  #last: CallStats | undefined;
  #first: CallStats | undefined;
  #sum = { samples: 0, mos: 0, jitterMs: 0, roundTrips: 0, roundTripMs: 0, lowestMos: 5 };

  constructor(source: QualitySource) {
    super();
    this.#source = source;
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#sample().catch(() => undefined), SAMPLE_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Undefined for a call too short to be judged. */
  get summary(): QualitySummary | undefined {
    const { samples, mos, jitterMs, roundTrips, roundTripMs, lowestMos } = this.#sum;
    if (!this.#last || samples === 0) return undefined;
    const { inbound, outbound } = this.#last;
    return {
      mos: round(mos / samples),
      roundTripMs: roundTrips > 0 ? round(roundTripMs / roundTrips) : null,
      jitterMs: round(jitterMs / samples),
      lossPercent: round(lossPercent(this.#first, this.#last)),
      lowestMos,
      codec: inbound.codec,
      packetsReceived: inbound.packets,
      packetsSent: outbound.packets,
    };
  }

  async #sample(): Promise<void> {
    const report = await this.#source.stats();
    if (!report || this.#timer === undefined) return;
    const stats = readStats(report);
    const before = this.#last;
    this.#last = stats;
    this.#first ??= stats;
    if (!before) return;
    const { roundTripMs, inbound, outbound } = stats;
    const quality = qualityOf({ roundTripMs, jitterMs: inbound.jitterMs, lossPercent: lossPercent(before, stats) });
    this.#add(quality);
    this.emit("quality", quality);
    const change = this.#warnings.add({
      ...quality,
      atMs: performance.now(),
      received: inbound.packets,
      sent: outbound.packets,
      expects: this.#source.expects(),
    });
    for (const name of change.raised) this.emit("raised", name);
    for (const name of change.cleared) this.emit("cleared", name);
  }

  #add({ mos, jitterMs, roundTripMs }: Quality): void {
    const sum = this.#sum;
    sum.samples++;
    sum.mos += mos;
    sum.jitterMs += jitterMs;
    sum.lowestMos = Math.min(sum.lowestMos, mos);
    if (roundTripMs === null) return;
    sum.roundTrips++;
    sum.roundTripMs += roundTripMs;
  }
}

function lossPercent(before: CallStats | undefined, { inbound }: CallStats): number {
  const lost = Math.max(0, inbound.lost - (before?.inbound.lost ?? 0));
  const received = inbound.packets - (before?.inbound.packets ?? 0);
  return received + lost > 0 ? (100 * lost) / (received + lost) : 0;
}

const round = (value: number): number => Math.round(value * 100) / 100;

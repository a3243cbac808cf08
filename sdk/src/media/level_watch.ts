// SPDX-License-Identifier: MIT
// The loudness of both sides of a call, ten times a second, only while somebody wants to see it. The
// microphone is measured on a track of its own, so that a muted one still shows that somebody speaks.

import { LevelMeter } from "./levels";
import { stopStream } from "./microphone";

export interface Levels {
  /** 0 to 1, also while muted: the other side does not hear that. */
  mic: number;
  far: number;
}

export interface LevelSource {
  readonly localStream: MediaStream | undefined;
  readonly remoteStream: MediaStream | undefined;
}

const PERIOD_MS = 100;

export class LevelWatch {
  readonly #source: LevelSource;
  readonly #onLevels: (levels: Levels) => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #mic: LevelMeter | undefined;
  #far: LevelMeter | undefined;

  constructor(source: LevelSource, onLevels: (levels: Levels) => void) {
    this.#source = source;
    this.#onLevels = onLevels;
  }

  /** Twice is once. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tell(), PERIOD_MS);
    this.renew();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#close();
  }

  /** The streams are others now. */
  renew(): void {
    if (this.#timer === undefined) return;
    this.#close();
    const { localStream, remoteStream } = this.#source;
    if (localStream) {
      const copy = new MediaStream(localStream.getAudioTracks().map((track) => audible(track.clone())));
      this.#mic = new LevelMeter(copy, () => stopStream(copy));
    }
    if (remoteStream) this.#far = new LevelMeter(remoteStream, () => undefined);
  }

  #tell(): void {
    this.#onLevels({ mic: this.#mic?.read() ?? 0, far: this.#far?.read() ?? 0 });
  }

  #close(): void {
    this.#mic?.close();
    this.#far?.close();
    this.#mic = this.#far = undefined;
  }
}

function audible(track: MediaStreamTrack): MediaStreamTrack {
  track.enabled = true;
  return track;
}

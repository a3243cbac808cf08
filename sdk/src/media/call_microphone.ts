// SPDX-License-Identifier: MIT
// The microphone of one call: the chosen one, changed for another in the middle of a sentence by replaceTrack
// (nothing is renegotiated), and replaced by the system's choice when it breaks. Mute is a wish that is kept
// from the start and done as soon as there is a microphone.

import { quiet } from "../deferred";
import { asPhoneError } from "../errors";
import { Emitter } from "../events";
import type { Devices } from "./devices";
import { DEFAULT_DEVICE, openMicrophone, stopStream, withDevice } from "./microphone";

export interface CallMicrophoneEvents {
  /** It broke and there is no other. One that is plugged in later is taken at once. */
  lost: [];
}

export class CallMicrophone extends Emitter<CallMicrophoneEvents> {
  readonly #devices: Devices;
  readonly #send: (stream: MediaStream) => Promise<void>;
  #audio: boolean | MediaTrackConstraints = true;
  #device: string | undefined;
  #stream: MediaStream | undefined;
  #muted = false;
  #closed = false;
  /** One change at a time, in the order of the wishes. */
  #busy: Promise<unknown> = Promise.resolve();

  /** `send`: has the connection send another stream from now on. */
  constructor(devices: Devices, send: (stream: MediaStream) => Promise<void>) {
    super();
    this.#devices = devices;
    this.#send = send;
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  get stream(): MediaStream | undefined {
    return this.#stream;
  }

  /** Asks for it; false when the call ended before there was an answer. `audio` false: only listen. */
  async open(audio: boolean | MediaTrackConstraints): Promise<boolean> {
    this.#audio = audio;
    if (audio === false) return true;
    // A device named by the application itself stays its choice until the user makes another.
    const named = typeof audio === "object" && audio.deviceId !== undefined;
    const wanted = named ? DEFAULT_DEVICE : this.#devices.selection.mic;
    return this.#inTurn(() =>
      this.#take(wanted).catch((error: unknown) => {
        if (wanted === DEFAULT_DEVICE || asPhoneError(error, "internal").reason !== "microphone_missing") throw error;
        return this.#take(DEFAULT_DEVICE);
      }),
    );
  }

  /** Changes to another, keeping the one there is where that cannot be opened. */
  use(device: string): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#stream || device === this.#device) return;
      if (typeof this.#audio === "object") delete (this.#audio = { ...this.#audio }).deviceId;
      await this.#take(device, this.#send);
    });
  }

  /** Something was plugged in: what a call whose microphone broke waits for. */
  async retry(): Promise<void> {
    if (this.#device === undefined) await this.use(this.#devices.selection.mic);
  }

  close(): void {
    this.#closed = true;
    letGo(this.#stream);
    this.#stream = undefined;
  }

  // The old one is let go when the new one speaks, so that nothing of a sentence is lost.
  async #take(device: string, send?: (stream: MediaStream) => Promise<void>): Promise<boolean> {
    const stream = await openMicrophone(withDevice(this.#audio, device));
    if (this.#closed) {
      stopStream(stream);
      return false;
    }
    const before = this.#stream;
    this.#stream = stream;
    this.#device = device;
    this.muted = this.#muted;
    const track = stream.getAudioTracks()[0];
    if (track) track.onended = () => void this.#onBroken(track);
    await send?.(stream);
    letGo(before);
    return true;
  }

  async #onBroken(track: MediaStreamTrack): Promise<void> {
    const id = track.getSettings().deviceId ?? this.#device ?? DEFAULT_DEVICE;
    this.#device = undefined;
    try {
      await this.use(DEFAULT_DEVICE);
      this.#devices.reportLost("mic", { id, label: track.label, kind: "microphone" });
    } catch {
      this.emit("lost");
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work, work);
    this.#busy = quiet(turn);
    return turn;
  }
}

function letGo(stream: MediaStream | undefined): void {
  for (const track of stream?.getAudioTracks() ?? []) track.onended = null;
  stopStream(stream);
}

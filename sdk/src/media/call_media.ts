// SPDX-License-Identifier: MIT
// All media of one call: microphone, peer connection, loudspeaker. Opened once, released once, and after
// release() nothing stays open, also when the user answers the microphone question only then. Follows the
// devices that the user chooses meanwhile.

import { PhoneError } from "../errors";
import { Emitter } from "../events";
import { CallMicrophone } from "./call_microphone";
import type { Devices } from "./devices";
import { Peer } from "./peer";
import { AudioSink } from "./sink";

export interface CallMediaEvents {
  /** The connection broke, or was never made. */
  failed: [PhoneError];
  warning: ["microphone_lost" | "sound_blocked"];
  /** Sound to measure: a stream of either side that is new. */
  streams: [];
}

export interface CallMediaOptions {
  /** False only listens. */
  audio: boolean | MediaTrackConstraints;
  /** Plays the other side; absent: an element of our own. */
  element: HTMLMediaElement | undefined;
}

export class CallMedia extends Emitter<CallMediaEvents> {
  readonly #configuration: RTCConfiguration;
  readonly #devices: Devices;
  readonly #microphone: CallMicrophone;
  readonly #unfollow: (() => void)[] = [];
  #peer: Peer | undefined;
  #sink: AudioSink | undefined;
  #remoteStream: MediaStream | undefined;
  #volume: number | undefined;
  #released = false;

  constructor(configuration: RTCConfiguration, devices: Devices) {
    super();
    this.#configuration = configuration;
    this.#devices = devices;
    const send = (stream: MediaStream): Promise<void> => this.#sendOther(stream);
    this.#microphone = new CallMicrophone(devices, send).on("lost", () => this.emit("warning", "microphone_lost"));
  }

  get muted(): boolean {
    return this.#microphone.muted;
  }

  set muted(muted: boolean) {
    this.#microphone.muted = muted;
  }

  get volume(): number {
    return this.#volume ?? 1;
  }

  set volume(volume: number) {
    this.#volume = volume;
    if (this.#sink) this.#sink.volume = volume;
  }

  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream;
  }

  get localStream(): MediaStream | undefined {
    return this.#microphone.stream;
  }

  /** Asks for the microphone; false when the call ended before there was an answer. */
  async open({ audio, element }: CallMediaOptions): Promise<boolean> {
    if (!(await this.#microphone.open(audio)) || this.#released) return false;
    this.#follow();
    const peer = (this.#peer = new Peer(this.#configuration));
    peer.on("track", (stream) => this.#play(stream, element));
    peer.on("failed", (error) => this.emit("failed", error));
    this.emit("streams");
    return true;
  }

  offer(): Promise<string> {
    return this.#openPeer().offer(this.#microphone.stream);
  }

  async accept(sdp: string): Promise<void> {
    await this.#peer?.accept(sdp);
  }

  answer(offer: string): Promise<string> {
    return this.#openPeer().answer(offer, this.#microphone.stream);
  }

  /** Undefined while there is no connection. */
  stats(): Promise<RTCStatsReport> | undefined {
    return this.#peer?.stats();
  }

  release(): void {
    this.#released = true;
    for (const unfollow of this.#unfollow.splice(0)) unfollow();
    this.#peer?.close();
    this.#sink?.close();
    this.#microphone.close();
    this.#peer = this.#sink = this.#remoteStream = undefined;
  }

  #follow(): void {
    const retry = (): void => void this.#microphone.retry().catch(() => undefined);
    this.#devices.on("changed", retry);
    this.#unfollow.push(
      () => this.#devices.off("changed", retry),
      this.#devices.follow(async ({ mic, speaker }) => {
        await Promise.all([this.#microphone.use(mic), this.#sink?.useDevice(speaker)]);
      }),
    );
  }

  async #sendOther(microphone: MediaStream): Promise<void> {
    await this.#peer?.replaceMicrophone(microphone);
    this.emit("streams");
  }

  #openPeer(): Peer {
    if (!this.#peer) throw new PhoneError("invalid_state");
    return this.#peer;
  }

  #play(stream: MediaStream, element: HTMLMediaElement | undefined): void {
    this.#remoteStream = stream;
    this.#sink ??= new AudioSink(element, () => this.emit("warning", "sound_blocked"));
    if (this.#volume !== undefined) this.#sink.volume = this.#volume;
    // A chosen loudspeaker that cannot be had must not silence the call: it plays by default.
    void this.#sink.useDevice(this.#devices.selection.speaker).catch(() => undefined);
    this.#sink.play(stream);
    this.emit("streams");
  }
}

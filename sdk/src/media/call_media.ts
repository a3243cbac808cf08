// SPDX-License-Identifier: MIT
// All media of one call: microphone, peer connection, loudspeaker. Opened once, released once, and after
// release() nothing stays open, also when the user answers the microphone question only then.
// Mute is a wish that is kept from the start and done as soon as there is a microphone.

import { PhoneError } from "../errors";
import { Emitter } from "../events";
import { openMicrophone, stopStream } from "./devices";
import { Peer } from "./peer";
import { AudioSink } from "./sink";

export interface CallMediaEvents {
  /** The connection broke, or was never made. */
  failed: [PhoneError];
  warning: ["microphone_lost" | "sound_blocked"];
}

export interface CallMediaOptions {
  /** False only listens. */
  audio: boolean | MediaTrackConstraints;
  /** Plays the other side; absent: an element of our own. */
  element: HTMLMediaElement | undefined;
}

export class CallMedia extends Emitter<CallMediaEvents> {
  readonly #configuration: RTCConfiguration;
  #microphone: MediaStream | undefined;
  #peer: Peer | undefined;
  #sink: AudioSink | undefined;
  #remoteStream: MediaStream | undefined;
  #muted = false;
  #released = false;

  constructor(configuration: RTCConfiguration) {
    super();
    this.#configuration = configuration;
  }

  get muted(): boolean {
    return this.#muted;
  }

  set muted(muted: boolean) {
    this.#muted = muted;
    for (const track of this.#microphone?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  get remoteStream(): MediaStream | undefined {
    return this.#remoteStream;
  }

  /** Asks for the microphone; false when the call ended before there was an answer. */
  async open({ audio, element }: CallMediaOptions): Promise<boolean> {
    const microphone = audio === false ? undefined : await openMicrophone(audio);
    if (this.#released) {
      stopStream(microphone);
      return false;
    }
    this.#microphone = microphone;
    this.muted = this.#muted;
    const track = microphone?.getAudioTracks()[0];
    if (track) track.onended = () => this.emit("warning", "microphone_lost");
    const peer = (this.#peer = new Peer(this.#configuration));
    peer.on("track", (stream) => this.#play(stream, element));
    peer.on("failed", (error) => this.emit("failed", error));
    return true;
  }

  offer(): Promise<string> {
    return this.#openPeer().offer(this.#microphone);
  }

  async accept(sdp: string): Promise<void> {
    await this.#peer?.accept(sdp);
  }

  answer(offer: string): Promise<string> {
    return this.#openPeer().answer(offer, this.#microphone);
  }

  /** Undefined while there is no connection. */
  stats(): Promise<RTCStatsReport> | undefined {
    return this.#peer?.stats();
  }

  release(): void {
    this.#released = true;
    this.#peer?.close();
    this.#sink?.close();
    const track = this.#microphone?.getAudioTracks()[0];
    if (track) track.onended = null;
    stopStream(this.#microphone);
    this.#peer = this.#sink = this.#microphone = this.#remoteStream = undefined;
  }

  #openPeer(): Peer {
    if (!this.#peer) throw new PhoneError("invalid_state");
    return this.#peer;
  }

  #play(stream: MediaStream, element: HTMLMediaElement | undefined): void {
    this.#remoteStream = stream;
    this.#sink ??= new AudioSink(element, () => this.emit("warning", "sound_blocked"));
    this.#sink.play(stream);
  }
}

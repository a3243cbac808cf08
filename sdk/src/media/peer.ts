// SPDX-License-Identifier: MIT
// The RTCPeerConnection of one call: one offer, one answer, no renegotiation (the gateway keeps the
// browser's side as it is whatever happens on the SIP side). It waits for no ICE gathering and sends no
// candidates: the gateway is ICE-lite, carries its candidates in its SDP and learns ours from the checks.

import { Emitter } from "../events";
import { PhoneError } from "../errors";

export interface PeerEvents {
  track: [MediaStream];
  failed: [PhoneError];
}

/** The browser itself may never give up, e.g. when it can use none of the gateway's candidates. */
const CONNECT_MS = 20_000;

export class Peer extends Emitter<PeerEvents> {
  readonly #connection: RTCPeerConnection;
  #sender: RTCRtpSender | undefined;
  #closed = false;
  #connectTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(configuration: RTCConfiguration) {
    super();
    if (typeof RTCPeerConnection === "undefined") throw new PhoneError("unsupported_browser");
    const connection = (this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", ...configuration }));
    connection.ontrack = (event) => this.emit("track", event.streams[0] ?? new MediaStream([event.track]));
    connection.onconnectionstatechange = () => this.#onState();
  }

  /** Without a microphone the call only listens. */
  async offer(microphone: MediaStream | undefined): Promise<string> {
    if (!this.#addMicrophone(microphone)) this.#connection.addTransceiver("audio", { direction: "recvonly" });
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    return this.#localSdp();
  }

  /** The gateway's answer to offer(). */
  async accept(sdp: string): Promise<void> {
    await this.#connection.setRemoteDescription({ type: "answer", sdp });
    this.#expectConnection();
  }

  async answer(offer: string, microphone: MediaStream | undefined): Promise<string> {
    await this.#connection.setRemoteDescription({ type: "offer", sdp: offer });
    this.#addMicrophone(microphone);
    await this.#connection.setLocalDescription(await this.#connection.createAnswer());
    this.#expectConnection();
    return this.#localSdp();
  }

  stats(): Promise<RTCStatsReport> {
    return this.#connection.getStats();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#connectTimer);
    this.#connection.close();
  }

  /** Another microphone in the place of the first; the other side notices nothing. */
  async replaceMicrophone(microphone: MediaStream): Promise<void> {
    await this.#sender?.replaceTrack(microphone.getAudioTracks()[0] ?? null);
  }

  #addMicrophone(microphone: MediaStream | undefined): boolean {
    const track = microphone?.getAudioTracks()[0];
    if (microphone && track) this.#sender = this.#connection.addTrack(track, microphone);
    return track !== undefined;
  }

  #localSdp(): string {
    return this.#connection.localDescription?.sdp ?? "";
  }

  #expectConnection(): void {
    if (this.#closed || this.#connection.connectionState === "connected") return;
    this.#connectTimer = setTimeout(() => this.#fail(), CONNECT_MS);
  }

  #onState(): void {
    if (this.#connection.connectionState === "connected") clearTimeout(this.#connectTimer);
    if (this.#connection.connectionState === "failed") this.#fail();
  }

  #fail(): void {
    if (this.#closed) return;
    const iceWorked = ["connected", "completed"].includes(this.#connection.iceConnectionState);
    this.emit("failed", new PhoneError(iceWorked ? "dtls_failed" : "ice_failed"));
  }
}

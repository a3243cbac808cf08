// SPDX-License-Identifier: MIT
// The browser as far as the SDK sees it, for tests in Node: a WebSocket whose far end the test plays, a
// peer connection that makes no media, a microphone that says yes, no, or waits.
import { afterEach, beforeEach, vi } from "vitest";
import { devices } from "../src/media/devices";

export class FakeWebSocket {
  static readonly OPEN = 1;
  static all: FakeWebSocket[] = [];
  static get last(): FakeWebSocket {
    const last = this.all.at(-1);
    if (!last) throw new Error("no WebSocket was made");
    return last;
  }

  readyState = 0;
  readonly frames: { message: string; data: unknown[] }[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: (event: { code: number }) => void = () => undefined;

  constructor(readonly url: string) {
    FakeWebSocket.all.push(this);
  }

  send(text: string): void {
    this.frames.push(JSON.parse(text) as { message: string; data: unknown[] });
  }

  closedWith: number | undefined;
  close(code: number): void {
    this.readyState = 3;
    this.closedWith ??= code;
  }

  // ---- the gateway's side ----

  open(): void {
    this.readyState = FakeWebSocket.OPEN;
    this.onopen();
  }

  tell(message: string, ...data: unknown[]): void {
    this.onmessage({ data: JSON.stringify({ message, data }) });
  }

  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose({ code });
  }

  signIn(): void {
    this.open();
    this.tell("getUserData", { authToken: "t", sipLogin: "1001" });
    this.tell("registered", {});
  }

  /** The messages the SDK has sent, without heartbeat. */
  sent(message: string): Record<string, unknown>[] {
    return this.frames
      .filter((frame) => frame.message === message)
      .map((frame) => frame.data[0] as Record<string, unknown>);
  }
}

export class FakeTrack {
  enabled = true;
  readyState = "live";
  onended: (() => void) | null = null;
  constructor(
    readonly deviceId = "default",
    readonly label = "microphone",
  ) {}
  stop(): void {
    this.readyState = "ended";
  }
  clone(): FakeTrack {
    return new FakeTrack(this.deviceId, this.label);
  }
  getSettings(): { deviceId: string } {
    return { deviceId: this.deviceId };
  }
  /** Unplugged. */
  break(): void {
    this.readyState = "ended";
    this.onended?.();
  }
}

export class FakeStream {
  constructor(readonly tracks: FakeTrack[] = [new FakeTrack()]) {}
  getTracks(): FakeTrack[] {
    return this.tracks;
  }
  getAudioTracks(): FakeTrack[] {
    return this.tracks;
  }
}

export class FakePeerConnection {
  static all: FakePeerConnection[] = [];
  static get last(): FakePeerConnection {
    const last = this.all.at(-1);
    if (!last) throw new Error("no RTCPeerConnection was made");
    return last;
  }

  connectionState = "new";
  iceConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  remote: { type: string; sdp: string }[] = [];
  transceivers: unknown[] = [];
  closed = false;
  ontrack: (event: { streams: FakeStream[]; track: FakeTrack }) => void = () => undefined;
  onconnectionstatechange: () => void = () => undefined;

  constructor() {
    FakePeerConnection.all.push(this);
  }

  sends: unknown = null;
  addTrack(track: unknown): { replaceTrack(track: unknown): Promise<void> } {
    this.transceivers.push({ direction: "sendrecv" });
    this.sends = track;
    return {
      replaceTrack: (other) => {
        this.sends = other;
        return Promise.resolve();
      },
    };
  }
  addTransceiver(_kind: string, init: unknown): void {
    this.transceivers.push(init);
  }
  createOffer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve({ type: "offer", sdp: "v=0 offer" });
  }
  createAnswer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve({ type: "answer", sdp: "v=0 answer" });
  }
  setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.localDescription = description;
    return Promise.resolve();
  }
  setRemoteDescription(description: { type: string; sdp: string }): Promise<void> {
    if (description.sdp === "garbage") return Promise.reject(new Error("cannot parse"));
    this.remote.push(description);
    return Promise.resolve();
  }
  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(statistics.next());
  }
  close(): void {
    this.closed = true;
  }

  // ---- the network's side ----

  state(connection: string, ice: string): void {
    this.connectionState = connection;
    this.iceConnectionState = ice;
    this.onconnectionstatechange();
  }
}

/** What getStats says; a test replaces it. */
export const statistics = { next: (): Map<string, unknown> => new Map<string, unknown>() };

export class FakeAudio {
  static all: FakeAudio[] = [];
  hidden = false;
  dataset: Record<string, string> = {};
  srcObject: unknown = null;
  removed = false;
  sink = "";
  volume = 1;
  setSinkId(id: string): Promise<void> {
    if (id === "broken") return Promise.reject(new Error("no such device"));
    this.sink = id;
    return Promise.resolve();
  }
  constructor() {
    FakeAudio.all.push(this);
  }
  play(): Promise<void> {
    return Promise.resolve();
  }
  remove(): void {
    this.removed = true;
  }
}

type Audio = boolean | { deviceId?: { exact: string } };
const usual = (audio?: Audio): Promise<FakeStream> => {
  const id = typeof audio === "object" ? (audio.deviceId?.exact ?? "default") : "default";
  return Promise.resolve(new FakeStream([new FakeTrack(id, `label of ${id}`)]));
};

/** What getUserMedia does; a test replaces it. */
export const microphone = { open: usual, streams: [] as FakeStream[] };

/** The machine's devices; plug() changes them and says so. */
export class FakeDevices extends EventTarget {
  list: { deviceId: string; kind: string; label: string }[] = [];
  plug(...list: [kind: string, deviceId: string][]): void {
    this.list = list.map(([kind, deviceId]) => ({ kind, deviceId, label: `label of ${deviceId}` }));
    this.dispatchEvent(new Event("devicechange"));
  }
  enumerateDevices(): Promise<unknown[]> {
    return Promise.resolve(this.list);
  }
  async getUserMedia({ audio }: { audio: Audio }): Promise<FakeStream> {
    const stream = await microphone.open(audio);
    microphone.streams.push(stream);
    return stream;
  }
}
export let machine = new FakeDevices();

/** The user's answer to the microphone question; dispatch "change" after setting it. */
export let permission = Object.assign(new EventTarget(), { state: "prompt" });

/** Sound as Web Audio sees it: every analyser reads this loudness. */
export const loudness = { value: 0, analysers: 0 };

class FakeAudioContext {
  state = "running";
  currentTime = 0;
  resume(): Promise<void> {
    return Promise.resolve();
  }
  createAnalyser(): unknown {
    return { fftSize: 0, getFloatTimeDomainData: (samples: Float32Array) => samples.fill(loudness.value) };
  }
  createMediaStreamSource(): unknown {
    loudness.analysers++;
    return { connect: () => undefined, disconnect: () => loudness.analysers-- };
  }
  createMediaStreamDestination(): unknown {
    return { stream: new FakeStream() };
  }
}

/** The window's events. */
export let page = new EventTarget();
/** The document's events, and whether anyone looks at it. */
export let documentFake = Object.assign(new EventTarget(), { visibilityState: "visible" });

/** Installs the fakes, and fake time, around each test of the file. */
export function useFakeBrowser(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    page = new EventTarget();
    FakeWebSocket.all = [];
    FakePeerConnection.all = [];
    FakeAudio.all = [];
    microphone.streams = [];
    microphone.open = usual;
    machine = new FakeDevices();
    permission = Object.assign(new EventTarget(), { state: "prompt" });
    documentFake = Object.assign(new EventTarget(), { visibilityState: "visible" });
    statistics.next = () => new Map<string, unknown>();
    Object.assign(loudness, { value: 0, analysers: 0 });
    vi.stubGlobal("WebSocket", FakeWebSocket);
    vi.stubGlobal("RTCPeerConnection", FakePeerConnection);
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("window", page);
    vi.stubGlobal("AudioContext", FakeAudioContext);
    vi.stubGlobal("MediaStream", FakeStream);
    vi.stubGlobal("Audio", FakeAudio);
    vi.stubGlobal(
      "document",
      Object.assign(documentFake, { createElement: () => new FakeAudio(), body: { append: () => undefined } }),
    );
    vi.stubGlobal("navigator", {
      platform: "test",
      userAgent: "test",
      mediaDevices: machine,
      permissions: { query: () => Promise.resolve(permission) },
    });
  });
  afterEach(() => {
    devices.close();
    vi.useRealTimers();
  });
}

/** Lets all promises that can settle do so. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

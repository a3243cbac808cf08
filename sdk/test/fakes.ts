// SPDX-License-Identifier: MIT
// The browser as far as the SDK sees it, for tests in Node: a WebSocket whose far end the test plays, a
// peer connection that makes no media, a microphone that says yes, no, or waits.
import { afterEach, beforeEach, vi } from "vitest";

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

  close(): void {
    this.readyState = 3;
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
  stop(): void {
    this.readyState = "ended";
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

  addTrack(): void {
    this.transceivers.push({ direction: "sendrecv" });
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
    return Promise.resolve(new Map<string, unknown>());
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

export class FakeAudio {
  static all: FakeAudio[] = [];
  hidden = false;
  dataset: Record<string, string> = {};
  srcObject: unknown = null;
  removed = false;
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

/** What getUserMedia does; a test replaces it. */
export const microphone = {
  open: (): Promise<FakeStream> => Promise.resolve(new FakeStream()),
  streams: [] as FakeStream[],
};

/** The window's events. */
export let page = new EventTarget();

/** Installs the fakes, and fake time, around each test of the file. */
export function useFakeBrowser(): void {
  beforeEach(() => {
    vi.useFakeTimers();
    page = new EventTarget();
    FakeWebSocket.all = [];
    FakePeerConnection.all = [];
    FakeAudio.all = [];
    microphone.streams = [];
    microphone.open = () => Promise.resolve(new FakeStream());
    vi.stubGlobal("WebSocket", FakeWebSocket);
    vi.stubGlobal("RTCPeerConnection", FakePeerConnection);
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("window", page);
    vi.stubGlobal("document", {
      createElement: () => new FakeAudio(),
      body: { append: () => undefined },
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    });
    vi.stubGlobal("navigator", {
      platform: "test",
      userAgent: "test",
      mediaDevices: {
        getUserMedia: async () => {
          const stream = await microphone.open();
          microphone.streams.push(stream);
          return stream;
        },
      },
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

/** Lets all promises that can settle do so. */
export async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// Loaded before any SDK: keeps every peer connection the page makes, with the times of its states, and
// records what the page plays. Nothing here changes what an SDK does.
const Native = window.RTCPeerConnection;
const lab = (window.lab = { peers: [], events: [] });

/** Milliseconds since 1970, with fractions: comparable with Node's clock on the same machine. */
lab.now = () => performance.timeOrigin + performance.now();
lab.note = (what, more = {}) => lab.events.push({ at: lab.now(), what, ...more });

window.RTCPeerConnection = class extends Native {
  constructor(...args) {
    super(...args);
    this.times = {};
    this.addEventListener("connectionstatechange", () => (this.times[this.connectionState] ??= lab.now()));
    lab.peers.push(this);
  }
  setRemoteDescription(description) {
    this.descriptions = [...(this.descriptions ?? []), description.type];
    return super.setRemoteDescription(description);
  }
};

/** The tracks of the other side in the newest connection. */
lab.remoteTrack = () =>
  lab.peers
    .at(-1)
    ?.getReceivers()
    .find((receiver) => receiver.track.kind === "audio")?.track;

/** What the newest connection has counted. */
lab.stats = async (peer = lab.peers.at(-1)) => {
  const out = {};
  (await peer.getStats()).forEach((entry) => {
    if (entry.type === "inbound-rtp") out.inbound = entry;
    else if (entry.type === "outbound-rtp") out.outbound = entry;
    else if (entry.type === "transport") out.transport = entry;
    else if (entry.type === "codec") (out.codecs ??= {})[entry.id] = entry.mimeType;
  });
  return {
    received: out.inbound?.packetsReceived ?? 0,
    sent: out.outbound?.packetsSent ?? 0,
    lost: out.inbound?.packetsLost ?? 0,
    heard: out.codecs?.[out.inbound?.codecId] ?? "",
    spoken: out.codecs?.[out.outbound?.codecId] ?? "",
    dtls: out.transport?.dtlsState ?? "",
  };
};

/** Records the other side for `seconds`; resolves to { rate, text }, 16-bit samples in base64. */
lab.record = async (seconds, track = lab.remoteTrack()) => {
  const reader = new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader();
  const parts = [];
  let rate = 48000;
  for (let samples = 0; samples < seconds * rate;) {
    const { value, done } = await reader.read();
    if (done) break;
    const part = new Float32Array(value.numberOfFrames);
    value.copyTo(part, { planeIndex: 0, format: "f32-planar" });
    rate = value.sampleRate;
    samples += part.length;
    parts.push(part);
    value.close();
  }
  await reader.cancel();
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) for (const value of part) all[at++] = Math.max(-1, Math.min(1, value)) * 32767;
  const bytes = new Uint8Array(all.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return { rate, text: btoa(text) };
};

/** A microphone as it is, without the browser's ideas of a better sound. */
lab.microphone = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };

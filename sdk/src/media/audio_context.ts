// SPDX-License-Identifier: MIT
// The one AudioContext of the SDK: browsers allow few, and hold each back until the user does something.

let shared: AudioContext | undefined;

export function audioContext(): AudioContext {
  shared ??= new AudioContext({ latencyHint: "interactive" });
  // Without a gesture the promise stays open; the next call tries again.
  if (shared.state === "suspended") void shared.resume().catch(() => undefined);
  return shared;
}

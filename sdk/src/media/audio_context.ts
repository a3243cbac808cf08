// SPDX-License-Identifier: MIT
// The one AudioContext of the SDK: browsers allow few, and hold each back until the user does something.

let shared: AudioContext | undefined;

const GESTURES = ["pointerdown", "keydown"] as const;

export function audioContext(): AudioContext {
  shared ??= new AudioContext({ latencyHint: "interactive" });
  if (shared.state === "suspended") wake();
  return shared;
}

/** Now, where that is allowed; else with the next click or key. */
function wake(): void {
  for (const gesture of GESTURES) document.removeEventListener(gesture, wake);
  void shared?.resume().catch(() => undefined);
  if (shared?.state !== "running") for (const gesture of GESTURES) document.addEventListener(gesture, wake);
}

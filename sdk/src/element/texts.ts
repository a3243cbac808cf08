// SPDX-License-Identifier: MIT
// What the element says. An application may replace any of it: `element.texts = { call: "Anrufen" }`.

export const TEXTS = {
  call: "Call",
  hangup: "Hang up",
  mute: "Mute",
  connecting: "Connecting",
  calling: "Calling",
  ringing: "Ringing",
  talking: "In a call",
  reconnecting: "Connection lost, trying again",
  ended: "Call ended",
};

export type Texts = typeof TEXTS;

/** Seconds as m:ss. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

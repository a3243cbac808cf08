// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard outside text fields. Digits always go into a call that takes them. Single letters act only
// while the focus is in the call card, and can be turned off (WCAG 2.1.4): browsers own the chords.

import { call, ended, keysShown, notice, takesDigits } from "./app_state";
import { answer, hangup, sendDigit, toggleMute } from "./phone_call";
import { preferences } from "./preferences";
import { beep } from "./sound";

const ACTIONS: Readonly<Record<string, () => void>> = {
  a: answer,
  x: hangup,
  m: () => call.value && toggleMute(),
};

export function startShortcuts(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTextField(event.target)) return;
    if (onKey(event)) event.preventDefault();
  });
}

function onKey(event: KeyboardEvent): boolean {
  if (takesDigits.value && /^[0-9*#]$/.test(event.key)) {
    if (!event.repeat) pressDigit(event.key);
    return true;
  }
  if (event.key === "Escape") return close();
  if (!preferences.value.shortcuts) return false;
  if (event.key === "?") {
    keysShown.value = !keysShown.value;
    return true;
  }
  const act = ACTIONS[event.key.toLowerCase()];
  if (!act || !isInCallCard(event.target)) return false;
  act();
  return true;
}

/** What is on top goes. */
function close(): boolean {
  if (keysShown.value) keysShown.value = false;
  else if (ended.value) ended.value = null;
  else if (notice.value) notice.value = null;
  else return false;
  return true;
}

/** One digit into the call, and to the user's own ear. */
export function pressDigit(digit: string): void {
  beep(digit);
  sendDigit(digit);
}

export function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=range],[type=checkbox]), textarea, select");
}

function isInCallCard(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("[data-call-card]") !== null;
}

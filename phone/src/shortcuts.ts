// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard outside text fields. Digits always go into a call that takes them. Single letters act only
// while the focus is in the call card, and can be turned off (WCAG 2.1.4): browsers own the chords.

import { call, ended, takesDigits } from "./app_state";
import { answer, hangup, sendDigit, toggleMute } from "./phone_line";
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
  if (event.key === "Escape" && ended.value) {
    ended.value = null;
    return true;
  }
  const act = ACTIONS[event.key.toLowerCase()];
  if (!act || !preferences.value.shortcuts || !isInCallCard(event.target)) return false;
  act();
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

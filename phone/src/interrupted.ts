// SPDX-License-Identifier: GPL-3.0-or-later
// A page that is loaded again loses its call. The number of the call that is going on is noted for this
// tab, so that the page can say afterwards what happened.

const KEY = "patchcord.in_call";
let leaving = false;

/** To be called before any session is made: a session ends its calls when the page goes. */
export function watchLeaving(): void {
  window.addEventListener("pagehide", () => (leaving = true));
  window.addEventListener("pageshow", () => (leaving = false));
}

export function noteCall(who: string | undefined): void {
  if (leaving) return;
  try {
    if (who) sessionStorage.setItem(KEY, who);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage nothing is said afterwards.
  }
}

/** Who was called when the page went, once. */
export function takeInterrupted(): string | undefined {
  try {
    const who = sessionStorage.getItem(KEY) ?? undefined;
    sessionStorage.removeItem(KEY);
    return who;
  } catch {
    return undefined;
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// One tab of this browser holds an account's line: two would both ring, and a server may allow only one. A
// Web Lock decides; the browser frees it when a tab is closed or dies. A page in the back/forward cache must
// hold no lock (the browser would not keep it), so the line is given up there and asked for again.

let release: (() => void) | undefined;

/**
 * Resolves to whether this tab has the line now. `steal` takes it from the tab that has it, whose `onTaken`
 * is called.
 */
export function takeLine(name: string, onTaken: () => void, steal = false): Promise<boolean> {
  releaseLine();
  // Web Locks are for secure pages only; elsewhere there is no microphone either.
  if (!("locks" in navigator)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      resolve(lock !== null);
      return lock ? new Promise((done) => (release = done)) : undefined;
    };
    navigator.locks.request(`patchcord.line.${name}`, steal ? { steal } : { ifAvailable: true }, hold).catch(() => {
      release = undefined;
      onTaken();
    });
  });
}

export function releaseLine(): void {
  release?.();
  release = undefined;
}

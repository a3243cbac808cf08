// SPDX-License-Identifier: GPL-3.0-or-later
// localStorage, where there is one: private windows and strict settings make it throw, and what is in it
// may be of an older version or of somebody else.

const PREFIX = "patchcord.";

export function load<T>(key: string, fallback: T, isValid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
    return isValid(value) ? value : fallback;
  } catch {
    return fallback;
  }
}

export function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Then it is forgotten with the page.
  }
}

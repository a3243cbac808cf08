// SPDX-License-Identifier: GPL-3.0-or-later
// The last calls, kept in this browser. Never a password, never a recording: who, when, how long.

import { signal } from "@preact/signals";
import { load, save } from "./storage";

export interface Recent {
  number: string;
  name: string;
  incoming: boolean;
  /** Date.now() of its end. */
  at: number;
  durationMs: number;
  missed: boolean;
}

const KEY = "recents";
const LIMIT = 30;

export const recents = signal<readonly Recent[]>(load<Recent[]>(KEY, [], isRecents));

export function remember(recent: Recent): void {
  recents.value = [recent, ...recents.value].slice(0, LIMIT);
  save(KEY, recents.value);
}

export function forgetAll(): void {
  recents.value = [];
  save(KEY, []);
}

function isRecents(value: unknown): value is Recent[] {
  return (
    Array.isArray(value) &&
    value.every((one: Partial<Recent> | null) => typeof one?.number === "string" && typeof one.at === "number")
  );
}

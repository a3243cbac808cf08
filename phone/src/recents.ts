// SPDX-License-Identifier: GPL-3.0-or-later
// The calls of this browser, newest first: who, when, how long, how it ended. In localStorage, bounded.

import { signal } from "@preact/signals";
import type { Outcome } from "./failures";
import { load, save } from "./storage";

export interface Recent {
  number: string;
  name: string;
  incoming: boolean;
  /** Date.now() of its end. */
  at: number;
  durationMs: number;
  missed: boolean;
  /** Why nobody talked, where nobody did. */
  outcome?: Outcome;
}

const KEY = "recents";
const LIMIT = 100;

export const recents = signal<readonly Recent[]>(load<Recent[]>(KEY, [], isRecents));

export function remember(recent: Omit<Recent, "at">): void {
  recents.value = [{ ...recent, at: Date.now() }, ...recents.value].slice(0, LIMIT);
  save(KEY, recents.value);
}

export function forgetAll(): void {
  recents.value = [];
  save(KEY, []);
}

function isRecents(value: unknown): value is Recent[] {
  return (
    Array.isArray(value) &&
    value.length <= LIMIT &&
    value.every((one: Partial<Recent> | null) => typeof one?.number === "string" && typeof one.at === "number")
  );
}

// SPDX-License-Identifier: MIT
// One callback per event, where a later on() replaces the earlier: applications of the older API subscribe
// again and again and count on that. A callback that throws disturbs nothing else.

import { ERROR_INFO } from "./constants";

export type Callback = (...args: never[]) => void;

export class Callbacks {
  readonly #callbacks = new Map<string, Callback>();

  on(event: string, callback: Callback): void {
    if (!event) throw new TypeError(ERROR_INFO.EVENT_CANT_BE_NULL);
    if (typeof callback !== "function") throw new Error(ERROR_INFO.CALLBACK_NEEDS_TO_BE_A_VALID_FUNCTION);
    this.#callbacks.set(event, callback);
  }

  has(event: string): boolean {
    return this.#callbacks.has(event);
  }

  fire(event: string, ...args: unknown[]): void {
    try {
      (this.#callbacks.get(event) as ((...all: unknown[]) => void) | undefined)?.(...args);
    } catch (error) {
      // Shown where developer tools show uncaught errors.
      setTimeout(() => {
        throw error;
      });
    }
  }
}

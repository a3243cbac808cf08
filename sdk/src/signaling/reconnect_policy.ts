// SPDX-License-Identifier: MIT
// When to try again after the gateway went away. A pure function: no timer, no state, no randomness.

const FIRST_MS = 400;
const LONGEST_MS = 8_000;

/**
 * The first attempt comes at once: most losses are a network that changed, and sound waits for nobody.
 * Milliseconds to wait before attempt number `attempt` (0 is the first), or null to give up.
 * `random` in [0, 1) spreads the browsers of a restarted gateway over half to one and a half times the delay.
 */
export function reconnectDelay(attempt: number, elapsedMs: number, maxMs: number, random: number): number | null {
  if (maxMs === 0) return null;
  const delay = attempt === 0 ? 0 : Math.min(LONGEST_MS, FIRST_MS * 2 ** (attempt - 1)) * (0.5 + random);
  return elapsedMs + delay > maxMs ? null : Math.round(delay);
}

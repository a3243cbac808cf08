// SPDX-License-Identifier: MIT
// The ways to the gateway that a description names, by transport. Pure.

export type Transport = "udp" | "tcp";

const CANDIDATE = /^a=candidate:\S+ \d+ (\S+) .*\r?\n/gim;

/** Leaves the candidates of one transport only, so that the browser has no other way. */
export function only(transport: Transport, sdp: string): string {
  return sdp.replace(CANDIDATE, (line, found: string) => (found.toLowerCase() === transport ? line : ""));
}

export function offers(transport: Transport, sdp: string): boolean {
  return [...sdp.matchAll(CANDIDATE)].some(([, found = ""]) => found.toLowerCase() === transport);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What the system says of a running process.
import { readdirSync, readFileSync } from "node:fs";

/** Resident memory in kB. */
export function rssOf(pid) {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
}

/** Open file descriptors. */
export function descriptorsOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

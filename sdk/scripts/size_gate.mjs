// SPDX-License-Identifier: MIT
// Fails when a bundle of the SDK grows over its budget: what a page downloads for it, compressed.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const CORE = 15 * 1024;
const EXTRA = 4 * 1024;
const COMPAT = 22 * 1024;
const LIMITS = {
  "index.js": CORE,
  "patchcord.js": CORE,
  "preflight.js": EXTRA,
  "element.js": EXTRA,
  "compat.js": COMPAT - CORE,
  "patchcord-compat.js": COMPAT,
};

for (const [file, limit] of Object.entries(LIMITS)) {
  const size = gzipSync(readFileSync(new URL(`../dist/${file}`, import.meta.url)), { level: 9 }).length;
  console.log(`sdk/dist/${file}: ${size} of ${limit} bytes compressed`);
  if (size > limit) process.exitCode = 1;
}

// SPDX-License-Identifier: MIT
// Fails when a bundle of the SDK grows over its budget: what a page downloads, compressed.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 15 * 1024;
for (const file of ["index.js", "patchcord.js"]) {
  const size = gzipSync(readFileSync(new URL(`../dist/${file}`, import.meta.url)), { level: 9 }).length;
  console.log(`sdk/dist/${file}: ${size} of ${LIMIT} bytes compressed`);
  if (size > LIMIT) process.exitCode = 1;
}

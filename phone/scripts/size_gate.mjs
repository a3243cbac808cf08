// SPDX-License-Identifier: GPL-3.0-or-later
// Fails when the first load of the page grows over its budget: the page, what it names, and its fonts.
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 60 * 1024;
const dist = new URL("../dist/", import.meta.url);
const page = readFileSync(new URL("index.html", dist), "utf8");
const named = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map((match) => match[1]);
const fonts = readdirSync(new URL("assets/", dist)).filter((name) => name.endsWith(".woff2"));

let total = 0;
for (const file of new Set(["index.html", ...named, ...fonts.map((name) => `assets/${name}`)])) {
  const bytes = readFileSync(new URL(file, dist));
  const size = file.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
  console.log(`  ${String(size).padStart(6)}  ${file}`);
  total += size;
}
console.log(`phone first load: ${total} of ${LIMIT} bytes compressed`);
if (total > LIMIT) process.exitCode = 1;

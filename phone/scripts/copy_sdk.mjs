// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the SDK's two builds and their maps where the gateway serves them: /sdk/index.js, /sdk/patchcord.js.
import { cpSync } from "node:fs";

for (const file of ["index.js", "index.js.map", "patchcord.js", "patchcord.js.map"])
  cpSync(new URL(`../../sdk/dist/${file}`, import.meta.url), new URL(`../dist/sdk/${file}`, import.meta.url));

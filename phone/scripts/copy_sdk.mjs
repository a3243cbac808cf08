// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the SDK's two builds where the gateway serves them: /sdk/index.js and /sdk/patchcord.js.
import { cpSync } from "node:fs";

for (const file of ["index.js", "patchcord.js"])
  cpSync(new URL(`../../sdk/dist/${file}`, import.meta.url), new URL(`../dist/sdk/${file}`, import.meta.url));

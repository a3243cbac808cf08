// SPDX-License-Identifier: GPL-3.0-or-later
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const sdk = (file: string): string => fileURLToPath(new URL(`../sdk/src/${file}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      "@patchcord/websdk/preflight": sdk("preflight/index.ts"),
      "@patchcord/websdk": sdk("index.ts"),
    },
  },
  build: {
    target: "es2022",
    // The page's content security policy allows no data: URLs and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

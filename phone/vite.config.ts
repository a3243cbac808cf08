// SPDX-License-Identifier: GPL-3.0-or-later
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const sdk = (file: string): string => fileURLToPath(new URL(`../sdk/src/${file}`, import.meta.url));
const CORE =
  /node_modules\/@?preact|sdk\/src\/(?!preflight)|phone\/src\/(?!connection_test)\w+\.ts$|texts\/(reasons_)?en\.ts$/;

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
    rolldownOptions: {
      // What every screen needs is one file: it compresses better than many.
      output: { codeSplitting: { groups: [{ name: "core", test: CORE }] } },
    },
  },
});

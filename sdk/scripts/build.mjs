// SPDX-License-Identifier: MIT
// Builds sdk/dist: index.js (ES module), patchcord.js (classic script, global `Patchcord`), types/.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const FILE_OF_FORMAT = { es: "index.js", iife: "patchcord.js" };

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const [format, file] of Object.entries(FILE_OF_FORMAT)) {
  await build({
    configFile: false,
    logLevel: "warn",
    root,
    build: {
      target: "es2022",
      sourcemap: true,
      emptyOutDir: false,
      // Otherwise an ES module keeps its white space.
      rolldownOptions: { output: { minify: true } },
      lib: { entry: "src/index.ts", name: "Patchcord", formats: [format], fileName: () => file },
    },
  });
}
execFileSync("tsc", ["-p", "tsconfig.types.json"], { cwd: root, stdio: "inherit" });

// SPDX-License-Identifier: MIT
// Builds sdk/dist: an ES module for each entry, two classic scripts, types/.
// An entry that stands on another, as preflight does on index, imports it as a file of its own: so there is one
// SDK in a page, however many entries it uses.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const MODULES = {
  index: "src/index.ts",
  preflight: "src/preflight/index.ts",
  element: "src/element/index.ts",
  compat: "src/compat/index.ts",
};
const SCRIPTS = {
  patchcord: { entry: "src/index.ts", name: "Patchcord" },
  // The name that pages of the older API expect.
  "patchcord-compat": { entry: "src/compat/index.ts", name: "Flashphoner" },
};

const INDEX = fileURLToPath(new URL("../src/index.ts", import.meta.url));
const indexApart = {
  name: "index-apart",
  enforce: "pre",
  async resolveId(source, importer) {
    const found = importer && (await this.resolve(source, importer, { skipSelf: true }));
    return found?.id === INDEX ? { id: "./index.js", external: true } : null;
  },
};

function bundle(lib, plugins = []) {
  return build({
    configFile: false,
    logLevel: "warn",
    root,
    plugins,
    build: {
      target: "es2022",
      sourcemap: true,
      emptyOutDir: false,
      // Otherwise an ES module keeps its white space.
      rolldownOptions: { output: { minify: true } },
      lib,
    },
  });
}

rmSync(`${root}/dist`, { recursive: true, force: true });
for (const [name, entry] of Object.entries(MODULES))
  await bundle({ entry, formats: ["es"], fileName: () => `${name}.js` }, [indexApart]);
for (const [file, { entry, name }] of Object.entries(SCRIPTS))
  await bundle({ entry, name, formats: ["iife"], fileName: () => `${file}.js` });
execFileSync("tsc", ["-p", "tsconfig.types.json"], { cwd: root, stdio: "inherit" });

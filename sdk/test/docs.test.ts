// SPDX-License-Identifier: MIT
// Compiles every ```ts block of the guide and the README against the SDK, so that no example goes stale.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

const DOCUMENTS = ["docs/sdk.md", "sdk/README.md"];

it("the examples compile", () => {
  const folder = mkdtempSync(join(root, "sdk/test/.examples-"));
  try {
    const files = DOCUMENTS.flatMap((document, number) => {
      const blocks = [...readFileSync(join(root, document), "utf8").matchAll(/^```ts\n(.*?)^```$/gms)];
      expect(blocks.length, document).toBeGreaterThan(0);
      return blocks.map(([, code = ""], index) => {
        const file = join(folder, `document_${number}_example_${index}.ts`);
        writeFileSync(file, code);
        return file;
      });
    });
    const program = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
      types: [],
      skipLibCheck: true,
      paths: {
        "@patchcord/websdk": [join(root, "sdk/src/index.ts")],
        "@patchcord/websdk/*": [join(root, "sdk/src/*/index.ts")],
      },
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ file, messageText }) => `${file?.fileName ?? ""}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
    expect(problems).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);

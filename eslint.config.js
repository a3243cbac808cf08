// SPDX-License-Identifier: GPL-3.0-or-later
// Lint of the browser side. Layering is here too: the phone sees the SDK's public file and nothing below it.
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["**/dist/", "**/node_modules/", ".cache/", "build/", "sdk/src/reasons.ts"] },
  {
    files: ["sdk/{src,test}/**/*.ts", "phone/{src,test}/**/*.{ts,tsx}"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "max-lines": ["error", { max: 500 }],
      "max-lines-per-function": ["error", { max: 60, skipComments: true }],
      "@typescript-eslint/no-confusing-void-expression": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    files: ["phone/src/**/*.{ts,tsx}"],
    rules: {
      "max-lines": ["error", { max: 200 }],
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/sdk/*", "@patchcord/websdk/*", "!@patchcord/websdk/preflight"],
              message: "Only the SDK's public entries.",
            },
          ],
        },
      ],
    },
  },
  {
    files: ["phone/src/texts/**"],
    rules: { "max-lines": ["error", { max: 500 }] },
  },
  {
    files: ["**/test/**"],
    rules: { "max-lines-per-function": "off" },
  },
);

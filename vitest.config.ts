// SPDX-License-Identifier: GPL-3.0-or-later
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["sdk/test/**/*.test.ts", "phone/test/**/*.test.ts"],
    restoreMocks: true,
    unstubGlobals: true,
    typecheck: { enabled: false },
  },
});

// SPDX-License-Identifier: MIT
// Where the SDK's own words go. An application may pass its own Logger; passwords are never logged.

export interface Logger {
  debug(text: string, detail?: unknown): void;
  warn(text: string, detail?: unknown): void;
}

const say =
  (method: "debug" | "warn") =>
  (text: string, detail?: unknown): void =>
    console[method](`[patchcord] ${text}`, detail ?? "");

/** Warnings to the console, nothing else: the default. */
export const quietLogger: Logger = { debug: () => undefined, warn: say("warn") };

/** Everything to the console: `createSession({ logger: consoleLogger })`. */
export const consoleLogger: Logger = { debug: say("debug"), warn: say("warn") };

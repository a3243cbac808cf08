// SPDX-License-Identifier: GPL-3.0-or-later
// The SDK's preflight against the echo, as signals: its steps as they are done, and the verdict. Its code
// comes when it is wanted.

import { signal } from "@preact/signals";
import { PhoneError } from "@patchcord/websdk";
import type { PreflightReport, Step } from "@patchcord/websdk/preflight";
import { currentSession } from "./phone_line";

export const testSteps = signal<readonly Step[]>([]);
export const testReport = signal<PreflightReport | null>(null);
export const testRuns = signal(false);

let abort = new AbortController();

export async function startTest(): Promise<void> {
  const session = currentSession();
  if (!session || testRuns.peek()) return;
  abort = new AbortController();
  testSteps.value = [];
  testReport.value = null;
  testRuns.value = true;
  const onStep = (step: Step): void => {
    testSteps.value = [...testSteps.value, step];
  };
  try {
    const { runPreflight } = await import("@patchcord/websdk/preflight");
    testReport.value = await runPreflight({ session, onStep, signal: abort.signal });
  } catch (error) {
    if (!(error instanceof PhoneError)) throw error; // stopped by the user: what was found stays
  } finally {
    testRuns.value = false;
  }
}

export function stopTest(): void {
  abort.abort();
}

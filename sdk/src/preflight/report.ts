// SPDX-License-Identifier: MIT
// What a preflight found, and the verdict in words: pure.

import type { PhoneError } from "../index";

/** In the order they are tried. */
export const STEPS = ["microphone", "socket", "sign_in", "udp", "sound", "tcp"] as const;
export type StepName = (typeof STEPS)[number];

export type StepResult = "ok" | "warn" | "fail" | "skipped";

export interface Step {
  readonly name: StepName;
  readonly result: StepResult;
  readonly ms: number;
  /** What was found, in a sentence. */
  readonly message: string;
  /** What to do about it; empty where nothing is to be done. */
  readonly hint: string;
  /** Why it failed, where that has a name. */
  readonly error?: PhoneError;
  /** Numbers, for those who want to see them. */
  readonly detail?: Readonly<Record<string, number | string | null>>;
}

export interface PreflightReport {
  readonly verdict: "ok" | "warn" | "fail";
  /** The verdict in words. */
  readonly text: string;
  /** What the verdict is about, where it is not ok. */
  readonly problem?: StepName;
  readonly steps: readonly Step[];
}

const READY = "Ready for calls.";
const BLOCKED = "This network blocks voice traffic: calls will have no sound.";

const FAILED: Readonly<Record<StepName, string>> = {
  microphone: "The microphone does not work: nobody would hear you.",
  socket: "The gateway cannot be reached.",
  sign_in: "The gateway can be reached, but the sign-in failed.",
  udp: BLOCKED,
  sound: "Calls can be made, but no sound comes back.",
  tcp: BLOCKED,
};

const DOUBTFUL: Readonly<Record<StepName, string>> = {
  microphone: "Calls work, but the microphone heard nothing.",
  socket: READY,
  sign_in: READY,
  udp: "Calls work here, by the second best way: this network blocks UDP, so sound may stutter.",
  sound: "Calls work, but how they sound could not be judged as good.",
  tcp: "Calls work here. In networks that block UDP they would have no sound.",
};

export function judge(steps: readonly Step[]): PreflightReport {
  const first = (result: StepResult): Step | undefined => steps.find((step) => step.result === result);
  const failed = first("fail");
  if (failed) return { verdict: "fail", text: FAILED[failed.name], problem: failed.name, steps };
  const doubtful = first("warn");
  if (doubtful) return { verdict: "warn", text: DOUBTFUL[doubtful.name], problem: doubtful.name, steps };
  return { verdict: "ok", text: READY, steps };
}

/** One of the two ways is enough for a call: a way that is closed weighs as much as the other one allows. */
export function weigh(udp: Step, tcp: Step): [Step, Step] {
  const eased = (step: Step, other: Step): Step =>
    step.result === "fail" && other.result === "ok" ? { ...step, result: "warn" } : step;
  return [eased(udp, tcp), eased(tcp, udp)];
}

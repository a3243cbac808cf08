// SPDX-License-Identifier: MIT
import { describe, expect, it } from "vitest";
import { next, type CallEvent, type CallState, type CallStatus } from "../src/call_state";

function walk(...events: CallEvent[]): { state: CallState; statuses: CallStatus[] } {
  let state: CallState = "idle";
  const statuses: CallStatus[] = [];
  for (const event of events) {
    const step = next(state, event);
    if (!step) continue;
    state = step.state;
    if (step.status) statuses.push(step.status);
  }
  return { state, statuses };
}

describe("call_state", () => {
  it.each<[string, CallEvent[], CallState, CallStatus[]]>([
    ["outgoing", ["dial", "trying", "ring", "talk"], "up", ["PENDING", "TRYING", "RING", "ESTABLISHED"]],
    ["early media", ["dial", "ring", "early", "talk"], "up", ["PENDING", "RING", "RING_MEDIA", "ESTABLISHED"]],
    ["a ring after early media", ["dial", "early", "ring"], "early", ["PENDING", "RING_MEDIA"]],
    ["incoming", ["ring", "answer", "talk"], "up", ["RING", "PENDING", "ESTABLISHED"]],
    ["a ring after the answer", ["answer", "ring", "talk"], "up", ["PENDING", "ESTABLISHED"]],
    ["held and taken back", ["dial", "talk", "hold", "talk"], "up", ["PENDING", "ESTABLISHED", "HOLD", "ESTABLISHED"]],
    ["a late talk after hanging up", ["dial", "hangup", "talk"], "ending", ["PENDING"]],
    ["a late talk after the end", ["dial", "finish", "talk", "ring"], "ended", ["PENDING"]],
    ["declined", ["ring", "hangup", "finish"], "ended", ["RING"]],
  ])("%s", (_, events, state, statuses) => {
    expect(walk(...events)).toEqual({ state, statuses });
  });

  it("dials and answers once", () => {
    expect(next("dialing", "dial")).toBeUndefined();
    expect(next("answering", "answer")).toBeUndefined();
    expect(next("up", "answer")).toBeUndefined();
  });

  it("ends from everywhere, and stays there", () => {
    const states: CallState[] = ["idle", "dialing", "ringing", "answering", "early", "up", "ending"];
    for (const state of states) expect(next(state, "finish")?.state).toBe("ended");
    const events: CallEvent[] = ["dial", "answer", "hangup", "trying", "ring", "early", "talk", "hold", "finish"];
    for (const event of events) expect(next("ended", event)).toBeUndefined();
  });
});

// SPDX-License-Identifier: MIT
// What a call may do next: a pure table, the browser's counterpart of the gateway's call/transition, with
// the same state names plus "answering" (the browser said yes, the gateway has not confirmed yet).
//
//   outgoing  idle -dial-> dialing -ring-> ringing -early-> early -talk-> up -hangup-> ending -finish-> ended
//   incoming  idle -ring-> ringing -answer-> answering -talk-> up ...
//
// An empty cell: a command is refused with INVALID_STATE, a message is ignored. So a late "ring" cannot
// take back an answer, and nothing can revive a call that has ended.

/** The vendor's strings, for the applications that know them. */
export const CALL_STATUS = {
  NEW: "NEW",
  PENDING: "PENDING",
  TRYING: "TRYING",
  RING: "RING",
  RING_MEDIA: "RING_MEDIA",
  SESSION_PROGRESS: "SESSION_PROGRESS",
  ESTABLISHED: "ESTABLISHED",
  HOLD: "HOLD",
  BUSY: "BUSY",
  FINISH: "FINISH",
  FAILED: "FAILED",
} as const;

export type CallStatus = keyof typeof CALL_STATUS;
export type FinalStatus = "FINISH" | "BUSY" | "FAILED";

export type CallState = "idle" | "dialing" | "ringing" | "answering" | "early" | "up" | "ending" | "ended";

export type CallEvent =
  | "dial"
  | "answer"
  | "hangup" // commands
  | "trying"
  | "ring"
  | "early"
  | "progress"
  | "talk"
  | "hold" // messages
  | "finish"; // from whatever side

export interface Step {
  readonly state: CallState;
  /** The status to announce; absent where nothing an application could see has changed. */
  readonly status?: CallStatus;
}

const to = (state: CallState, status?: CallStatus): Step => (status ? { state, status } : { state });

const ending = to("ending");
const ended = to("ended");
const talking = to("up", "ESTABLISHED");
const ringing = to("ringing", "RING");
const earlyMedia = to("early", "RING_MEDIA");
const progress = to("early", "SESSION_PROGRESS");

const TABLE: Readonly<Record<CallState, Readonly<Partial<Record<CallEvent, Step>>>>> = {
  idle: {
    dial: to("dialing", "PENDING"),
    ring: ringing,
    answer: to("answering", "PENDING"),
    hangup: ending,
    finish: ended,
  },
  dialing: {
    trying: to("dialing", "TRYING"),
    ring: ringing,
    early: earlyMedia,
    progress,
    talk: talking,
    hangup: ending,
    finish: ended,
  },
  ringing: {
    answer: to("answering", "PENDING"),
    early: earlyMedia,
    progress,
    talk: talking,
    hangup: ending,
    finish: ended,
  },
  answering: { talk: talking, hangup: ending, finish: ended },
  early: { early: earlyMedia, progress, talk: talking, hangup: ending, finish: ended },
  up: { talk: talking, hold: to("up", "HOLD"), hangup: ending, finish: ended },
  ending: { finish: ended },
  ended: {},
};

/** The step that `event` makes from `state`, or undefined where it makes none. */
export function next(state: CallState, event: CallEvent): Step | undefined {
  return TABLE[state][event];
}

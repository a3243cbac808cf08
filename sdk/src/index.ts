// SPDX-License-Identifier: MIT
// The public face of @patchcord/websdk. What is not named here may change at any time.

export { CALL_STATUS, type CallStatus } from "./call_state";
export type { AnswerOptions, Call, CallEnd, CallEvents, CallOptions, EndedBy } from "./call";
export {
  createSession,
  SESSION_STATUS,
  type ReadyOptions,
  type Session,
  type SessionEvents,
  type SessionOptions,
  type SessionStatus,
  type SipOptions,
} from "./client";
export { PhoneError, type Reason, type SipCause } from "./errors";
export { consoleLogger, type Logger } from "./logger";
export type { CallStats } from "./media/stats";
export type { DtmfType, SessionInfo } from "./signaling/messages";

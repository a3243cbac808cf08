// SPDX-License-Identifier: MIT
// The public face of @patchcord/websdk. What is not named here may change at any time.

export { CALL_STATUS, type CallStatus } from "./call_state";
export type { Call } from "./call";
export type { AnswerOptions, CallEnd, CallEvents, CallOptions, EndedBy } from "./call_api";
export { createSession, type Session } from "./client";
export { PhoneError, type Reason, type SipCause } from "./errors";
export { consoleLogger, type Logger } from "./logger";
export type { Device, DeviceDiff } from "./media/device_list";
export { devices } from "./media/devices";
export type { DeviceEvents, DeviceLost, DeviceRole, DeviceSelection, Devices } from "./media/devices";
export type { LevelMeter } from "./media/levels";
export type { Levels } from "./media/level_watch";
export type { AudioOutput } from "./media/output";
export type { MicrophonePermission } from "./media/permission";
export type { Quality } from "./quality/mos";
export type { QualitySummary } from "./quality/monitor";
export type { CallStats } from "./quality/stats";
export {
  SESSION_STATUS,
  type ReadyOptions,
  type SessionEvents,
  type SessionOptions,
  type SessionStatus,
  type SipOptions,
} from "./session_api";
export type { Reconnecting } from "./signaling/connection";
export type { DtmfType, SessionInfo } from "./signaling/messages";

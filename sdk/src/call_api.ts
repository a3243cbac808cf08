// SPDX-License-Identifier: MIT
// What an application says to a call and hears from it, as types; and what a call needs of its session.

import type { Call } from "./call";
import type { CallStatus } from "./call_state";
import type { PhoneError, Reason, SipCause } from "./errors";
import type { Logger } from "./logger";
import type { Devices } from "./media/devices";
import type { Levels } from "./media/level_watch";
import type { QualitySummary } from "./quality/monitor";
import type { Quality } from "./quality/mos";
import type { ClientMessage } from "./signaling/messages";

export interface CallOptions {
  /** A number, a user name or a SIP address. */
  callee: string;
  /** The name the other side may see. */
  visibleName?: string;
  /** `audio: false` only listens. */
  constraints?: { audio?: boolean | MediaTrackConstraints; video?: false };
  /** Plays the other side; by default the call makes a hidden audio element of its own. */
  remoteElement?: HTMLMediaElement;
  /** Names of codecs that the gateway must not choose, e.g. ["opus"]. */
  stripCodecs?: readonly string[];
  /** Headers for the INVITE; the gateway passes on those that begin with `X-`. */
  sipHeaders?: Readonly<Record<string, string>>;
  /** Changes the gateway's description before the browser reads it. */
  sdpHook?: (sdp: string) => string;
}

export type AnswerOptions = Pick<CallOptions, "constraints" | "remoteElement" | "stripCodecs" | "sdpHook">;

/** Further members of the message, which the compat entry passes through. @internal */
export interface PassThrough {
  extra?: Readonly<Record<string, unknown>>;
}

export type EndedBy = "local" | "remote" | "gateway";

export interface CallEnd {
  reason: Reason;
  /** As PhoneError.code; 0 for a call that simply ended. */
  code: number;
  /** What the person in front of the screen can do about it; may be empty. */
  hint: string;
  by: EndedBy;
  /** Talking time, 0 when nobody answered. */
  durationMs: number;
  /** What the SIP side said, where it said something: status and reason, Q.850 cause, Warning. */
  sip?: SipCause;
  /** How it sounded; absent for a call that was too short to be judged. */
  quality?: QualitySummary;
  /** Present unless the call ended because somebody hung up. */
  error?: PhoneError;
}

type StatusEvents = { [K in CallStatus]: [call: Call, error?: PhoneError] };

export interface CallEvents extends StatusEvents {
  /** After the last status event, exactly once in the life of a call that was started. */
  ended: [CallEnd];
  /** Something the user should know, but no reason to end the call. */
  warning: [PhoneError];
  /** The network does well again, or sound flows again: the warning of that name is over. */
  "warning-cleared": [PhoneError];
  /** How it sounds, once a second while the call talks. */
  quality: [Quality];
  /** Meters, ten times a second while anyone listens to this event. */
  levels: [Levels];
  /** The gateway is out of reach. Sound may go on; the call waits for the way back. */
  reconnecting: [];
  /** The gateway is back and knows this call. */
  reconnected: [];
}

/** What a call needs of its session. @internal */
export interface CallLink {
  readonly logger: Logger;
  readonly mediaOptions: RTCConfiguration;
  readonly devices: Devices;
  /** False when there is no connection; a hang-up is then said as soon as there is one. */
  send(message: ClientMessage): boolean;
  /** The call is over and can be forgotten. */
  onEnded(call: Call): void;
}

/** @internal */
export interface CallParties {
  id: string;
  incoming: boolean;
  caller: string;
  callee: string;
  visibleName: string;
}

// SPDX-License-Identifier: MIT
// What the end of a call means, out of the gateway's words: pure. A gateway of the same protocol that is not
// Patchcord gives neither reason nor `by`; then the state of the call tells as much as can be known.

import type { EndedBy } from "./call_api";
import { CALL_STATUS, type CallState, type FinalStatus } from "./call_state";
import { isReason, type Reason } from "./errors";
import type { FinishData } from "./signaling/messages";

export interface Situation {
  state: CallState;
  /** The gateway has said "busy" before. */
  busy: boolean;
  talked: boolean;
}

export interface Ending {
  status: FinalStatus;
  reason: Reason;
  by: EndedBy;
}

export function readFinish(finish: FinishData, situation: Situation): Ending {
  const reason = isReason(finish.reason) ? finish.reason : usualReason(finish.status, situation);
  const by = isEnder(finish.by) ? finish.by : usualEnder(reason, situation);
  return { status: finalStatus(finish.status, reason, situation), reason, by };
}

function usualReason(status: string, { busy, talked }: Situation): Reason {
  if (busy || status === CALL_STATUS.BUSY) return "busy";
  if (status === CALL_STATUS.FAILED) return "server_error";
  return talked ? "hangup" : "cancelled";
}

function isEnder(by: string | undefined): by is EndedBy {
  return by === "local" || by === "remote" || by === "gateway";
}

function usualEnder(reason: Reason, { state }: Situation): EndedBy {
  if (state === "ending") return "local";
  return ["hangup", "cancelled", "busy", "declined"].includes(reason) ? "remote" : "gateway";
}

// "busy" comes as a message of its own and the call is then finished like any other, because applications
// of the older SDK wait for FINISH. Here it is one status, BUSY.
function finalStatus(status: string, reason: Reason, { state, busy }: Situation): FinalStatus {
  if (state === "ending") return "FINISH"; // we asked for it, whatever the gateway calls it
  if (busy || reason === "busy" || status === CALL_STATUS.BUSY) return "BUSY";
  return status === CALL_STATUS.FAILED ? "FAILED" : "FINISH";
}

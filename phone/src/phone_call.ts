// SPDX-License-Identifier: GPL-3.0-or-later
// The call: turns clicks into SDK calls and the call's events into the store. One at a time: who calls
// meanwhile hears that the line is busy, and is noted.

import { CALL_STATUS, PhoneError, type Call, type CallEnd, type Levels } from "@patchcord/websdk";
import { call, canDial, ended, notice, number, screen, updateCall, type Phase } from "./app_state";
import { outcomeOf } from "./failures";
import { noteCall } from "./interrupted";
import { toDial } from "./number";
import { createCall, takeCalls } from "./phone_line";
import { prefer, preferences } from "./preferences";
import { remember } from "./recents";

let active: Call | undefined;

export function startTakingCalls(): void {
  takeCalls(onIncoming);
}

/** Dials what is in the number field, or `text`. */
export function dial(text = number.value): void {
  const callee = toDial(text);
  if (!callee || !canDial.value || active) return;
  const outgoing = createCall(callee);
  if (!outgoing) return;
  number.value = text;
  show(outgoing, callee, "calling");
  void outgoing.call();
}

export function answer(): void {
  if (call.value?.phase !== "incoming") return;
  updateCall({ phase: "connecting" });
  void active?.answer();
}

/** Dials once more after the microphone was allowed. */
export function dialAgain(): void {
  if (ended.value && !ended.value.incoming) dial(ended.value.number);
}

export function hangup(): void {
  void active?.hangup();
}

export function toggleMute(): void {
  if (!active) return;
  if (active.isAudioMuted()) active.unmuteAudio();
  else active.muteAudio();
  updateCall({ muted: active.isAudioMuted() });
}

export function setVolume(percent: number): void {
  active?.setVolume(percent);
  prefer({ callVolume: percent });
}

/** Listens to the user's own voice until the returned function is called: in a muted call, to say so. */
export function watchOwnLevel(onLevel: (level: number) => void): () => void {
  const watched = active;
  const handler = ({ mic }: Levels): void => onLevel(mic);
  watched?.on("levels", handler);
  return () => watched?.off("levels", handler);
}

/** The name of the codec that is heard, once it is known. */
export async function heardCodec(): Promise<string> {
  return active ? (await active.getStats()).inbound.codec : "";
}

export function sendDigit(digit: string): void {
  if (!active || !call.value) return;
  try {
    active.sendDTMF(digit);
    updateCall({ digits: (call.value.digits + digit).slice(-32) });
  } catch (error) {
    if (!(error instanceof PhoneError)) throw error; // a digit between two states of the call is lost: no harm
  }
}

function onIncoming(incoming: Call): void {
  if (!active) {
    screen.value = "phone";
    return show(incoming, incoming.caller(), "incoming");
  }
  const who = incoming.visibleName() || incoming.caller();
  remember({ number: incoming.caller(), name: "", incoming: true, durationMs: 0, missed: true });
  notice.value = { key: "call.busy_for", who };
  void incoming.hangup();
}

function show(shown: Call, other: string, phase: Phase): void {
  active = shown;
  ended.value = null;
  const incoming = shown.isIncoming();
  const name = incoming && shown.visibleName() !== other ? shown.visibleName() : "";
  call.value = { id: shown.id(), incoming, number: other, name, phase, muted: false, digits: "" };
  const to = (next: Phase) => () => updateCall({ phase: next });
  if (!incoming) shown.on(CALL_STATUS.RING, to("ringing"));
  shown
    .on(CALL_STATUS.RING_MEDIA, to("early"))
    .on(CALL_STATUS.SESSION_PROGRESS, to("early"))
    .on(CALL_STATUS.HOLD, to("held"))
    .on(CALL_STATUS.ESTABLISHED, () => {
      noteCall(name || other);
      updateCall({ phase: "talking", talkingSince: call.value?.talkingSince ?? performance.now() });
    })
    .on("warning", (warning) => updateCall({ warning }))
    .on("warning-cleared", ({ reason }) => {
      if (call.value?.warning?.reason === reason) updateCall({ warning: undefined });
    })
    .on("quality", (quality) => updateCall({ quality }))
    .on("ended", onEnded);
  shown.setVolume(preferences.value.callVolume);
}

function onEnded(end: CallEnd): void {
  const last = call.value;
  active = undefined;
  call.value = null;
  noteCall(undefined);
  if (!last) return;
  const { id, number: other, name, incoming, talkingSince } = last;
  const answered = talkingSince !== undefined;
  const missed = incoming && !answered && end.by !== "local";
  const outcome = answered || missed ? {} : { outcome: outcomeOf(end.reason) };
  remember({ number: other, name, incoming, durationMs: end.durationMs, missed, ...outcome });
  ended.value = { id, number: other, name, incoming, end };
  if (!incoming && !end.error) number.value = "";
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The phone line: the only place where the page touches the SDK. Turns clicks into SDK calls and SDK
// events into the store. One call at a time: who calls meanwhile is told that the line is busy.

import {
  CALL_STATUS,
  createSession,
  PhoneError,
  SESSION_STATUS,
  type Call,
  type CallEnd,
  type Session,
} from "@patchcord/websdk";
import {
  account,
  call,
  canDial,
  ended,
  line,
  number,
  signedIn,
  updateCall,
  type Account,
  type Phase,
} from "./app_state";
import { toDial } from "./number";
import { remember } from "./recents";

/** A page that is a phone keeps trying: ten minutes of a restarting gateway are no reason to give up. */
const RECONNECT = { maxMs: 600_000 };

let session: Session | undefined;
let active: Call | undefined;

export function goOnline(with_: Account): void {
  void session?.disconnect();
  account.value = with_;
  line.value = { state: "connecting" };
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const { login, password, domain, outboundProxy, authenticationName } = with_;
  const sipOptions = {
    login,
    password,
    domain,
    ...(outboundProxy && { outboundProxy }),
    ...(authenticationName && { authenticationName }),
  };
  watch((session = createSession({ urlServer: `${scheme}://${location.host}/`, sipOptions, reconnect: RECONNECT })));
}

/** Tries again with the account that was last online. */
export function retry(): void {
  if (account.value) goOnline(account.value);
}

export function goOffline(): void {
  void session?.disconnect();
  session = undefined;
  signedIn.value = false;
  account.value = null;
  ended.value = null;
  line.value = { state: "offline" };
}

function watch(mine: Session): void {
  // A session that was replaced has nothing to say any more.
  const ifMine =
    <Args extends unknown[]>(handler: (...args: Args) => void) =>
    (...args: Args): void => {
      if (mine === session) handler(...args);
    };
  mine.on(
    SESSION_STATUS.REGISTERED,
    ifMine(() => {
      signedIn.value = true;
      line.value = { state: "online" };
    }),
  );
  mine.on(
    SESSION_STATUS.UNREGISTERED,
    ifMine((_: Session, error?: PhoneError) => (line.value = { state: "unregistered", ...(error && { error }) })),
  );
  mine.on(
    "reconnecting",
    ifMine(() => (line.value = { state: "reconnecting" })),
  );
  mine.on(
    SESSION_STATUS.FAILED,
    ifMine((_: Session, error?: PhoneError) => {
      line.value = { state: "offline", ...(error && { error }) };
      if (error?.reason === "auth_rejected") signedIn.value = false;
    }),
  );
  mine.on(SESSION_STATUS.INCOMING_CALL, ifMine(onIncoming));
}

/** Dials what is in the number field, or brings the last number back into an empty one. */
export function dial(text = number.value): void {
  const callee = toDial(text);
  if (!callee || !session || !canDial.value || active) return;
  number.value = text;
  const outgoing = session.createCall({ callee });
  show(outgoing, callee, "calling");
  void outgoing.call();
}

export function answer(): void {
  if (call.value?.phase !== "incoming") return;
  updateCall({ phase: "connecting" });
  void active?.answer();
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
  if (active) {
    remember({ number: incoming.caller(), name: "", incoming: true, at: Date.now(), durationMs: 0, missed: true });
    void incoming.hangup();
    return;
  }
  show(incoming, incoming.caller(), "incoming");
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
    .on(CALL_STATUS.ESTABLISHED, () =>
      updateCall({ phase: "talking", talkingSince: call.value?.talkingSince ?? performance.now() }),
    )
    .on("warning", (warning) => updateCall({ warning }))
    .on("ended", onEnded);
}

function onEnded(end: CallEnd): void {
  const last = call.value;
  active = undefined;
  call.value = null;
  if (!last) return;
  const { number: other, name, incoming } = last;
  const missed = incoming && last.talkingSince === undefined && end.by !== "local";
  remember({ number: other, name, incoming, at: Date.now(), durationMs: end.durationMs, missed });
  ended.value = { number: other, name, incoming, end };
  if (!incoming && !end.error) number.value = "";
}

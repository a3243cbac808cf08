// SPDX-License-Identifier: MIT
// Calls in the states that tests start from, over the fakes.
import type { Call } from "../src/call";
import type { CallEnd, CallOptions } from "../src/call_api";
import { createSession, type Session } from "../src/client";
import { FakePeerConnection, FakeWebSocket, microphone, settle } from "./fakes";

export interface Watched {
  session: Session;
  call: Call;
  statuses: string[];
  ends: CallEnd[];
}

export function signIn(): Session {
  const sipOptions = { login: "1001", password: "pw", domain: "pbx" };
  const session = createSession({ urlServer: "wss://gw", sipOptions, logger: { debug: noop, warn: noop } });
  FakeWebSocket.last.signIn();
  return session;
}

export function noop(): void {}

export function watch(session: Session, call: Call): Watched {
  const watched: Watched = { session, call, statuses: [], ends: [] };
  const names = ["PENDING", "TRYING", "RING", "RING_MEDIA", "ESTABLISHED", "HOLD", "BUSY", "FINISH", "FAILED"] as const;
  for (const name of names) call.on(name, () => watched.statuses.push(name));
  call.on("ended", (end) => watched.ends.push(end));
  return watched;
}

export const outgoing = (options: Partial<CallOptions> = {}): Watched => {
  const session = signIn();
  return watch(session, session.createCall({ callee: "1002", ...options }));
};

export function incoming(callId = "in-1"): Watched {
  const session = signIn();
  let watched: Watched | undefined;
  session.on("INCOMING_CALL", (call) => (watched = watch(session, call)));
  announce(callId);
  if (!watched) throw new Error("no INCOMING_CALL");
  return watched;
}

export function announce(callId: string): void {
  gateway().tell("setRemoteSDP", callId, "v=0 gateway offer", false);
  gateway().tell("notifyIncomingCall", { callId, incoming: true, caller: "3000", callee: "1001", visibleName: "Ann" });
  gateway().tell("ring", { callId, status: "RING" });
}

export const gateway = (): FakeWebSocket => FakeWebSocket.last;
export const tell = (message: string, call: Call, fields: object): void =>
  gateway().tell(message, { callId: call.id(), ...fields });
export const hangups = (): unknown[] => gateway().sent("hangup");
export const micIsOff = (): boolean =>
  microphone.streams.every((s) => s.tracks.every((track) => track.readyState === "ended"));

export async function talking(watched = outgoing()): Promise<Watched> {
  const connected = watched.call.call();
  await settle();
  gateway().tell("setRemoteSDP", watched.call.id(), "v=0 answer", true);
  FakePeerConnection.last.state("connected", "connected");
  tell("talk", watched.call, { status: "ESTABLISHED" });
  await connected;
  return watched;
}

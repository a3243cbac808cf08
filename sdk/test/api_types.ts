// SPDX-License-Identifier: MIT
// Never run: it must compile, and its wrong lines must not. What an application may rely on.
import { CALL_STATUS, createSession, PhoneError, SESSION_STATUS, type Call, type CallEnd } from "../src/index";

export async function usage(signal: AbortSignal): Promise<void> {
  const session = createSession({
    urlServer: "wss://gw",
    sipOptions: { login: "1001", password: "pw", domain: "pbx", port: "5060", registerRequired: true },
    reconnect: { maxMs: 60_000 },
  });
  session
    .on(SESSION_STATUS.FAILED, (_session, error?: PhoneError) => error?.hint)
    .on(SESSION_STATUS.INCOMING_CALL, (call: Call) => call.caller())
    .on("reconnecting", ({ attempt, delayMs }) => attempt + delayMs);
  await session.ready({ registered: true, signal });

  const call = session.createCall({ callee: "1002", constraints: { audio: { echoCancellation: true }, video: false } });
  call.on(CALL_STATUS.RING, (one) => one.id()).on("ended", (end: CallEnd) => end.error?.code);
  const done: Promise<void> = call.call({ signal });
  await done;

  // A reason is a closed set, so that a switch over it can be checked.
  const error = new PhoneError("busy");
  const name: "BUSY" | "NOT_FOUND" | (typeof error)["name"] = error.name;
  if (error.name === "NOT_FOUND") return;

  // @ts-expect-error no such reason
  new PhoneError("bussy");
  // @ts-expect-error no such event
  call.on("RINGING", () => name);
  // @ts-expect-error no video yet
  session.createCall({ callee: "1", constraints: { video: true } });
  // @ts-expect-error a callee is needed
  session.createCall({});
  // @ts-expect-error not a DTMF type
  call.sendDTMF("1", "SMS");
}

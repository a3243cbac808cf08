// SPDX-License-Identifier: MIT
// Never run: it must compile, and its wrong lines must not. What an application may rely on.
import type { WebPhone } from "../src/element";
import { CALL_STATUS, createSession, devices, PhoneError, SESSION_STATUS, type Call, type CallEnd } from "../src/index";
import { runPreflight } from "../src/preflight";

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
  call
    .on("quality", ({ level, mos }) => ([1, 2, 3, 4, 5] as const).includes(level) && mos > 1)
    .on("levels", ({ mic, far }) => mic + far)
    .on("warning", ({ name }) => name === "NO_AUDIO_IN")
    .on("warning-cleared", ({ name }) => name === "LOW_MOS")
    .on("reconnecting", () => undefined)
    .on("ended", ({ hint, sip, quality }) => [hint, sip?.q850, quality?.lossPercent]);
  call.on(CALL_STATUS.RING, (one) => one.id()).on("ended", (end: CallEnd) => end.error?.code);
  const done: Promise<void> = call.call({ signal });
  await done;

  const { microphones, ringers } = await devices.open({ labels: true });
  await devices.use({ mic: microphones[0]?.id ?? "default", ringer: ringers[0]?.id ?? "default" });
  devices.on("device-lost", ({ role, device }) => `${role} ${device.label}`);
  const permission: "prompt" | "granted" | "denied" = (await devices.permission()).state;
  const report = await runPreflight({ session, signal, onStep: ({ name, result, ms }) => `${name} ${result} ${ms}` });
  const verdict: "ok" | "warn" | "fail" = report.verdict;
  const element: WebPhone = document.createElement("web-phone");
  element.texts = { call: permission + verdict };

  // A reason is a closed set, so that a switch over it can be checked.
  const error = new PhoneError("busy");
  const name: "BUSY" | "NOT_FOUND" | (typeof error)["name"] = error.name;
  if (error.name === "NOT_FOUND") return;

  // @ts-expect-error no such reason
  new PhoneError("bussy");
  // @ts-expect-error no such event
  call.on("RINGING", () => name);
  // @ts-expect-error a device has a role
  await devices.use({ camera: "default" });
  // @ts-expect-error no video yet
  session.createCall({ callee: "1", constraints: { video: true } });
  // @ts-expect-error a callee is needed
  session.createCall({});
  // @ts-expect-error not a DTMF type
  call.sendDTMF("1", "SMS");
}

// @ts-expect-error what cannot be done yet is not there
export type NotYet = Call["hold"];

// SPDX-License-Identifier: MIT
// The test calls of a preflight, to an echo: through one transport only, and what is heard of oneself.

import { PhoneError, type Call, type CallStats, type Levels, type Quality, type Session } from "../index";
import { offers, only, type Transport } from "./candidates";

export interface TestCall {
  readonly call: Call;
  /** From dialling until the way for sound was open. */
  readonly ms: number;
}

/** Longer than any network that will work takes; the browser itself would go on for a long time. */
const CONNECT_MS = 8_000;
const POLL_MS = 50;

export interface Way {
  readonly callee: string;
  readonly transport: Transport;
  /** False only listens. */
  readonly audio: boolean;
  readonly signal: AbortSignal;
}

/** Dials; resolves when the way for sound is open. Rejects with NOT_SUPPORTED where the gateway has no such way. */
export async function connect(session: Session, { callee, transport, audio, signal }: Way): Promise<TestCall> {
  const begin = performance.now();
  const gateway = { offersWay: true };
  const sdpHook = (sdp: string): string => {
    gateway.offersWay = offers(transport, sdp);
    return only(transport, sdp);
  };
  const call = session.createCall({ callee, sdpHook, constraints: { audio } });
  try {
    await call.call({ signal });
    if (!gateway.offersWay)
      throw new PhoneError("not_supported", { message: `The gateway offers no way over ${transport}.` });
    await untilOpen(call, signal);
  } catch (error) {
    await call.hangup();
    throw error;
  }
  return { call, ms: Math.round(performance.now() - begin) };
}

async function untilOpen(call: Call, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + CONNECT_MS;
  while (!isOpen(await call.getStats())) {
    if (performance.now() > deadline) throw new PhoneError("ice_failed", { callId: call.id() });
    await pause(POLL_MS, signal);
  }
}

/** Keys are exchanged, or where a browser does not tell that, packets have come. */
function isOpen({ inbound, report }: CallStats): boolean {
  const entries: Record<string, unknown>[] = [];
  report.forEach((entry: Record<string, unknown>) => entries.push(entry));
  return (
    inbound.packets > 0 || entries.some(({ type, dtlsState }) => type === "transport" && dtlsState === "connected")
  );
}

export interface Heard {
  /** The loudest of each side. */
  readonly mic: number;
  readonly far: number;
  readonly worst: Quality | undefined;
}

/** Listens to both sides of the call. */
export async function hear(call: Call, seconds: number, signal: AbortSignal): Promise<Heard> {
  let mic = 0;
  let far = 0;
  let worst: Quality | undefined;
  const onLevels = (levels: Levels): void => {
    mic = Math.max(mic, levels.mic);
    far = Math.max(far, levels.far);
  };
  const onQuality = (quality: Quality): void => {
    if (!worst || quality.mos < worst.mos) worst = quality;
  };
  call.on("levels", onLevels).on("quality", onQuality);
  await pause(seconds * 1000, signal);
  call.off("levels", onLevels).off("quality", onQuality);
  return { mic, far, worst };
}

/** Rejects with ABORTED at the signal. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new PhoneError("aborted", { cause: signal.reason }));
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

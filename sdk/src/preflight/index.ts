// SPDX-License-Identifier: MIT
// A test of all that a call needs, before there is one: microphone, socket, sign-in, the ways for sound, and
// sound itself, by calls to an echo. Stands on the public SDK alone. It changes nothing and leaves nothing open.

import { createSession, devices, PhoneError, type Session, type SessionOptions } from "../index";
import { connect, hear, pause, type TestCall } from "./calls";
import { judge, weigh, type PreflightReport, type Step, type StepName } from "./report";

export { STEPS } from "./report";
export type { PreflightReport, Step, StepName, StepResult } from "./report";

export interface PreflightOptions {
  /** Test with this session; or give `signIn`, and one is made and closed again. */
  session?: Session;
  signIn?: SessionOptions;
  /** A number that answers and says back what it hears. Default: the gateway's own, 600. */
  callee?: string;
  /** How long to listen for one's own voice. Default 3. */
  echoSeconds?: number;
  /** Each step as it is done. */
  onStep?: (step: Step) => void;
  signal?: AbortSignal;
}

/** A microphone that is switched on has at least some noise. */
const ALIVE = 0.05;
/** A level that speech passes easily and the noise of a room does not: -42 dBFS. */
const SPEECH = 0.3;
/** Of what the gateway gives back: it is quieter where an echo canceller has worked on it. */
const HEARD = 0.15;
const MICROPHONE_MS = 1_500;
const GOOD_MOS = 3.6;

type Finding = Omit<Step, "name" | "ms"> & { ms?: number };

/** Rejects with ABORTED at the signal, and with INVALID_ARGUMENT; whatever the test finds is a report. */
export async function runPreflight(options: PreflightOptions): Promise<PreflightReport> {
  const { session, signIn } = options;
  if (!session && !signIn) throw new PhoneError("invalid_argument", { message: "session or signIn is missing." });
  return new Preflight(options).run();
}

class Preflight {
  readonly #options: PreflightOptions;
  readonly #signal: AbortSignal;
  readonly #steps: Step[] = [];
  #session: Session | undefined;

  constructor(options: PreflightOptions) {
    this.#options = options;
    this.#signal = options.signal ?? new AbortController().signal;
    this.#session = options.session;
  }

  async run(): Promise<PreflightReport> {
    try {
      await this.#step("microphone", () => this.#microphone());
      await this.#step("socket", () => this.#socket());
      await this.#step("sign_in", () => this.#signIn());
      const session = this.#session;
      if (session && !this.#steps.some(isDeadEnd)) await this.#calls(session);
      else for (const name of ["udp", "sound", "tcp"] as const) this.#add({ name, ms: 0, ...SKIPPED });
      return judge(this.#steps);
    } finally {
      if (!this.#options.session) await this.#session?.disconnect();
    }
  }

  async #microphone(): Promise<Finding> {
    const meter = await devices.meter();
    let loudest = 0;
    try {
      for (let waited = 0; waited < MICROPHONE_MS && loudest < SPEECH; waited += 50) {
        await pause(50, this.#signal);
        loudest = Math.max(loudest, meter.read());
      }
    } finally {
      meter.close();
    }
    const detail = { level: round(loudest) };
    if (loudest > ALIVE) return { result: "ok", message: "The microphone works.", hint: "", detail };
    const hint = "Say something, or choose another microphone.";
    return { result: "warn", message: "The microphone is open but hears nothing.", hint, detail };
  }

  async #socket(): Promise<Finding> {
    const { signIn } = this.#options;
    const session = (this.#session ??= createSession({ ...(signIn as SessionOptions), reconnect: false }));
    const message = `The gateway ${new URL(session.getServerUrl()).host} can be reached.`;
    if (session.status() === "PENDING") await connected(session, this.#signal);
    return { result: "ok", message, hint: "" };
  }

  async #signIn(): Promise<Finding> {
    await this.#session?.ready({ signal: this.#signal });
    return { result: "ok", message: "The account is signed in.", hint: "" };
  }

  async #calls(session: Session): Promise<void> {
    const udp = await this.#way(session, "udp");
    if (udp.test) {
      this.#add(udp.step);
      await this.#listen(udp.test);
    }
    const tcp = await this.#way(session, "tcp");
    const [udpStep, tcpStep] = weigh(udp.step, tcp.step);
    if (udp.test) {
      await tcp.test?.call.hangup();
    } else {
      this.#add(udpStep);
      await this.#listen(tcp.test);
    }
    this.#add(tcpStep);
  }

  /** Sound, over the way that is open; the call is over then. */
  async #listen(test: TestCall | undefined): Promise<void> {
    try {
      this.#add(await this.#measure("sound", () => this.#sound(test)));
    } finally {
      await test?.call.hangup();
    }
  }

  async #way(session: Session, transport: "udp" | "tcp"): Promise<{ step: Step; test?: TestCall }> {
    const { callee = "600" } = this.#options;
    let test: TestCall | undefined;
    const step = await this.#measure(transport, async () => {
      test = await connect(session, { callee, transport, audio: this.#hasMicrophone(), signal: this.#signal });
      const message = `Sound passes over ${transport.toUpperCase()}.`;
      return { result: "ok", message, hint: "", ms: test.ms };
    });
    return test ? { step, test } : { step };
  }

  async #sound(test: TestCall | undefined): Promise<Finding> {
    if (!test || !this.#hasMicrophone()) return SKIPPED;
    const { mic, far, worst } = await hear(test.call, this.#options.echoSeconds ?? 3, this.#signal);
    const detail = {
      mic: round(mic),
      far: round(far),
      mos: worst?.mos ?? null,
      roundTripMs: worst?.roundTripMs ?? null,
    };
    const found = (result: Step["result"], message: string, hint = ""): Finding => ({ result, message, hint, detail });
    if (far >= HEARD && (worst?.mos ?? 5) < GOOD_MOS)
      return found("warn", "Your voice came back, but not well.", "Another network, or a cable, may help.");
    if (far >= HEARD) return found("ok", "Your voice came back.");
    if (mic < SPEECH) return found("warn", "Nothing was said, so nothing came back.", "Try again, and speak.");
    return found("fail", "Your voice did not come back.", "Show this report to the operator of the gateway.");
  }

  #hasMicrophone(): boolean {
    return this.#steps[0]?.result !== "fail";
  }

  async #step(name: StepName, work: () => Promise<Finding>): Promise<void> {
    this.#add(this.#steps.some(isDeadEnd) ? { name, ms: 0, ...SKIPPED } : await this.#measure(name, work));
  }

  /** What a step found; an abort ends it all. */
  async #measure(name: StepName, work: () => Promise<Finding>): Promise<Step> {
    const begin = performance.now();
    const ms = (): number => Math.round(performance.now() - begin);
    try {
      this.#signal.throwIfAborted();
      const finding = await work();
      return { name, ms: ms(), ...finding };
    } catch (cause) {
      if (this.#signal.aborted) throw new PhoneError("aborted", { cause: this.#signal.reason });
      const error = cause instanceof PhoneError ? cause : new PhoneError("internal", { cause });
      return { name, result: "fail", ms: ms(), message: error.message, hint: error.hint, error };
    }
  }

  #add(step: Step): void {
    this.#steps.push(step);
    this.#options.onStep?.(step);
  }
}

const SKIPPED: Finding = { result: "skipped", message: "Not tried.", hint: "" };

/** Without these nothing after them can be tried. */
function isDeadEnd({ name, result }: Step): boolean {
  return result === "fail" && (name === "socket" || name === "sign_in");
}

function connected(session: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    session.on("CONNECTED", () => resolve());
    session.on("FAILED", (_, error) => reject(error ?? new PhoneError("gateway_unreachable")));
    signal.addEventListener("abort", () => reject(new PhoneError("aborted")), { once: true });
  });
}

const round = (value: number): number => Math.round(value * 100) / 100;

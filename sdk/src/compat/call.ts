// SPDX-License-Identifier: MIT
// A call with the methods and the habits of the older API, over ours. What it does not do there, it does not do
// here: it announces no PENDING, and a hang-up before anything was sent is FAILED. What it never told, this
// tells: why a call ended (getInfo, getErrorInfo, and "ended").

import { CALL_STATUS, devices, type AnswerOptions, type Call, type CallEnd, type CallStatus } from "../index";
import { Callbacks, type Callback } from "./callbacks";
import { ERROR_INFO } from "./constants";
import { playerIn } from "./displays";
import { statsOf } from "./stats";

export interface CompatMediaOptions {
  constraints?: { audio?: boolean | MediaTrackConstraints; video?: unknown };
  localVideoDisplay?: Element;
  remoteVideoDisplay?: Element;
  receiveAudio?: boolean;
  receiveVideo?: boolean;
  stripCodecs?: string | string[];
  sipSDP?: string[];
  sipHeaders?: string[] | Record<string, string>;
  sdpHook?: (sdp: { sdpString: string }) => string;
  custom?: unknown;
}

/** What a call here needs of its session. */
export interface Wire {
  request(message: "hold" | "unhold" | "transfer", data: Record<string, unknown>): void;
}

const EARLY: readonly CallStatus[] = [CALL_STATUS.NEW, CALL_STATUS.PENDING];
const UP: readonly CallStatus[] = [CALL_STATUS.ESTABLISHED, CALL_STATUS.HOLD];
const FINAL: readonly CallStatus[] = [CALL_STATUS.FINISH, CALL_STATUS.BUSY, CALL_STATUS.FAILED];

export class CompatCall {
  readonly #call: Call;
  readonly #wire: Wire;
  readonly #callbacks = new Callbacks();
  #player: HTMLVideoElement | undefined;
  #end: CallEnd | undefined;
  /** Hung up before anything was sent. */
  #dropped = false;
  #waitsForHold = false;

  constructor(call: Call, wire: Wire, player: HTMLVideoElement | undefined) {
    this.#call = call;
    this.#wire = wire;
    this.#player = player;
    call.on("ended", (end) => this.#onEnded(end));
    for (const status of Object.values(CALL_STATUS))
      if (!EARLY.includes(status) && !FINAL.includes(status)) call.on(status, () => this.#tell(status));
  }

  id = (): string => this.#call.id();
  caller = (): string => this.#call.caller();
  callee = (): string => this.#call.callee();
  visibleName = (): string => this.#call.visibleName();
  status = (): CallStatus => (this.#end ? this.#finalStatus() : this.#call.status());
  /** Why it ended, in words. */
  getInfo = (): string | undefined => {
    if (!this.#end) return undefined;
    return this.#end.by === "local" && this.#end.error ? ERROR_INFO.LOCAL_ERROR : this.#end.error?.message;
  };
  getErrorInfo = (): string | undefined => this.#end?.error?.message;

  on = (event: string, callback: Callback): this => {
    this.#callbacks.on(event, callback);
    return this;
  };

  call = (): void => {
    if (this.#call.status() !== CALL_STATUS.NEW) throw new Error(ERROR_INFO.INVALID_CALL_STATE);
    void this.#call.call();
  };

  answer = (options: CompatMediaOptions = {}): void => {
    const status = this.#call.status();
    if (status !== CALL_STATUS.NEW && status !== CALL_STATUS.RING) throw new Error(ERROR_INFO.INVALID_CALL_STATE);
    this.#player = playerIn(options.remoteVideoDisplay);
    void this.#call.answer(mediaOptions(options, this.#player));
  };

  hangup = (): void => {
    this.#dropped = EARLY.includes(this.#call.status()) && !this.#call.isIncoming();
    void this.#call.hangup();
  };

  hold = (): void => this.#request("hold");
  holdForTransfer = (): void => this.#request("hold", { holdForTransfer: true });
  unhold = (): void => this.#request("unhold");
  transfer = (target: string): void => this.#request("transfer", { target });

  sendDTMF = (digits: string | number, type?: "RFC2833" | "INFO" | "INFO_RELAY"): void => {
    // Digits that nobody can hear were always dropped in silence here.
    if (UP.includes(this.#call.status()) || this.#call.status() === CALL_STATUS.RING_MEDIA)
      this.#call.sendDTMF(digits, type);
  };

  muteAudio = (): void => this.#call.muteAudio();
  unmuteAudio = (): void => this.#call.unmuteAudio();
  isAudioMuted = (): boolean => this.#call.isAudioMuted();
  muteVideo = (): void => undefined;
  unmuteVideo = (): void => undefined;
  isVideoMuted = (): boolean => true;
  setVolume = (volume: number): void => this.#call.setVolume(volume);
  getVolume = (): number => this.#call.getVolume();
  setAudioOutputId = (id: string): Promise<void> => devices.use({ speaker: id });

  /** Resolves to the id of the microphone: the named one, or the next of the list. */
  switchMic = async (deviceId?: string): Promise<string> => {
    if (!UP.includes(this.#call.status())) throw new Error(ERROR_INFO.INVALID_CALL_STATE);
    const { microphones } = await devices.open();
    const current = microphones.findIndex(({ id }) => id === devices.selection.mic);
    const mic = deviceId ?? microphones[(current + 1) % microphones.length]?.id;
    if (mic === undefined || microphones.length < 2) throw new Error(ERROR_INFO.CAN_NOT_SWITCH_MIC);
    await devices.use({ mic });
    return mic;
  };

  switchCam = (): Promise<never> => Promise.reject(new Error(ERROR_INFO.CAN_NOT_SWITCH_CAM));
  switchToScreen = (): Promise<never> => Promise.reject(new Error(ERROR_INFO.CAN_NOT_SWITCH_CAM));
  switchToCam = (): void => undefined;

  getStats = (callback: (stats: unknown) => void, native = false): void => {
    this.#call.getStats().then(
      (stats) => callback(native ? stats.report : statsOf(stats)),
      () => undefined,
    );
  };

  getLogger = (): Console => console;

  /** The gateway did not do what hold, unhold or transfer asked. The page waits for a word: how it is. */
  onRefused(): void {
    if (!this.#waitsForHold || this.#end) return;
    this.#waitsForHold = false;
    this.#tell(this.#call.status());
  }

  #request(message: "hold" | "unhold" | "transfer", more: Record<string, unknown> = {}): void {
    this.#waitsForHold = message !== "transfer";
    this.#wire.request(message, { callId: this.id(), ...more });
  }

  #tell(status: CallStatus): void {
    if (UP.includes(status)) this.#waitsForHold = false;
    this.#callbacks.fire(status, this);
  }

  #onEnded(end: CallEnd): void {
    this.#end = end;
    this.#player?.remove();
    const status = this.#finalStatus();
    this.#callbacks.fire(status, this);
    // To those who know it BUSY is a tone to play; the page is reset by what follows it.
    if (status === CALL_STATUS.BUSY) this.#callbacks.fire(CALL_STATUS.FINISH, this);
    this.#callbacks.fire("ended", this, end);
  }

  #finalStatus(): CallStatus {
    const status = this.#call.status();
    if (this.#dropped) return CALL_STATUS.FAILED;
    if (status === CALL_STATUS.BUSY && !this.#callbacks.has(CALL_STATUS.BUSY)) return CALL_STATUS.FAILED;
    return status;
  }
}

/** Options of the older API as ours. */
export function mediaOptions(options: CompatMediaOptions, player: HTMLVideoElement | undefined): AnswerOptions {
  const { constraints, stripCodecs = [], sipSDP, sdpHook, custom } = options;
  const names = typeof stripCodecs === "string" ? stripCodecs.split(",") : stripCodecs;
  return {
    ...{ extra: { sipSDP, custom } },
    constraints: { audio: constraints?.audio ?? true },
    stripCodecs: names.map((name) => name.trim()).filter(Boolean),
    ...(player && { remoteElement: player }),
    ...(sdpHook && { sdpHook: (sdpString: string) => sdpHook({ sdpString }) }),
  };
}

/** `["X-Name: value"]` or `{ "X-Name": "value" }`. */
export function headersOf(headers: CompatMediaOptions["sipHeaders"]): Record<string, string> | undefined {
  if (!Array.isArray(headers)) return headers;
  return Object.fromEntries(
    headers.flatMap((line) => {
      const [, name, value] = /^\s*([^:\s]+)\s*:\s*(.*?)\s*$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

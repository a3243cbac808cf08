// SPDX-License-Identifier: MIT
// One phone call: runs the table of call_state.ts over the call's media (media/call_media.ts) and the words
// of the gateway, which come and go through the CallLink its session gives it. Every way out of a call goes
// through #end(), which releases the media, announces the end once, and cannot run twice.

import { CALL_STATUS, next, type CallEvent, type CallState, type CallStatus, type FinalStatus } from "./call_state";
import { asPhoneError, isReason, PhoneError, type PhoneErrorDetails, type Reason, type SipCause } from "./errors";
import { deferred, quiet, type Deferred } from "./deferred";
import { Emitter } from "./events";
import type { Logger } from "./logger";
import { CallMedia } from "./media/call_media";
import { stripCodecs } from "./media/sdp_tweaks";
import { readStats, type CallStats } from "./media/stats";
import type { AnswerData, ClientMessage, DtmfType, FinishData } from "./signaling/messages";

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
}

export type AnswerOptions = Pick<CallOptions, "constraints" | "remoteElement" | "stripCodecs">;

export type EndedBy = "local" | "remote" | "gateway";

export interface CallEnd {
  reason: Reason;
  /** As PhoneError.code; 0 for a call that simply ended. */
  code: number;
  by: EndedBy;
  /** Talking time, 0 when nobody answered. */
  durationMs: number;
  sip?: SipCause;
  /** Present unless the call ended because somebody hung up. */
  error?: PhoneError;
}

type StatusEvents = { [K in CallStatus]: [call: Call, error?: PhoneError] };

export interface CallEvents extends StatusEvents {
  /** After the last status event, exactly once in the life of a call that was started. */
  ended: [CallEnd];
  /** Something the user should know, but no reason to end the call. */
  warning: [PhoneError];
}

/** What a call needs of its session. @internal */
export interface CallLink {
  readonly logger: Logger;
  readonly mediaOptions: RTCConfiguration;
  /** False when there is no connection. */
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

/** How long the gateway may take to confirm a hang-up. */
const HANGUP_CONFIRM_MS = 4_000;
const DTMF = /^[0-9*#A-Da-d]{1,32}$/;

const EVENT_OF_STATUS: Readonly<Partial<Record<string, CallEvent>>> = {
  TRYING: "trying",
  RING: "ring",
  RING_MEDIA: "early",
  SESSION_PROGRESS: "progress",
  ESTABLISHED: "talk",
  HOLD: "hold",
};

export class Call extends Emitter<CallEvents> {
  readonly #link: CallLink;
  readonly #parties: CallParties;
  readonly #media: CallMedia;
  #options: AnswerOptions;
  #state: CallState = "idle";
  #status: CallStatus = CALL_STATUS.NEW;
  /** Whether the gateway knows this call, so that its end must be told. */
  #announced: boolean;
  #busy = false;
  #talkingSince: number | undefined;
  #hangupTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #remoteSdp = deferred<string>();
  #remoteSdpSeen = false;
  readonly #established: Deferred<void> = deferred();
  readonly #over: Deferred<void> = deferred();

  /** @internal Calls are made by Session.createCall() and by incoming calls. */
  constructor(link: CallLink, parties: CallParties, options: AnswerOptions = {}) {
    super();
    this.#link = link;
    this.#parties = parties;
    this.#options = options;
    this.#announced = parties.incoming;
    this.#media = new CallMedia(link.mediaOptions)
      .on("failed", (error) => this.#fail(error, "ice_failed"))
      .on("warning", (reason) => this.emit("warning", this.#error(reason)));
  }

  id(): string {
    return this.#parties.id;
  }

  status(): CallStatus {
    return this.#status;
  }

  caller(): string {
    return this.#parties.caller;
  }

  callee(): string {
    return this.#parties.callee;
  }

  visibleName(): string {
    return this.#parties.visibleName;
  }

  isIncoming(): boolean {
    return this.#parties.incoming;
  }

  isAudioMuted(): boolean {
    return this.#media.muted;
  }

  /** The other side's sound, for meters and recorders; null before it is there. */
  remoteStream(): MediaStream | null {
    return this.#media.remoteStream ?? null;
  }

  /**
   * Dials. Resolves when the other side answers; rejects with a PhoneError when the call ends before that.
   * Aborting hangs up and rejects with ABORTED.
   */
  call(options: { signal?: AbortSignal } = {}): Promise<void> {
    if (this.#parties.incoming) return this.#refuse("call() is for outgoing calls; use answer().");
    return this.#start("dial", options.signal, () => this.#sendOffer());
  }

  /** Accepts an incoming call. Resolves when both sides can talk; rejects as call() does. */
  answer(options: AnswerOptions & { signal?: AbortSignal } = {}): Promise<void> {
    if (!this.#parties.incoming) return this.#refuse("answer() is for incoming calls; use call().");
    const { signal, ...media } = options;
    return this.#start("answer", signal, () => {
      this.#options = { ...this.#options, ...media };
      return this.#sendAnswer();
    });
  }

  /** Ends, cancels or declines the call, whatever its state. Lets go of the media at once; resolves when it is over. */
  hangup(): Promise<void> {
    if (!this.#announced) {
      this.#endAsAsked();
    } else if (this.#step("hangup")) {
      this.#media.release();
      if (this.#link.send({ message: "hangup", data: { callId: this.id() } }))
        this.#hangupTimer = setTimeout(() => this.#endAsAsked(), HANGUP_CONFIRM_MS);
      else this.#endAsAsked();
    }
    return this.#over.promise;
  }

  /** Works at any time, also before there is a microphone. */
  muteAudio(): void {
    this.#media.muted = true;
  }

  unmuteAudio(): void {
    this.#media.muted = false;
  }

  /** Sends digits (0-9 * # A-D) to the other side. Throws INVALID_STATE when nobody could hear them. */
  sendDTMF(digits: string | number, type: DtmfType = "RFC2833"): void {
    const dtmf = String(digits);
    if (!DTMF.test(dtmf)) throw this.#error("invalid_argument", { message: `Not DTMF digits: "${dtmf}".` });
    const listening = this.#state === "up" || this.#state === "early";
    if (!listening || !this.#link.send({ message: "sendDtmf", data: { callId: this.id(), type, dtmf } }))
      throw this.#error("invalid_state", { message: "Digits can be sent during a call only." });
  }

  /** Rejects with INVALID_STATE when the call has no media (yet, or any more). */
  async getStats(): Promise<CallStats> {
    const report = await this.#media.stats();
    if (!report) throw this.#error("invalid_state", { message: "This call has no media." });
    return readStats(report);
  }

  // ---- from the session ----

  /** @internal */
  handleStatus(status: string): void {
    if (status === CALL_STATUS.BUSY) this.#busy = true;
    const event = EVENT_OF_STATUS[status];
    if (event) this.#step(event);
  }

  /** @internal One description per call; a second one would break the connection, so it is dropped. */
  handleRemoteSdp(sdp: string): void {
    if (this.#remoteSdpSeen) return this.#link.logger.warn(`call ${this.id()}: second remote SDP dropped`);
    this.#remoteSdpSeen = true;
    this.#remoteSdp.resolve(sdp);
    if (!this.#parties.incoming) this.#media.accept(sdp).catch((error: unknown) => this.#fail(error, "bad_sdp"));
  }

  /** @internal */
  handleFinish({ status, reason, by, info, hint, sip }: FinishData): void {
    const why = isReason(reason) ? reason : this.#reasonWithoutOne(status);
    const who = by === "local" || by === "remote" || by === "gateway" ? by : this.#usualEnder(why);
    this.#end(this.#finalStatus(status, why), why, who, { message: info, hint, sip });
  }

  /** @internal The connection to the gateway is gone, and the call with it. */
  handleConnectionLost(error: PhoneError): void {
    if (this.#state === "ending") this.#endAsAsked();
    else this.#end("FAILED", error.reason, "gateway", { cause: error });
  }

  // ---- setting up ----

  #start(event: "dial" | "answer", signal: AbortSignal | undefined, negotiate: () => Promise<void>): Promise<void> {
    if (!next(this.#state, event)) return this.#refuse(`Not possible for a call in state ${this.#status}.`);
    if (signal) this.#abortWith(signal);
    // An aborted signal has ended the call already.
    if (this.#step(event))
      negotiate().catch((error: unknown) => this.#fail(error, event === "answer" ? "bad_sdp" : "internal"));
    return quiet(this.#established.promise);
  }

  async #sendOffer(): Promise<void> {
    if (!(await this.#openMedia())) return;
    const sdp = await this.#media.offer();
    if (this.#state !== "dialing") return; // hung up meanwhile
    this.#announced = true;
    this.#sendDescription(sdp);
  }

  async #sendAnswer(): Promise<void> {
    if (!(await this.#openMedia())) return;
    const sdp = await this.#media.answer(await this.#remoteSdp.promise);
    if (this.#state !== "answering") return; // cancelled meanwhile
    this.#sendDescription(sdp);
  }

  #openMedia(): Promise<boolean> {
    const { constraints, remoteElement } = this.#options;
    return this.#media.open({ audio: constraints?.audio ?? true, element: remoteElement });
  }

  #sendDescription(sdp: string): void {
    const { id, incoming, caller, callee, visibleName } = this.#parties;
    const data: AnswerData = {
      callId: id,
      incoming,
      hasAudio: true,
      hasVideo: false,
      status: "PENDING",
      mediaProvider: "WebRTC",
      sdp: stripCodecs(sdp, this.#options.stripCodecs ?? []),
      callee,
    };
    const sent = incoming
      ? this.#link.send({ message: "answer", data })
      : this.#link.send({ message: "call", data: { ...data, caller, visibleName } });
    if (!sent) this.#fail(undefined, "connection_lost");
  }

  #abortWith(signal: AbortSignal): void {
    const abort = (): void => {
      const error = this.#error("aborted", { cause: signal.reason });
      this.#established.reject(error);
      void this.hangup();
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    const forget = (): void => signal.removeEventListener("abort", abort);
    this.#established.promise.then(forget, forget);
  }

  // ---- moving on, and ending ----

  /** Takes the table's step and announces its status; false when the table has none. */
  #step(event: CallEvent): boolean {
    const step = next(this.#state, event);
    if (!step) return false;
    this.#state = step.state;
    if (event === "talk") {
      this.#talkingSince ??= performance.now();
      this.#established.resolve();
    }
    if (step.status && step.status !== this.#status) this.#announce(step.status);
    return true;
  }

  #announce(status: CallStatus, error?: PhoneError): void {
    this.#status = status;
    this.#link.logger.debug(`call ${this.id()}: ${status}`);
    if (error) this.emit(status, this, error);
    else this.emit(status, this);
  }

  /** Something on our side went wrong: end the call, and tell the gateway where it knows of it. */
  #fail(error: unknown, fallback: Reason): void {
    if (this.#isOver()) return;
    const why = asPhoneError(error, fallback, this.id());
    if (this.#announced) this.#link.send({ message: "hangup", data: { callId: this.id() } });
    this.#end("FAILED", why.reason, "local", { message: why.message, hint: why.hint, cause: why.cause });
  }

  /** What hangup() asked for has happened, or nobody is there to confirm it. */
  #endAsAsked(): void {
    this.#end("FINISH", this.#talkingSince === undefined ? "cancelled" : "hangup", "local");
  }

  #end(status: FinalStatus, reason: Reason, by: EndedBy, details: PhoneErrorDetails = {}): void {
    if (!next(this.#state, "finish")) return;
    const wanted = this.#state === "ending" || reason === "hangup" || reason === "cancelled";
    this.#state = "ended";
    clearTimeout(this.#hangupTimer);
    this.#media.release();
    const error = this.#error(reason, details);
    const durationMs = this.#talkingSince === undefined ? 0 : Math.round(performance.now() - this.#talkingSince);
    const end: CallEnd = { reason, code: error.code, by, durationMs };
    if (error.sip) end.sip = error.sip;
    if (!wanted) end.error = error;
    this.#established.reject(error);
    this.#link.onEnded(this);
    this.#announce(status, end.error);
    this.emit("ended", end);
    this.#over.resolve();
  }

  #isOver(): boolean {
    return this.#state === "ending" || this.#state === "ended";
  }

  // A gateway of the same protocol that is not Patchcord ends calls without saying why.
  #reasonWithoutOne(status: string): Reason {
    if (this.#busy || status === CALL_STATUS.BUSY) return "busy";
    if (status === CALL_STATUS.FAILED) return "server_error";
    return this.#talkingSince === undefined ? "cancelled" : "hangup";
  }

  #usualEnder(reason: Reason): EndedBy {
    if (this.#state === "ending") return "local";
    return ["hangup", "cancelled", "busy", "declined"].includes(reason) ? "remote" : "gateway";
  }

  // "busy" comes as a message of its own and the call is then finished like any other, because applications
  // of the older SDK wait for FINISH. Here it is one status, BUSY.
  #finalStatus(status: string, reason: Reason): FinalStatus {
    if (this.#state === "ending") return "FINISH"; // we asked for it, whatever the gateway calls it
    if (this.#busy || reason === "busy" || status === CALL_STATUS.BUSY) return "BUSY";
    return status === CALL_STATUS.FAILED ? "FAILED" : "FINISH";
  }

  #error(reason: Reason, details: PhoneErrorDetails = {}): PhoneError {
    return new PhoneError(reason, { ...details, callId: this.id() });
  }

  #refuse(message: string): Promise<void> {
    return quiet(Promise.reject(this.#error("invalid_state", { message })));
  }
}

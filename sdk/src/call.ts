// SPDX-License-Identifier: MIT
// One phone call: runs the table of call_state.ts over the call's media (media/call_media.ts) and the words
// of the gateway, which come and go through the CallLink its session gives it. Every way out of a call goes
// through #end(), which releases the media, announces the end once, and cannot run twice.

import type { AnswerOptions, CallEnd, CallEvents, CallLink, CallOptions, CallParties } from "./call_api";
import type { EndedBy, PassThrough } from "./call_api";
import { readFinish } from "./call_end";
import { CALL_STATUS, next, type CallEvent, type CallState, type CallStatus, type FinalStatus } from "./call_state";
import { asPhoneError, PhoneError, type PhoneErrorDetails, type Reason } from "./errors";
import { deferred, onAbort, quiet, type Deferred } from "./deferred";
import { Emitter } from "./events";
import { CallMedia } from "./media/call_media";
import { LevelWatch } from "./media/level_watch";
import { stripCodecs } from "./media/sdp_tweaks";
import { QualityMonitor } from "./quality/monitor";
import { readStats, type CallStats } from "./quality/stats";
import type { AnswerData, DtmfType, FinishData } from "./signaling/messages";

/** How long the gateway may take to confirm a hang-up. */
const HANGUP_CONFIRM_MS = 4_000;
/** How long a gateway that is back may take to say again what got lost. */
const LOST_SDP_MS = 3_000;
const DTMF = /^[0-9*#A-Da-d]{1,32}$/;

const EVENT_OF_STATUS: Readonly<Partial<Record<string, CallEvent>>> = {
  TRYING: "trying",
  RING: "ring",
  RING_MEDIA: "early",
  SESSION_PROGRESS: "progress",
  ESTABLISHED: "talk",
  HOLD: "hold",
};

type MediaOptions = Omit<CallOptions, "callee" | "visibleName"> & PassThrough;

export class Call extends Emitter<CallEvents> {
  readonly #link: CallLink;
  readonly #parties: CallParties;
  readonly #media: CallMedia;
  readonly #monitor: QualityMonitor;
  readonly #levels: LevelWatch;
  #options: MediaOptions;
  #state: CallState = "idle";
  #status: CallStatus = CALL_STATUS.NEW;
  /** Whether the gateway knows this call, so that its end must be told. */
  #announced: boolean;
  #busy = false;
  #talkingSince: number | undefined;
  #hangupTimer: ReturnType<typeof setTimeout> | undefined;
  #description = "";
  readonly #remoteSdp = deferred<string>();
  #remoteSdpSeen = false;
  readonly #established: Deferred<void> = deferred();
  readonly #over: Deferred<void> = deferred();

  /** @internal Calls are made by Session.createCall() and by incoming calls. */
  constructor(link: CallLink, parties: CallParties, options: MediaOptions = {}) {
    super();
    this.#link = link;
    this.#parties = parties;
    this.#options = options;
    this.#announced = parties.incoming;
    this.#media = new CallMedia(link.mediaOptions, link.devices)
      .on("failed", (error) => this.#fail(error, "ice_failed"))
      .on("warning", (reason) => this.emit("warning", this.#error(reason)))
      .on("streams", () => this.#levels.renew());
    this.#levels = new LevelWatch(this.#media, (levels) => this.emit("levels", levels));
    this.#monitor = new QualityMonitor({ stats: () => this.#media.stats(), expects: () => this.#expectsSound() })
      .on("quality", (quality) => this.emit("quality", quality))
      .on("raised", (reason) => this.emit("warning", this.#error(reason)))
      .on("cleared", (reason) => this.emit("warning-cleared", this.#error(reason)));
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
      this.#release();
      if (this.#sayHangup()) this.#hangupTimer = setTimeout(() => this.#endAsAsked(), HANGUP_CONFIRM_MS);
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

  /** How loud the other side is, 0 to 100. */
  setVolume(volume: number): void {
    this.#media.volume = Math.min(100, Math.max(0, volume)) / 100;
  }

  getVolume(): number {
    return Math.round(this.#media.volume * 100);
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
    if (!this.#parties.incoming)
      this.#media.accept(this.#hooked(sdp)).catch((error: unknown) => this.#fail(error, "bad_sdp"));
  }

  /** @internal */
  handleFinish(finish: FinishData): void {
    const situation = { state: this.#state, busy: this.#busy, talked: this.#talkingSince !== undefined };
    const { status, reason, by } = readFinish(finish, situation);
    this.#end(status, reason, by, { message: finish.info, hint: finish.hint, sip: finish.sip });
  }

  /** @internal The connection to the gateway is gone, and the call with it. */
  handleConnectionLost(error: PhoneError): void {
    if (this.#state === "ending") this.#endAsAsked();
    else this.#end("FAILED", error.reason, "gateway", { cause: error });
  }

  /** @internal The connection to the gateway is gone, but the gateway keeps the call for a while. */
  handleAway(): void {
    if (!this.#announced) return;
    if (this.#state !== "ending") return this.emit("reconnecting");
    this.#sayHangup(); // the first one may have been lost with the connection
    this.#endAsAsked();
  }

  /** @internal The gateway is back. `status`: of this call there; absent: it does not know the call any more. */
  handleBack(status: string | undefined): void {
    if (!this.#announced) return;
    if (status === undefined) return this.handleConnectionLost(new PhoneError("connection_lost"));
    this.emit("reconnected");
    // What was on its way when the connection broke is lost. Without the gateway's description there is no sound;
    // and a call that still rings has not heard our answer.
    if (!this.#remoteSdpSeen)
      setTimeout(() => !this.#remoteSdpSeen && this.#fail(undefined, "connection_lost"), LOST_SDP_MS);
    if (this.#state === "answering" && status === CALL_STATUS.RING && this.#description) this.#sayDescription();
  }

  protected override handlersChanged(): void {
    if (this.hears("levels") && !this.#isOver()) this.#levels.start();
    else this.#levels.stop();
  }

  // ---- setting up ----

  #start(event: "dial" | "answer", signal: AbortSignal | undefined, negotiate: () => Promise<void>): Promise<void> {
    if (!next(this.#state, event)) return this.#refuse(`Not possible for a call in state ${this.#status}.`);
    onAbort(signal, this.#established.promise, () => {
      this.#established.reject(this.#error("aborted", { cause: signal?.reason }));
      void this.hangup();
    });
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
    const sdp = await this.#media.answer(this.#hooked(await this.#remoteSdp.promise));
    if (this.#state !== "answering") return; // cancelled meanwhile
    this.#sendDescription(sdp);
  }

  #openMedia(): Promise<boolean> {
    const { constraints, remoteElement } = this.#options;
    return this.#media.open({ audio: constraints?.audio ?? true, element: remoteElement });
  }

  #sendDescription(sdp: string): void {
    this.#description = stripCodecs(sdp, this.#options.stripCodecs ?? []);
    if (!this.#sayDescription()) this.#fail(undefined, "connection_lost");
  }

  #sayDescription(): boolean {
    const { id, incoming, caller, callee, visibleName } = this.#parties;
    const { sipHeaders, extra } = this.#options;
    const data: AnswerData = {
      ...extra,
      callId: id,
      incoming,
      hasAudio: true,
      hasVideo: false,
      status: "PENDING",
      mediaProvider: "WebRTC",
      sdp: this.#description,
      callee,
    };
    if (incoming) return this.#link.send({ message: "answer", data });
    return this.#link.send({ message: "call", data: { ...data, caller, visibleName, inviteParameters: sipHeaders } });
  }

  #hooked(sdp: string): string {
    return this.#options.sdpHook?.(sdp) ?? sdp;
  }

  // ---- moving on, and ending ----

  /** Takes the table's step and announces its status; false when the table has none. */
  #step(event: CallEvent): boolean {
    const step = next(this.#state, event);
    if (!step) return false;
    this.#state = step.state;
    if (event === "talk") {
      this.#talkingSince ??= performance.now();
      this.#monitor.start();
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
    if (this.#announced) this.#sayHangup(why.reason);
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
    this.#release();
    const error = this.#error(reason, details);
    const durationMs = this.#talkingSince === undefined ? 0 : Math.round(performance.now() - this.#talkingSince);
    const end: CallEnd = { reason, code: error.code, hint: error.hint, by, durationMs };
    if (error.sip) end.sip = error.sip;
    const quality = this.#monitor.summary;
    if (quality) end.quality = quality;
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

  #release(): void {
    this.#levels.stop();
    this.#monitor.stop();
    this.#media.release();
  }

  #sayHangup(reason?: Reason): boolean {
    return this.#link.send({ message: "hangup", data: { callId: this.id(), reason } });
  }

  #expectsSound(): { in: boolean; out: boolean } {
    const talks = this.#status === CALL_STATUS.ESTABLISHED;
    return { in: talks, out: talks && this.#media.localStream !== undefined && !this.#media.muted };
  }

  #error(reason: Reason, details: PhoneErrorDetails = {}): PhoneError {
    return new PhoneError(reason, { ...details, callId: this.id() });
  }

  #refuse(message: string): Promise<void> {
    return quiet(Promise.reject(this.#error("invalid_state", { message })));
  }
}

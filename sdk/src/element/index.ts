// SPDX-License-Identifier: MIT
// <web-phone>: one button that calls one number, in one line of HTML and without a framework. It signs in when
// it is clicked and out when the call is over. Stands on the public SDK alone.
//
//   idle -click-> connecting -> calling -> ringing -> talking <-> reconnecting      any -> ended -click-> ...

import { CALL_STATUS, createSession, PhoneError, type Call, type Session, type SessionOptions } from "../index";
import { draw, type Look } from "./look";
import { clock, TEXTS, type Texts } from "./texts";

export type { Texts } from "./texts";

export type WebPhoneState = "idle" | "connecting" | "calling" | "ringing" | "talking" | "reconnecting" | "ended";

/** The `detail` of the event "web-phone-state", which bubbles. */
export interface WebPhoneChange {
  state: WebPhoneState;
  /** Why a call ended, unless somebody hung up. */
  error?: PhoneError;
}

const DIGIT = /^[0-9*#]$/;

// A module may be loaded where there is no page, to be rendered for one.
const Base =
  (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (Object as unknown as typeof HTMLElement);

/** Attributes: callee, url, login, password, domain, authentication-name, token, visible-name. */
export class WebPhone extends Base {
  readonly #look: Look;
  #texts: Texts = TEXTS;
  #state: WebPhoneState = "idle";
  #error: PhoneError | undefined;
  #session: Session | undefined;
  #call: Call | undefined;
  #abort: AbortController | undefined;
  #talkingSince = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.#look = draw(this.attachShadow({ mode: "open", delegatesFocus: true }));
    this.#look.button.onclick = () => void (this.#isIdle() ? this.start() : this.stop());
    this.#look.mute.onclick = () => this.#toggleMute();
    this.addEventListener("keydown", (event) => this.#onKey(event));
  }

  get state(): WebPhoneState {
    return this.#state;
  }

  get texts(): Texts {
    return this.#texts;
  }

  set texts(texts: Partial<Texts>) {
    this.#texts = { ...TEXTS, ...texts };
    this.#show();
  }

  connectedCallback(): void {
    this.#show();
  }

  /** Moved within the page is not taken out of it: decide when the dust has settled. */
  disconnectedCallback(): void {
    queueMicrotask(() => !this.isConnected && void this.stop());
  }

  /** Calls; the same as a click. Resolves when the call is over, and never rejects: `state` and the event tell. */
  async start(): Promise<void> {
    if (!this.#isIdle()) return;
    const abort = (this.#abort = new AbortController());
    this.#set("connecting");
    try {
      this.#session = createSession(this.#account());
      await this.#session.ready({ registered: false, signal: abort.signal });
      await this.#dial(this.#session, abort.signal);
      this.#set("ended");
    } catch (error) {
      const wanted = abort.signal.aborted;
      this.#set("ended", wanted || !(error instanceof PhoneError) ? undefined : error);
    } finally {
      this.#call = undefined;
      await this.#session?.disconnect();
    }
  }

  /** Ends the call, whatever its state. */
  async stop(): Promise<void> {
    this.#abort?.abort();
    await this.#call?.hangup();
  }

  #dial(session: Session, signal: AbortSignal): Promise<void> {
    const callee = this.getAttribute("callee") ?? "";
    const visibleName = this.getAttribute("visible-name");
    const call = (this.#call = session.createCall({ callee, ...(visibleName === null ? {} : { visibleName }) }));
    call
      .on(CALL_STATUS.PENDING, () => this.#set("calling"))
      .on(CALL_STATUS.RING, () => this.#set("ringing"))
      .on(CALL_STATUS.RING_MEDIA, () => this.#set("ringing"))
      .on(CALL_STATUS.ESTABLISHED, () => this.#onTalk())
      .on("reconnecting", () => this.#set("reconnecting"))
      .on("reconnected", () => this.#set("talking"));
    return new Promise((resolve, reject) => {
      call.on("ended", ({ error }) => (error ? reject(error) : resolve()));
      call.call({ signal }).catch(reject);
    });
  }

  #account(): SessionOptions {
    const attribute = (name: string): string => this.getAttribute(name) ?? "";
    const authToken = attribute("token");
    const options: SessionOptions = { urlServer: attribute("url") || gatewayOfThisScript() };
    if (authToken) return { ...options, authToken, keepAlive: true };
    const authenticationName = attribute("authentication-name");
    const sipOptions = {
      login: attribute("login"),
      password: attribute("password"),
      domain: attribute("domain"),
      registerRequired: false,
      ...(authenticationName && { authenticationName }),
    };
    return { ...options, sipOptions };
  }

  #onTalk(): void {
    this.#talkingSince ||= performance.now();
    this.#timer ??= setInterval(() => this.#tick(), 1000);
    this.#set("talking");
    this.#tick();
  }

  #tick(): void {
    this.#look.timer.textContent = clock(Math.floor((performance.now() - this.#talkingSince) / 1000));
  }

  #toggleMute(): void {
    const call = this.#call;
    if (!call) return;
    if (call.isAudioMuted()) call.unmuteAudio();
    else call.muteAudio();
    this.#show();
  }

  #onKey({ key, ctrlKey, altKey, metaKey }: KeyboardEvent): void {
    if (this.#state === "talking" && DIGIT.test(key) && !ctrlKey && !altKey && !metaKey) this.#call?.sendDTMF(key);
  }

  #set(state: WebPhoneState, error?: PhoneError): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#error = error;
    if (state === "ended") {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#talkingSince = 0;
    }
    this.#show();
    const detail: WebPhoneChange = error ? { state, error } : { state };
    this.dispatchEvent(new CustomEvent("web-phone-state", { detail, bubbles: true, composed: true }));
  }

  #show(): void {
    const { label, own, mute, status, timer } = this.#look;
    const idle = this.#isIdle();
    this.setAttribute("state", this.#state);
    own.hidden = !idle;
    const hasOwnWords = own.assignedNodes().some((node) => node.textContent?.trim());
    label.textContent = idle ? (hasOwnWords ? "" : this.#texts.call) : this.#texts.hangup;
    label.hidden = label.textContent === "";
    mute.hidden = this.#state !== "talking" && this.#state !== "reconnecting";
    const muted = this.#call?.isAudioMuted() ?? false;
    mute.textContent = this.#texts.mute;
    mute.setAttribute("aria-pressed", String(muted));
    timer.hidden = mute.hidden;
    status.textContent = this.#state === "idle" ? "" : this.#error ? this.#error.message : this.#texts[this.#state];
    status.title = this.#error?.hint ?? "";
  }

  #isIdle(): boolean {
    return this.#state === "idle" || this.#state === "ended";
  }
}

/** The gateway that served this file, which is the one to call by unless the page names another. */
function gatewayOfThisScript(): string {
  return `${new URL(import.meta.url).origin.replace(/^http/, "ws")}/`;
}

if (typeof customElements !== "undefined" && !customElements.get("web-phone"))
  customElements.define("web-phone", WebPhone);

declare global {
  interface HTMLElementTagNameMap {
    "web-phone": WebPhone;
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The call that is going on: who, what state, how long, and the three things one does in a call.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { microphoneUnasked, takesDigits, type ActiveCall } from "../app_state";
import { clockText } from "../clock_text";
import { errorWords, t } from "../i18n";
import { hangup, toggleMute } from "../phone_line";
import { isTextField, pressDigit } from "../shortcuts";
import { Keypad } from "./keypad";
import { HangupIcon, MicIcon } from "./icons";
import { Peer } from "./peer";

export function CallCard({ call }: { call: ActiveCall }): JSX.Element {
  const card = useRef<HTMLElement>(null);
  // So that the single-key shortcuts work at once; but nobody's typing is interrupted.
  useEffect(() => {
    if (!isTextField(document.activeElement)) card.current?.focus();
  }, [call.id]);

  const asking = microphoneUnasked.value && (call.phase === "calling" || call.phase === "connecting");
  return (
    <section ref={card} class="call-card" data-call-card tabIndex={-1} aria-label={call.name || call.number}>
      <Peer call={call} />
      <p class="call-state" data-testid="call-state" data-state={call.phase} role="status">
        {t(`call.${call.phase}`)}
      </p>
      {call.talkingSince !== undefined && <Timer since={call.talkingSince} />}
      {asking && <p class="notice">{t("call.microphone")}</p>}
      {call.warning && (
        <p class="notice notice-warn" role="alert">
          {errorWords(call.warning).text} {errorWords(call.warning).hint}
        </p>
      )}
      {takesDigits.value && (
        <>
          <p class="digits">
            {call.digits && <span class="unseen">{t("call.digits")} </span>}
            <span data-testid="digits">{call.digits}</span>
          </p>
          <Keypad compact label={t("dial.pad")} onKey={pressDigit} />
        </>
      )}
      <div class="call-row">
        <div class="control">
          <button
            type="button"
            class="round plain"
            data-testid="mute"
            aria-pressed={call.muted}
            aria-label={t("call.mute")}
            onClick={toggleMute}
          >
            <MicIcon off={call.muted} />
          </button>
          <span class="control-label" aria-hidden="true">
            {call.muted ? t("call.unmute") : t("call.mute")}
          </span>
        </div>
        <div class="control">
          <button type="button" class="round red" data-testid="hangup" aria-label={t("call.hangup")} onClick={hangup}>
            <HangupIcon />
          </button>
          <span class="control-label" aria-hidden="true">
            {t("call.hangup")}
          </span>
        </div>
      </div>
      <p class="muted-note" role="status">
        {call.muted ? t("call.muted") : ""}
      </p>
    </section>
  );
}

/** Each digit in a box of one width, so that the time does not tremble. Not announced: it changes every second. */
function Timer({ since }: { since: number }): JSX.Element {
  const now = useSignal(performance.now());
  useEffect(() => {
    const timer = setInterval(() => (now.value = performance.now()), 500);
    return () => clearInterval(timer);
  }, [now]);
  const text = clockText(now.value - since);
  return (
    <p class="call-timer" data-testid="call-timer" role="timer" aria-live="off" aria-label={t("call.duration")}>
      {Array.from(text).map((character, index) => (
        <span key={index} class={character === ":" ? "colon" : "digit"}>
          {character}
        </span>
      ))}
    </p>
  );
}

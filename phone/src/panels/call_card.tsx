// SPDX-License-Identifier: GPL-3.0-or-later
// The call that is going on: who, what state, how long, and the things one does in a call.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { isTalking, microphoneUnasked, takesDigits, type ActiveCall } from "../app_state";
import { clockText } from "../clock_text";
import { t } from "../i18n";
import { hangup, toggleMute } from "../phone_call";
import { isTextField, pressDigit } from "../shortcuts";
import { CallWarning, MutedNote } from "./call_notes";
import { CallSound } from "./call_sound";
import { Keypad } from "./keypad";
import { HangupIcon, KeypadIcon, MicIcon, SoundIcon } from "./icons";
import { LostDevice } from "./lost_device";
import { Peer } from "./peer";
import { QualityBars } from "./quality_bars";
import { RoundControl } from "./round_control";

export function CallCard({ call }: { call: ActiveCall }): JSX.Element {
  const card = useRef<HTMLElement>(null);
  const inSound = useSignal(false);
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
      {call.talkingSince !== undefined && (
        <div class="call-facts">
          <Timer since={call.talkingSince} />
          <QualityBars quality={call.quality} />
        </div>
      )}
      {asking && <p class="notice">{t("call.microphone")}</p>}
      <LostDevice />
      <CallWarning call={call} onCheck={() => (inSound.value = true)} />
      {takesDigits.value && (inSound.value ? <CallSound call={call} /> : <Digits sent={call.digits} />)}
      <div class="call-row">
        <RoundControl
          look="plain"
          testId="mute"
          label={t("call.mute")}
          shown={call.muted ? t("call.unmute") : t("call.mute")}
          pressed={call.muted}
          onClick={toggleMute}
        >
          <MicIcon off={call.muted} />
        </RoundControl>
        <RoundControl look="red" testId="hangup" label={t("call.hangup")} onClick={hangup}>
          <HangupIcon />
        </RoundControl>
        {isTalking.value && (
          <RoundControl
            look="plain"
            testId="sound"
            label={inSound.value ? t("call.keypad") : t("call.sound")}
            onClick={() => (inSound.value = !inSound.value)}
          >
            {inSound.value ? <KeypadIcon /> : <SoundIcon />}
          </RoundControl>
        )}
      </div>
      <MutedNote muted={call.muted} />
    </section>
  );
}

function Digits({ sent }: { sent: string }): JSX.Element {
  return (
    <>
      <p class="digits">
        {sent && <span class="unseen">{t("call.digits")} </span>}
        <span data-testid="digits">{sent}</span>
      </p>
      <Keypad compact label={t("dial.pad")} onKey={pressDigit} />
    </>
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

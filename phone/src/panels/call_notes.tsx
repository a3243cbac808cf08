// SPDX-License-Identifier: GPL-3.0-or-later
// What somebody in a call should know: the sound is bad, one side hears nothing, the microphone is off.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ActiveCall } from "../app_state";
import { remedyFor } from "../failures";
import { errorWords, t } from "../i18n";
import { watchOwnLevel } from "../phone_call";

interface CallWarningProps {
  call: ActiveCall;
  /** Shows the devices of the call. */
  onCheck: () => void;
}

export function CallWarning({ call: { warning }, onCheck }: CallWarningProps): JSX.Element | null {
  if (!warning) return null;
  const { text, hint } = errorWords(warning);
  return (
    <div class="notice notice-warn" role="alert" data-testid="call-warning" data-reason={warning.reason}>
      <span>
        <strong>{text}</strong> {hint}
      </span>
      {remedyFor(warning) === "choose_device" && (
        <button type="button" class="link" onClick={onCheck}>
          {t("call.sound")}
        </button>
      )}
    </div>
  );
}

/** Speech, and not a chair that was moved: so loud, so many times in a row. */
const SPEECH_LEVEL = 0.5;
const SPEECH_SAMPLES = 3;

/** Says that the microphone is off, and says it louder when somebody talks into it. */
export function MutedNote({ muted }: { muted: boolean }): JSX.Element {
  const speaking = useSignal(false);
  useEffect(() => {
    speaking.value = false;
    if (!muted) return;
    let loud = 0;
    return watchOwnLevel((level) => {
      loud = level > SPEECH_LEVEL ? loud + 1 : 0;
      if (loud >= SPEECH_SAMPLES) speaking.value = true;
    });
  }, [muted, speaking]);
  return (
    <p class="muted-note" role="status" data-testid="muted-note" data-speaking={speaking.value}>
      {muted ? t(speaking.value ? "call.muted_speech" : "call.muted") : ""}
    </p>
  );
}

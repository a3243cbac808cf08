// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { microphoneUnasked, type ActiveCall } from "../app_state";
import { t } from "../i18n";
import { answer, hangup } from "../phone_call";
import { isTextField } from "../shortcuts";
import { enableSound } from "../sound";
import { HangupIcon, PhoneIcon } from "./icons";
import { Peer } from "./peer";
import { RoundControl } from "./round_control";

export function IncomingCard({ call }: { call: ActiveCall }): JSX.Element {
  const answerButton = useRef<HTMLButtonElement>(null);
  // A key pressed in the middle of a word must not answer a call.
  useEffect(() => {
    if (!isTextField(document.activeElement)) answerButton.current?.focus();
  }, [call.id]);

  const accept = (): void => {
    void enableSound();
    answer();
  };
  return (
    <section
      class="call-card incoming"
      data-call-card
      role="alertdialog"
      aria-label={`${t("call.incoming")}: ${call.name} ${call.number}`}
    >
      <Peer call={call} />
      <p class="call-state" data-testid="call-state" data-state={call.phase}>
        {t("call.incoming")}
      </p>
      {microphoneUnasked.value && <p class="notice">{t("dial.microphone")}</p>}
      <div class="call-row">
        <RoundControl look="red" testId="decline" label={t("call.decline")} onClick={hangup}>
          <HangupIcon />
        </RoundControl>
        <RoundControl look="green" testId="answer" label={t("call.answer")} button={answerButton} onClick={accept}>
          <PhoneIcon size={30} />
        </RoundControl>
      </div>
    </section>
  );
}

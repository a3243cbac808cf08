// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { ActiveCall } from "../app_state";
import { t } from "../i18n";
import { answer, hangup } from "../phone_line";
import { isTextField } from "../shortcuts";
import { enableSound } from "../sound";
import { HangupIcon, PhoneIcon } from "./icons";
import { Peer } from "./peer";

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
      <div class="call-row">
        <div class="control">
          <button type="button" class="round red" data-testid="decline" aria-label={t("call.decline")} onClick={hangup}>
            <HangupIcon />
          </button>
          <span class="control-label" aria-hidden="true">
            {t("call.decline")}
          </span>
        </div>
        <div class="control">
          <button
            ref={answerButton}
            type="button"
            class="round green"
            data-testid="answer"
            aria-label={t("call.answer")}
            onClick={accept}
          >
            <PhoneIcon size={30} />
          </button>
          <span class="control-label" aria-hidden="true">
            {t("call.answer")}
          </span>
        </div>
      </div>
    </section>
  );
}

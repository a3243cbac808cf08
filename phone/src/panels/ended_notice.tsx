// SPDX-License-Identifier: GPL-3.0-or-later
// How the last call ended. A good end goes away by itself; a bad one says why, what to do, and offers
// the one button that does it.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PhoneError } from "@patchcord/websdk";
import { ended, number, screen, type EndedCall } from "../app_state";
import { browserKind } from "../browser_kind";
import { clockText } from "../clock_text";
import { providersWords, remedyFor, type Remedy } from "../failures";
import { errorWords, t } from "../i18n";
import { formatNumber } from "../number_format";
import { dial } from "../phone_call";
import { goOffline } from "../phone_line";
import { reportOf } from "../report";
import type { TextKey } from "../texts/en";
import { CopyButton } from "./copy_button";
import { AlertIcon, CloseIcon } from "./icons";

const SHOWN_MS = 6_000;

export function EndedNotice(): JSX.Element | null {
  const last = ended.value;
  const failed = last?.end.error !== undefined && !isMissed(last);
  useEffect(() => {
    if (!last || failed) return;
    const timer = setTimeout(() => (ended.value = null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [last, failed]);
  if (!last) return null;
  return failed && last.end.error ? <Failure last={last} error={last.end.error} /> : <GoodEnd last={last} />;
}

function isMissed({ incoming, end }: EndedCall): boolean {
  return incoming && end.by === "remote" && end.durationMs === 0;
}

function GoodEnd({ last }: { last: EndedCall }): JSX.Element {
  const { end } = last;
  const who = last.name || formatNumber(last.number);
  const missed = isMissed(last);
  const key: TextKey = missed ? "ended.missed" : end.durationMs > 0 ? "ended.normal" : "ended.cancelled";
  return (
    <div class="ended" role="status" data-testid="call-state" data-state="ended" data-reason={end.reason}>
      <span>
        {t(key, { who })} {!missed && <span class="ended-with">{t("ended.with", { who })}</span>}
      </span>
      {end.durationMs > 0 && <span class="ended-time">{clockText(end.durationMs)}</span>}
    </div>
  );
}

function Failure({ last, error }: { last: EndedCall; error: PhoneError }): JSX.Element {
  const shown = formatNumber(last.number);
  const { text, hint } = errorWords(error, shown);
  const said = providersWords(error);
  return (
    <div class="problem" role="alert" data-testid="call-error" data-reason={error.reason} data-code={error.code}>
      <AlertIcon />
      <div>
        <strong>{text}</strong>
        {said && <p>{t("ended.said", { words: said })}</p>}
        {hint && <p>{hint}</p>}
        {remedyFor(error) === "allow_microphone" && <p>{t(`allow.${browserKind(navigator.userAgent)}`)}</p>}
        <p class="small">
          {!text.includes(shown) && `${shown} `}
          {sipText(error)}
        </p>
        <RemedyButton remedy={remedyFor(error)} last={last} error={error} />
      </div>
      <button type="button" class="icon-button" aria-label={t("ended.dismiss")} onClick={() => (ended.value = null)}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** A provisional status is not why a call failed. */
function sipText({ sip }: PhoneError): string {
  return sip?.status && sip.status >= 300 ? `SIP ${sip.status} ${sip.reason ?? ""}` : "";
}

interface RemedyProps {
  remedy: Remedy;
  last: EndedCall;
  error: PhoneError;
}

function RemedyButton({ remedy, last, error }: RemedyProps): JSX.Element | null {
  if (remedy === "copy_report") {
    const text = (): string => reportOf(error, last.number);
    return <CopyButton label={t("ended.report")} text={text} testId="call-error-action" />;
  }
  const button = BUTTONS[remedy];
  if (!button) return null;
  return (
    <button type="button" class="secondary" data-testid="call-error-action" onClick={() => button.act(last)}>
      {t(button.label)}
    </button>
  );
}

interface Button {
  label: TextKey;
  act: (last: EndedCall) => void;
}

const BUTTONS: Partial<Record<Remedy, Button>> = {
  redial: { label: "ended.redial", act: (last) => dial(last.number) },
  edit_number: { label: "ended.edit", act: editNumber },
  edit_account: { label: "ended.account", act: goOffline },
  choose_device: { label: "ended.device", act: openSettings },
  test_network: { label: "ended.network", act: openSettings },
};

function editNumber(last: EndedCall): void {
  ended.value = null;
  number.value = formatNumber(last.number);
  document.querySelector<HTMLInputElement>("[data-testid=number]")?.focus();
}

function openSettings(): void {
  ended.value = null;
  screen.value = "settings";
}

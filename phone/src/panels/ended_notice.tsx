// SPDX-License-Identifier: GPL-3.0-or-later
// How the last call ended. A good end goes away by itself; a bad one says why, what to do, and offers
// the one button that does it.

import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { PhoneError } from "@patchcord/websdk";
import { ended, number, type EndedCall } from "../app_state";
import { clockText } from "../clock_text";
import { errorWords, t } from "../i18n";
import type { TextKey } from "../texts/en";
import { dial, goOffline } from "../phone_line";
import { AlertIcon, CloseIcon } from "./icons";

const SHOWN_MS = 6_000;

export function EndedNotice(): JSX.Element | null {
  const last = ended.value;
  const failed = last?.end.error !== undefined && !last.incoming;
  useEffect(() => {
    if (!last || failed) return;
    const timer = setTimeout(() => (ended.value = null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [last, failed]);
  if (!last) return null;
  return last.end.error && !isMissed(last) ? <Failure last={last} error={last.end.error} /> : <GoodEnd last={last} />;
}

function isMissed({ incoming, end }: EndedCall): boolean {
  return incoming && end.by === "remote" && end.durationMs === 0;
}

function GoodEnd({ last }: { last: EndedCall }): JSX.Element {
  const { end } = last;
  const who = last.name || last.number;
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
  const { text, hint } = errorWords(error);
  const [label, act] = actionFor(error, last);
  return (
    <div class="problem" role="alert" data-testid="call-error" data-reason={error.reason} data-code={error.code}>
      <AlertIcon />
      <div>
        <strong>{text}</strong>
        {hint && <p>{hint}</p>}
        <p class="small">
          {last.number}
          {error.sip?.status && ` · SIP ${error.sip.status} ${error.sip.reason ?? ""}`}
        </p>
        {act && (
          <button type="button" class="secondary" data-testid="call-error-action" onClick={act}>
            {t(label)}
          </button>
        )}
      </div>
      <button type="button" class="icon-button" aria-label={t("ended.dismiss")} onClick={() => (ended.value = null)}>
        <CloseIcon />
      </button>
    </div>
  );
}

/** The one button: the account for what the account is at fault for, the number for the number, else again. */
function actionFor(error: PhoneError, last: EndedCall): [label: TextKey, act?: () => void] {
  if (error.reason === "auth_rejected") return ["ended.account", goOffline];
  if (last.incoming) return ["ended.redial", () => dial(last.number)];
  if (error.reason === "not_found" || error.reason === "bad_number") return ["ended.edit", editNumber];
  return error.retryable || error.reason === "declined"
    ? ["ended.redial", () => dial(last.number)]
    : ["ended.edit", editNumber];

  function editNumber(): void {
    ended.value = null;
    number.value = last.number;
    document.querySelector<HTMLInputElement>("[data-testid=number]")?.focus();
  }
}

// SPDX-License-Identifier: GPL-3.0-or-later
// What the page has to say above the phone: why calls are not possible now and what is being done about it,
// and sentences that go when they are closed.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { call, line, notice } from "../app_state";
import { errorWords, t } from "../i18n";
import { retry } from "../phone_line";
import { CloseIcon } from "./icons";

export function LineNotice(): JSX.Element | null {
  const now = line.value;
  if (now.state === "reconnecting") return <Reconnecting nextTryAt={now.nextTryAt} />;
  if (now.state !== "offline" && now.state !== "unregistered") return null;
  const { text, hint } = now.error ? errorWords(now.error) : { text: t(`line.${now.state}`), hint: "" };
  return (
    <div class="notice notice-warn" role="alert" data-testid="line-error" data-reason={now.error?.reason}>
      <span>
        {text} {now.state === "unregistered" ? t("line.keeps_trying") : hint}
        {now.error?.sip?.status && <span class="sip-status"> SIP {now.error.sip.status}</span>}
      </span>
      {!call.value && (
        <button type="button" class="link" data-testid="line-retry" onClick={() => retry()}>
          {t("line.retry")}
        </button>
      )}
    </div>
  );
}

/** Counts down to the next attempt. Said once, not each second: the seconds are not in the live region. */
function Reconnecting({ nextTryAt }: { nextTryAt: number }): JSX.Element {
  const seconds = useSignal(0);
  useEffect(() => {
    const count = (): void => {
      seconds.value = Math.max(0, Math.ceil((nextTryAt - performance.now()) / 1000));
    };
    count();
    const timer = setInterval(count, 500);
    return () => clearInterval(timer);
  }, [nextTryAt, seconds]);
  return (
    <div class="notice notice-warn" data-testid="line-away">
      <span class="spinner" aria-hidden="true" />
      <span>
        {seconds.value > 0 ? t("line.lost", { seconds: seconds.value }) : t("line.lost_now")}{" "}
        {call.value && <strong>{t("line.call_stays")}</strong>}
      </span>
    </div>
  );
}

export function NoticeBar(): JSX.Element | null {
  const now = notice.value;
  if (!now) return null;
  return (
    <div class="notice" role="status" data-testid="notice" data-key={now.key}>
      <span>{t(now.key, "who" in now ? { who: now.who } : {})}</span>
      <button type="button" class="icon-button" aria-label={t("ended.dismiss")} onClick={() => (notice.value = null)}>
        <CloseIcon />
      </button>
    </div>
  );
}

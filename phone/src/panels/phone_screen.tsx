// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { call, line } from "../app_state";
import { errorWords, t } from "../i18n";
import { retry } from "../phone_line";
import { CallCard } from "./call_card";
import { Dialer } from "./dialer";
import { EndedNotice } from "./ended_notice";
import { IncomingCard } from "./incoming_card";
import { RecentsPanel } from "./recents_panel";

export function PhoneScreen(): JSX.Element {
  const current = call.value;
  // A narrow screen may be scrolled down to the recent calls; a call begins and ends at the top.
  useEffect(() => window.scrollTo(0, 0), [current?.id]);
  return (
    <main class="phone">
      <div class="card handset" data-call={current ? current.phase : "none"}>
        <LineNotice />
        {current?.phase === "incoming" && <IncomingCard call={current} />}
        {current && current.phase !== "incoming" && <CallCard call={current} />}
        {!current && <EndedNotice />}
        {!current && <Dialer />}
      </div>
      <RecentsPanel />
    </main>
  );
}

/** Why calls are not possible now, and what is being done about it. */
function LineNotice(): JSX.Element | null {
  const now = line.value;
  if (now.state === "reconnecting") return <p class="notice notice-warn">{t("line.away")}</p>;
  if (now.state !== "offline" && now.state !== "unregistered") return null;
  const words = now.error ? errorWords(now.error) : { text: t("line.lost"), hint: "" };
  return (
    <div class="notice notice-warn" role="alert" data-testid="line-error">
      <span>
        {words.text} {words.hint}
      </span>
      <button type="button" class="link" onClick={retry}>
        {t("line.retry")}
      </button>
    </div>
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { account, call, canDial } from "../app_state";
import { clockText } from "../clock_text";
import { t } from "../i18n";
import { dial } from "../phone_line";
import { preferences } from "../preferences";
import { forgetAll, recents, type Recent } from "../recents";
import { CordPicture, DirectionIcon, PhoneIcon } from "./icons";

export function RecentsPanel(): JSX.Element {
  const { login = "", domain = "" } = account.value ?? {};
  return (
    <section class="card recents" aria-label={t("recents.heading")}>
      <div class="card-head">
        <h2>{t("recents.heading")}</h2>
        {recents.value.length > 0 && (
          <button type="button" class="link" onClick={forgetAll}>
            {t("recents.clear")}
          </button>
        )}
      </div>
      {recents.value.length === 0 ? (
        <div class="nothing">
          <CordPicture />
          <p>{t("recents.none")}</p>
          <p class="small">{t("recents.share", { address: `${login}@${domain}` })}</p>
        </div>
      ) : (
        <ul>
          {recents.value.map((recent) => (
            <Row key={recent.at} recent={recent} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ recent }: { recent: Recent }): JSX.Element {
  const { number, name, incoming, missed, at, durationMs } = recent;
  const who = name || number;
  const kind = missed ? t("recents.missed") : incoming ? t("recents.in") : t("recents.out");
  return (
    <li>
      <button
        type="button"
        class="recent"
        disabled={!canDial.value || call.value !== null}
        onClick={() => dial(number)}
      >
        <span class="recent-direction" data-missed={missed}>
          <DirectionIcon incoming={incoming} missed={missed} />
        </span>
        <span class="recent-who">
          <span class="unseen">{t("recents.call")} </span>
          {who}
        </span>
        <span class="recent-kind">
          {kind}
          {durationMs > 0 && ` · ${clockText(durationMs)}`}
        </span>
        <span class="recent-when">{whenText(at)}</span>
        <span class="recent-call">
          <PhoneIcon size={20} />
        </span>
      </button>
    </li>
  );
}

function whenText(at: number): string {
  const when = new Date(at);
  const today = new Date().toDateString() === when.toDateString();
  const format: Intl.DateTimeFormatOptions = today
    ? { hour: "2-digit", minute: "2-digit" }
    : { day: "numeric", month: "short" };
  // The browser's region says how a clock is written, as long as the language is the same.
  const { language } = preferences.value;
  const locale = navigator.language.startsWith(language) ? navigator.language : language;
  return new Intl.DateTimeFormat(locale, format).format(when);
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The calls of this browser: who, how it went, when; one click calls again.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { account, call, canDial } from "../app_state";
import { clockText } from "../clock_text";
import { t } from "../i18n";
import { formatNumber } from "../number_format";
import { dial } from "../phone_call";
import { preferences } from "../preferences";
import { forgetAll, recents, type Recent } from "../recents";
import { enableSound } from "../sound";
import { CordPicture, DirectionIcon, PhoneIcon } from "./icons";

type Filter = "all" | "missed";

export function RecentsPanel(): JSX.Element {
  const filter = useSignal<Filter>("all");
  const all = recents.value;
  const shown = filter.value === "all" ? all : all.filter(({ missed }) => missed);
  return (
    <section class="card recents" aria-label={t("recents.heading")}>
      <div class="card-head">
        <h2>{t("recents.heading")}</h2>
        {all.length > 0 && (
          <button type="button" class="link" onClick={forgetAll}>
            {t("recents.clear")}
          </button>
        )}
      </div>
      {all.length > 0 && (
        <div class="tabs" role="group" aria-label={t("recents.heading")}>
          <FilterButton filter={filter} value="all" label={t("recents.all")} />
          <FilterButton filter={filter} value="missed" label={t("recents.only_missed")} />
        </div>
      )}
      {shown.length === 0 ? <Nothing isFiltered={all.length > 0} /> : <Rows shown={shown} />}
    </section>
  );
}

interface FilterButtonProps {
  filter: { value: Filter };
  value: Filter;
  label: string;
}

function FilterButton({ filter, value, label }: FilterButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="tab"
      data-testid={`recents-${value}`}
      aria-pressed={filter.value === value}
      onClick={() => (filter.value = value)}
    >
      {label}
    </button>
  );
}

function Nothing({ isFiltered }: { isFiltered: boolean }): JSX.Element {
  const { login = "", domain = "" } = account.value ?? {};
  if (isFiltered) return <p class="nothing">{t("recents.none_missed")}</p>;
  return (
    <div class="nothing">
      <CordPicture />
      <p>{t("recents.none")}</p>
      <p class="small">{t("recents.share", { address: `${login}@${domain}` })}</p>
    </div>
  );
}

function Rows({ shown }: { shown: readonly Recent[] }): JSX.Element {
  return (
    <ul data-testid="recents">
      {shown.map((recent) => (
        <Row key={recent.at} recent={recent} />
      ))}
    </ul>
  );
}

function Row({ recent }: { recent: Recent }): JSX.Element {
  const { number, name, incoming, missed, at } = recent;
  const redial = (): void => {
    void enableSound();
    dial(number);
  };
  return (
    <li>
      <button type="button" class="recent" disabled={!canDial.value || call.value !== null} onClick={redial}>
        <span class="recent-direction" data-missed={missed}>
          <DirectionIcon incoming={incoming} missed={missed} />
        </span>
        <span class="recent-who">
          <span class="unseen">{t("recents.call")} </span>
          {name || formatNumber(number)}
        </span>
        <span class="recent-kind">{howItWent(recent)}</span>
        <span class="recent-when">{whenText(at)}</span>
        <span class="recent-call">
          <PhoneIcon size={20} />
        </span>
      </button>
    </li>
  );
}

function howItWent({ missed, incoming, durationMs, outcome }: Recent): string {
  const kind = missed ? t("recents.missed") : incoming ? t("recents.in") : t("recents.out");
  if (durationMs > 0) return `${kind} · ${clockText(durationMs)}`;
  return outcome ? `${kind} · ${t(`recents.result.${outcome}`)}` : kind;
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

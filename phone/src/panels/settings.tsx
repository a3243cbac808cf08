// SPDX-License-Identifier: GPL-3.0-or-later
// Settings and tests, in four parts: sound, connection, this page, the account.

import type { ComponentChildren, JSX } from "preact";
import { account, screen } from "../app_state";
import { t } from "../i18n";
import { goOffline } from "../phone_line";
import { allowNotifications, prefer, preferences, type Preferences } from "../preferences";
import { COUNTRIES } from "../sound";
import { AudioTest } from "./audio_test";
import { ConnectionTest } from "./connection_part";
import { BackIcon } from "./icons";
import "../styles/settings.css";

const LANGUAGES = [
  ["en", "English"],
  ["de", "Deutsch"],
] as const;
const THEMES = ["auto", "light", "dark"] as const;

export function Settings(): JSX.Element {
  return (
    <main class="settings">
      <div class="settings-head">
        <button
          type="button"
          class="icon-button"
          data-testid="settings-back"
          aria-label={t("settings.back")}
          onClick={close}
        >
          <BackIcon />
        </button>
        <h1>{t("settings.heading")}</h1>
      </div>
      <Part heading={t("settings.sound")}>
        <AudioTest />
        <RingVolume />
      </Part>
      <Part heading={t("test.heading")}>
        <ConnectionTest />
      </Part>
      <Part heading={t("settings.page")}>
        <Row label={t("settings.language")}>
          <Choice name="language" options={LANGUAGES} />
        </Row>
        <Row label={t("settings.theme")}>
          <Choice name="theme" options={THEMES.map((theme) => [theme, t(`settings.theme.${theme}`)])} />
        </Row>
        <Row label={t("settings.tones")}>
          <Choice name="tones" options={COUNTRIES.map((country) => [country, t(`settings.tones.${country}`)])} />
        </Row>
        <Notifications />
        <Row label={t("settings.shortcuts")} note={t("settings.shortcuts.keys")}>
          <input
            type="checkbox"
            data-testid="setting-shortcuts"
            checked={preferences.value.shortcuts}
            onChange={(event) => prefer({ shortcuts: event.currentTarget.checked })}
          />
        </Row>
      </Part>
      <AccountPart />
    </main>
  );
}

function Part({ heading, children }: { heading: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="card settings-part" aria-label={heading}>
      <h2>{heading}</h2>
      {children}
    </section>
  );
}

function RingVolume(): JSX.Element {
  return (
    <Row label={t("settings.ring")}>
      <input
        type="range"
        data-testid="setting-ring"
        min="0"
        max="1"
        step="0.05"
        value={preferences.value.ringVolume}
        onInput={(event) => prefer({ ringVolume: event.currentTarget.valueAsNumber })}
      />
    </Row>
  );
}

function Notifications(): JSX.Element {
  const blocked = !("Notification" in window) || Notification.permission === "denied";
  const change = async (box: HTMLInputElement): Promise<void> => {
    if (box.checked) await allowNotifications();
    else prefer({ notifications: false });
    box.checked = preferences.value.notifications;
  };
  return (
    <Row label={t("settings.notifications")} {...(blocked && { note: t("settings.notifications_blocked") })}>
      <input
        type="checkbox"
        data-testid="setting-notifications"
        disabled={blocked}
        checked={preferences.value.notifications && !blocked}
        onChange={(event) => void change(event.currentTarget)}
      />
    </Row>
  );
}

function AccountPart(): JSX.Element {
  const { login = "", domain = "" } = account.value ?? {};
  return (
    <Part heading={t("settings.account")}>
      <div class="row">
        <span>
          {login}@{domain}
        </span>
        <button type="button" class="secondary danger" data-testid="sign-out" onClick={signOut}>
          {t("settings.sign_out")}
        </button>
      </div>
    </Part>
  );
}

function close(): void {
  screen.value = "phone";
}

function signOut(): void {
  close();
  goOffline();
}

function Row({ label, note, children }: { label: string; note?: string; children: ComponentChildren }): JSX.Element {
  return (
    <label class="row">
      <span>
        {label}
        {note && <span class="small">{note}</span>}
      </span>
      <span class="row-value">{children}</span>
    </label>
  );
}

type ChoiceName = "language" | "theme" | "tones";

interface ChoiceProps<K extends ChoiceName> {
  name: K;
  options: readonly (readonly [Preferences[K], string])[];
}

function Choice<K extends ChoiceName>({ name, options }: ChoiceProps<K>): JSX.Element {
  return (
    <select
      data-testid={`setting-${name}`}
      value={preferences.value[name]}
      onChange={(event) => {
        const chosen = options.find(([value]) => value === event.currentTarget.value);
        if (chosen) prefer({ [name]: chosen[0] });
      }}
    >
      {options.map(([value, text]) => (
        <option key={value} value={value} selected={value === preferences.value[name]}>
          {text}
        </option>
      ))}
    </select>
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
import type { ComponentChildren, JSX } from "preact";
import { account, screen } from "../app_state";
import { t } from "../i18n";
import { goOffline } from "../phone_line";
import { prefer, preferences, type Preferences } from "../preferences";
import { COUNTRIES, enableSound, tryRinging } from "../sound";
import { BackIcon } from "./icons";

export function Settings(): JSX.Element {
  return (
    <main class="settings card">
      <div class="card-head">
        <button type="button" class="icon-button" aria-label={t("settings.back")} onClick={close}>
          <BackIcon />
        </button>
        <h1>{t("settings.heading")}</h1>
      </div>
      <Row label={t("settings.language")}>
        <Choice name="language" options={LANGUAGES} />
      </Row>
      <Row label={t("settings.theme")}>
        <Choice name="theme" options={THEMES.map((theme) => [theme, t(`settings.theme.${theme}`)])} />
      </Row>
      <Row label={t("settings.tones")}>
        <Choice name="tones" options={COUNTRIES.map((country) => [country, t(`settings.tones.${country}`)])} />
      </Row>
      <RingVolume />
      <Row label={t("settings.notifications")}>
        <input
          type="checkbox"
          checked={preferences.value.notifications}
          onChange={(event) => void notifications(event.currentTarget)}
        />
      </Row>
      <Row label={t("settings.shortcuts")} note={t("settings.shortcuts.keys")}>
        <input
          type="checkbox"
          checked={preferences.value.shortcuts}
          onChange={(event) => prefer({ shortcuts: event.currentTarget.checked })}
        />
      </Row>
      <AccountRow />
    </main>
  );
}

const LANGUAGES = [
  ["en", "English"],
  ["de", "Deutsch"],
] as const;
const THEMES = ["auto", "light", "dark"] as const;

function RingVolume(): JSX.Element {
  const volume = preferences.value.ringVolume;
  return (
    <div class="row">
      <label for="ring-volume">{t("settings.ring")}</label>
      <span class="row-value">
        <input
          id="ring-volume"
          type="range"
          min="0"
          max="1"
          step="0.05"
          value={volume}
          onInput={(event) => prefer({ ringVolume: event.currentTarget.valueAsNumber })}
        />
        <button type="button" class="secondary" onClick={() => void enableSound().then(() => tryRinging(volume))}>
          {t("settings.ring.try")}
        </button>
      </span>
    </div>
  );
}

function AccountRow(): JSX.Element {
  return (
    <div class="row">
      <span>
        {t("settings.account")}
        <span class="small">
          {account.value?.login}@{account.value?.domain}
        </span>
      </span>
      <span class="row-value">
        <button type="button" class="secondary danger" data-testid="sign-out" onClick={signOut}>
          {t("settings.sign_out")}
        </button>
      </span>
    </div>
  );
}

function close(): void {
  screen.value = "phone";
}

function signOut(): void {
  close();
  goOffline();
}

async function notifications(box: HTMLInputElement): Promise<void> {
  const allowed = box.checked && (await Notification.requestPermission()) === "granted";
  box.checked = allowed;
  prefer({ notifications: allowed });
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

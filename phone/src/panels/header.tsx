// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { account, line, screen } from "../app_state";
import { t } from "../i18n";
import { Mark, SettingsIcon } from "./icons";

export function Header(): JSX.Element {
  const { login = "", domain = "" } = account.value ?? {};
  const inSettings = screen.value === "settings";
  return (
    <header class="header">
      <Mark />
      <span class="brand">Patchcord</span>
      <OnlineState />
      <span class="account" title={`${login}@${domain}`}>
        {login}
        <span class="account-domain">@{domain}</span>
      </span>
      <button
        type="button"
        class="icon-button"
        data-testid="settings"
        aria-label={t("settings.open")}
        aria-pressed={inSettings}
        onClick={() => (screen.value = inSettings ? "phone" : "settings")}
      >
        <SettingsIcon />
      </button>
    </header>
  );
}

/** Never by colour alone: the words say it, the dot's shape changes too. */
export function OnlineState(): JSX.Element {
  const { state } = line.value;
  return (
    <span class="online-state" data-testid="online-state" data-state={state} role="status">
      <span class="dot" aria-hidden="true" />
      {t(`line.${state}`)}
    </span>
  );
}

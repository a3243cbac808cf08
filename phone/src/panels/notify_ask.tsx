// SPDX-License-Identifier: GPL-3.0-or-later
// Asks, once and in our words, before the browser does: a hidden tab that rings needs its notifications.

import type { JSX } from "preact";
import { t } from "../i18n";
import { allowNotifications, prefer, preferences } from "../preferences";

export function NotifyAsk(): JSX.Element | null {
  const { notificationsAsked } = preferences.value;
  if (notificationsAsked || !("Notification" in window) || Notification.permission !== "default") return null;
  return (
    <div class="notice" data-testid="notify-ask">
      <span>{t("notify.ask")}</span>
      <span class="notice-actions">
        <button type="button" class="link" onClick={() => void allowNotifications()}>
          {t("notify.yes")}
        </button>
        <button type="button" class="link" onClick={() => prefer({ notificationsAsked: true })}>
          {t("notify.no")}
        </button>
      </span>
    </div>
  );
}

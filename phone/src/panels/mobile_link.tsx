// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { t } from "../i18n";

/** The demo's mobile phone, in a window of its own. */
export function MobileLink(): JSX.Element {
  return (
    <a class="link mobile-link" data-testid="open-mobile" href="/?mobile" target="_blank" rel="noopener">
      {t("demo.open_mobile")}
    </a>
  );
}

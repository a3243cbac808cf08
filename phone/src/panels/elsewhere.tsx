// SPDX-License-Identifier: GPL-3.0-or-later
// Another tab of this browser is online with this account: nothing is broken, and one click moves it here.

import type { JSX } from "preact";
import { account } from "../app_state";
import { enter } from "../enter";
import { t } from "../i18n";
import { goOffline } from "../phone_line";
import { Mark } from "./icons";

export function Elsewhere(): JSX.Element {
  const who = account.value;
  return (
    <main class="elsewhere">
      <section class="card" data-testid="elsewhere" role="status">
        <Mark size={44} />
        <h1>{t("elsewhere.heading")}</h1>
        <p>{t("elsewhere.text", { who: who?.login ?? "" })}</p>
        <button
          type="button"
          class="primary"
          data-testid="take-over"
          onClick={() => who && enter(who, { steal: true })}
        >
          {t("elsewhere.take")}
        </button>
        <button type="button" class="link" onClick={goOffline}>
          {t("elsewhere.other")}
        </button>
      </section>
    </main>
  );
}

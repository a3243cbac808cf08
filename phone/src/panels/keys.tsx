// SPDX-License-Identifier: GPL-3.0-or-later
// The list of keys, on `?`.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { keysShown } from "../app_state";
import { t } from "../i18n";
import { CloseIcon } from "./icons";

export function Keys(): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const rows = [
    ["A", t("keys.answer")],
    ["X", t("keys.hangup")],
    ["M", t("keys.mute")],
    ["0 – 9 * #", t("keys.digits")],
    ["Esc", t("keys.close")],
    ["?", t("keys.list")],
  ];
  return (
    <section class="card keys" aria-labelledby="keys-heading" data-testid="keys">
      <div class="card-head">
        <h2 id="keys-heading" ref={heading} tabIndex={-1}>
          {t("keys.heading")}
        </h2>
        <button
          type="button"
          class="icon-button"
          aria-label={t("ended.dismiss")}
          onClick={() => (keysShown.value = false)}
        >
          <CloseIcon />
        </button>
      </div>
      <dl>
        {rows.map(([key, act]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{act}</dd>
          </div>
        ))}
      </dl>
      <p class="small">{t("keys.where")}</p>
    </section>
  );
}

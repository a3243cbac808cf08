// SPDX-License-Identifier: GPL-3.0-or-later
// The number field, the pad under it, and the green button: type, paste or press; Enter dials.

import type { JSX } from "preact";
import { canDial, number } from "../app_state";
import { t } from "../i18n";
import { toDial } from "../number";
import { dial } from "../phone_line";
import { recents } from "../recents";
import { beep, enableSound } from "../sound";
import { Keypad } from "./keypad";
import { DeleteIcon, PhoneIcon } from "./icons";

export function Dialer(): JSX.Element {
  const dialled = toDial(number.value);
  const last = recents.value.find((recent) => !recent.incoming)?.number ?? "";

  const call = (event: Event): void => {
    event.preventDefault();
    void enableSound();
    if (dialled) dial();
    else if (last) number.value = last;
  };
  const press = (key: string): void => {
    beep(key);
    number.value += key;
  };

  return (
    <form class="dialer" onSubmit={call}>
      <NumberField />
      <p class="dials" data-testid="dials">
        {dialled && dialled !== number.value ? t("dial.dials", { number: dialled }) : " "}
      </p>
      <Keypad label={t("dial.pad")} onKey={press} />
      <div class="call-row">
        <button
          type="submit"
          class="round green"
          data-testid="call"
          aria-label={dialled || !last ? t("dial.call") : t("dial.redial")}
          disabled={!canDial.value || (!dialled && !last)}
        >
          <PhoneIcon size={30} />
        </button>
      </div>
    </form>
  );
}

function NumberField(): JSX.Element {
  return (
    <div class="number-row">
      <input
        class="number"
        data-testid="number"
        type="text"
        aria-label={t("dial.number")}
        placeholder={t("dial.number")}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        enterkeyhint="go"
        value={number.value}
        data-long={number.value.length > 14}
        onInput={(event) => (number.value = event.currentTarget.value)}
      />
      {number.value && (
        <button
          type="button"
          class="icon-button"
          data-testid="delete"
          aria-label={t("dial.delete")}
          onClick={() => (number.value = number.value.slice(0, -1))}
        >
          <DeleteIcon />
        </button>
      )}
    </div>
  );
}

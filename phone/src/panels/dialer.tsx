// SPDX-License-Identifier: GPL-3.0-or-later
// The number field, the pad under it, and the green button: type, paste or press; Enter dials. Under the
// field stands exactly what will be dialled.

import type { JSX } from "preact";
import { canDial, microphoneUnasked, number } from "../app_state";
import { gatewayConfig } from "../config";
import { t } from "../i18n";
import { retype, toDial } from "../number";
import { countryOf, formatNumber } from "../number_format";
import { dial } from "../phone_call";
import { recents } from "../recents";
import { beep, enableSound } from "../sound";
import { Keypad } from "./keypad";
import { DeleteIcon, PhoneIcon } from "./icons";
import { MobileLink } from "./mobile_link";

export function Dialer(): JSX.Element {
  const dialled = toDial(number.value);
  const last = recents.value.find((recent) => !recent.incoming)?.number ?? "";

  const call = (event: Event): void => {
    event.preventDefault();
    void enableSound();
    if (dialled) dial();
    else if (last) number.value = formatNumber(last);
  };
  const press = (key: string): void => {
    beep(key);
    type(number.value + key);
  };

  return (
    <form class="dialer" onSubmit={call}>
      <NumberField />
      <WillDial dialled={dialled} />
      <Keypad label={t("dial.pad")} onKey={press} />
      {microphoneUnasked.value && <p class="notice">{t("dial.microphone")}</p>}
      <DemoCalls />
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

const type = (text: string): void => {
  number.value = retype(number.value, text, formatNumber);
};

function WillDial({ dialled }: { dialled: string }): JSX.Element {
  const country = countryOf(number.value);
  return (
    <p class="dials" data-testid="dials">
      {dialled ? t("dial.dials", { number: dialled }) : " "}
      {country && ` · ${country}`}
    </p>
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
        dir="ltr"
        value={number.value}
        data-long={number.value.length > 14}
        onInput={({ currentTarget: field }) => {
          const { value, selectionStart } = field;
          // In the middle of a number nothing moves under the caret.
          if (selectionStart === value.length) type(value);
          else number.value = value;
          field.value = number.value;
        }}
      />
      {number.value && (
        <button
          type="button"
          class="icon-button"
          data-testid="delete"
          aria-label={t("dial.delete")}
          onClick={() => type(number.value.slice(0, -1))}
        >
          <DeleteIcon />
        </button>
      )}
    </div>
  );
}

/** What to try first on a demo gateway. */
function DemoCalls(): JSX.Element | null {
  const { demo, mobile } = gatewayConfig.value;
  if (!demo || number.value) return null;
  const call = (to: string): void => {
    void enableSound();
    dial(to);
  };
  return (
    <div class="demo-calls">
      <button type="button" class="chip" data-testid="demo-echo" disabled={!canDial.value} onClick={() => call("600")}>
        {t("demo.echo")} <span class="small">{t("demo.echo_hint")}</span>
      </button>
      {mobile && (
        <>
          <button
            type="button"
            class="chip"
            data-testid="demo-call-mobile"
            disabled={!canDial.value}
            onClick={() => call(mobile.number)}
          >
            {t("demo.mobile")} <span class="small">{formatNumber(mobile.number)}</span>
          </button>
          <MobileLink />
        </>
      )}
    </div>
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The mobile phone of the demo, in a second window: switched on by one click, it waits, rings and talks.

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { call, line, signedIn } from "../app_state";
import { gatewayConfig } from "../config";
import { enter } from "../enter";
import { t } from "../i18n";
import { formatNumber } from "../number_format";
import { goOffline } from "../phone_line";
import { preferences } from "../preferences";
import { CallCard } from "./call_card";
import { EndedNotice } from "./ended_notice";
import { OnlineState } from "./header";
import { PhoneIcon } from "./icons";
import { IncomingCard } from "./incoming_card";
import { LineNotice, NoticeBar } from "./notices";
import { SignInProblem } from "./sign_in_problem";
import "../styles/dialer.css";
import "../styles/call.css";
import "../styles/mobile.css";

export function MobilePhone(): JSX.Element {
  const current = call.value;
  return (
    <main class="mobile-page">
      <div class="mobile-phone card" data-testid="mobile" data-call={current ? current.phase : "none"}>
        <div class="mobile-top">
          <Clock />
          <OnlineState />
        </div>
        <NoticeBar />
        {signedIn.value && <LineNotice />}
        {current?.phase === "incoming" && <IncomingCard call={current} />}
        {current && current.phase !== "incoming" && <CallCard call={current} />}
        {!current && <Idle />}
      </div>
    </main>
  );
}

function Idle(): JSX.Element {
  const { mobile, domain } = gatewayConfig.value;
  const number = formatNumber(mobile?.number ?? "");
  const on = signedIn.value;
  const switchOn = (): void => {
    if (mobile) enter({ ...mobile, domain, outboundProxy: "", authenticationName: "" });
  };
  return (
    <div class="mobile-idle">
      <EndedNotice />
      <div class="avatar" aria-hidden="true">
        <PhoneIcon size={40} />
      </div>
      <h1>{t("mobile.title")}</h1>
      <p class="mobile-number">{number}</p>
      {!on && <p class="small">{t("mobile.about", { number })}</p>}
      <SignInProblem />
      {on ? (
        <>
          <p class="mobile-ready" role="status">
            {t("mobile.ready")}
          </p>
          <button type="button" class="secondary" data-testid="mobile-off" onClick={goOffline}>
            {t("mobile.off")}
          </button>
        </>
      ) : (
        <button
          type="button"
          class="primary"
          data-testid="mobile-on"
          aria-disabled={line.value.state === "connecting"}
          onClick={switchOn}
        >
          {line.value.state === "connecting" ? t("sign_in.busy") : t("mobile.on")}
        </button>
      )}
    </div>
  );
}

function Clock(): JSX.Element {
  const now = useSignal(new Date());
  useEffect(() => {
    const timer = setInterval(() => (now.value = new Date()), 10_000);
    return () => clearInterval(timer);
  }, [now]);
  const text = now.value.toLocaleTimeString(preferences.value.language, { hour: "2-digit", minute: "2-digit" });
  return <span class="mobile-clock">{text}</span>;
}

// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { call } from "../app_state";
import { CallCard } from "./call_card";
import { Dialer } from "./dialer";
import { EndedNotice } from "./ended_notice";
import { IncomingCard } from "./incoming_card";
import { LineNotice, NoticeBar } from "./notices";
import { NotifyAsk } from "./notify_ask";
import { RecentsPanel } from "./recents_panel";
import "../styles/dialer.css";
import "../styles/call.css";
import "../styles/recents.css";

export function PhoneScreen(): JSX.Element {
  const current = call.value;
  // A narrow screen may be scrolled down to the recent calls; a call begins and ends at the top.
  useEffect(() => window.scrollTo(0, 0), [current?.id]);
  return (
    <main class="phone">
      <div class="card handset" data-call={current ? current.phase : "none"}>
        <LineNotice />
        <NoticeBar />
        {current?.phase === "incoming" && <IncomingCard call={current} />}
        {current && current.phase !== "incoming" && <CallCard call={current} />}
        {!current && <EndedNotice />}
        {!current && <NotifyAsk />}
        {!current && <Dialer />}
      </div>
      <RecentsPanel />
    </main>
  );
}

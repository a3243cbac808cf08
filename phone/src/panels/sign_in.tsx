// SPDX-License-Identifier: GPL-3.0-or-later
// The first screen. Whatever button goes online is also the gesture that lets the page ring later.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { JSX } from "preact";
import { account, line } from "../app_state";
import { gatewayConfig } from "../config";
import { enter } from "../enter";
import { faultyField } from "../failures";
import { t } from "../i18n";
import { goOffline } from "../phone_line";
import { AccountForm } from "./account_form";
import { OnlineState } from "./header";
import { CordPicture, Mark, PhoneIcon } from "./icons";
import { later } from "./later";
import { MobileLink } from "./mobile_link";
import { NoticeBar } from "./notices";
import { SignInProblem } from "./sign_in_problem";

const AudioTest = later(() => import("./audio_test").then((module) => module.AudioTest));

/** When to say that the SIP side has not answered yet. */
const SLOW_MS = 5_000;

export function SignIn(): JSX.Element {
  const { demo, mobile } = gatewayConfig.value;
  // A login that failed is put right in the form, whoever was chosen.
  const failed = line.value.state === "offline" && faultyField(line.value.error?.reason) !== undefined;
  return (
    <main class="welcome">
      <section class="welcome-side">
        <div class="welcome-brand">
          <Mark size={44} />
          <span class="brand">Patchcord</span>
        </div>
        <h1>{t("sign_in.lead")}</h1>
        <p>{t("sign_in.about")}</p>
        <CordPicture />
      </section>
      <section class="card sign-in" aria-labelledby="sign-in-heading">
        <div class="card-head">
          <h2 id="sign-in-heading">{t("sign_in.heading")}</h2>
          <OnlineState />
        </div>
        <NoticeBar />
        <SignInProblem />
        {demo && <DemoAccounts />}
        {demo ? (
          <details class="own" open={failed}>
            <summary>{t("sign_in.own")}</summary>
            <AccountForm />
          </details>
        ) : (
          <AccountForm />
        )}
        <Waiting />
        <TestAudio />
        {mobile && <MobileLink />}
      </section>
    </main>
  );
}

function DemoAccounts(): JSX.Element {
  const { users, domain } = gatewayConfig.value;
  const busy = line.value.state === "connecting";
  return (
    <div class="demo">
      <p>{t("sign_in.demo")}</p>
      {users.map((user) => (
        <button
          type="button"
          key={user.login}
          class="primary demo-user"
          data-testid={`demo-${user.login}`}
          aria-disabled={busy}
          onClick={() => enter({ ...user, domain, outboundProxy: "", authenticationName: "" })}
        >
          <PhoneIcon size={20} />
          {busy && account.value?.login === user.login
            ? t("sign_in.busy")
            : t("sign_in.demo_as", { login: user.login })}
        </button>
      ))}
    </div>
  );
}

function TestAudio(): JSX.Element {
  const open = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="link"
        data-testid="test-audio"
        aria-expanded={open.value}
        onClick={() => (open.value = !open.value)}
      >
        {t("sign_in.test")}
      </button>
      {open.value && <AudioTest />}
    </>
  );
}

function Waiting(): JSX.Element | null {
  const slow = useSignal(false);
  // The gateway has said that the SIP server is silent; it goes on asking.
  const silent = line.value.state === "unregistered";
  const busy = silent || line.value.state === "connecting";
  useEffect(() => {
    slow.value = false;
    if (!busy) return;
    const timer = setTimeout(() => (slow.value = true), SLOW_MS);
    return () => clearTimeout(timer);
  }, [busy, slow]);
  if (!busy) return null;
  return (
    <div class="waiting" role="status">
      {(silent || slow.value) && <p data-testid="sign-in-slow">{t("sign_in.slow")}</p>}
      <button type="button" class="link" data-testid="sign-in-cancel" onClick={goOffline}>
        {t("sign_in.cancel")}
      </button>
    </div>
  );
}

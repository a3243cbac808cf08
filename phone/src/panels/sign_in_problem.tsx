// SPDX-License-Identifier: GPL-3.0-or-later
// Why going online failed, where no field is at fault: the network, the gateway, the phone company.

import type { JSX } from "preact";
import { line } from "../app_state";
import { faultyField } from "../failures";
import { errorWords, t } from "../i18n";
import { retry } from "../phone_line";
import { reportOf } from "../report";
import { CopyButton } from "./copy_button";
import { AlertIcon } from "./icons";

export function SignInProblem(): JSX.Element | null {
  const error = line.value.state === "offline" ? line.value.error : undefined;
  if (!error || faultyField(error.reason)) return null;
  const { text, hint } = errorWords(error);
  return (
    <div class="problem" role="alert" data-testid="sign-in-error" data-reason={error.reason}>
      <AlertIcon />
      <div>
        <strong>{text}</strong>
        {hint && <p>{hint}</p>}
        {error.sip?.status && (
          <p class="small">
            SIP {error.sip.status} {error.sip.reason}
          </p>
        )}
        <p class="problem-actions">
          <button type="button" class="secondary" data-testid="sign-in-retry" onClick={() => retry()}>
            {t("line.retry")}
          </button>
          <CopyButton label={t("sign_in.copy")} text={() => reportOf(error)} />
        </p>
      </div>
    </div>
  );
}

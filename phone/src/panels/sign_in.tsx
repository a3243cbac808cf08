// SPDX-License-Identifier: GPL-3.0-or-later
// The first screen. Its button is also the gesture that lets the page ring later.

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import { account, line, type Account } from "../app_state";
import { gatewayConfig } from "../config";
import { errorWords, t } from "../i18n";
import { goOffline, goOnline } from "../phone_line";
import { lastAccount } from "../preferences";
import { chirp, enableSound } from "../sound";
import { OnlineState } from "./header";
import { AlertIcon, CordPicture, Mark } from "./icons";

const NOBODY: Account = { login: "", password: "", domain: "", outboundProxy: "", authenticationName: "" };

type Form = Signal<Account>;

export function SignIn(): JSX.Element {
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
      <AccountForm />
    </main>
  );
}

function AccountForm(): JSX.Element {
  const form = useSignal<Account>({ ...NOBODY, ...lastAccount.load(), ...account.value });
  useSuggestions(form);
  const busy = line.value.state === "connecting";
  const submit = (event: Event): void => {
    event.preventDefault();
    if (busy) return;
    void enableSound().then(chirp);
    lastAccount.save(form.value);
    goOnline(form.value);
  };
  return (
    <form class="card sign-in" onSubmit={submit}>
      <div class="card-head">
        <h2>{t("sign_in.heading")}</h2>
        <OnlineState />
      </div>
      <Problem />
      <DemoAccounts form={form} />
      <Field form={form} name="login" label={t("sign_in.login")} autocomplete="username" />
      <Field form={form} name="password" label={t("sign_in.password")} autocomplete="current-password" />
      <Field form={form} name="domain" label={t("sign_in.domain")} placeholder={t("sign_in.domain_hint")} />
      <details open={form.peek().outboundProxy + form.peek().authenticationName !== ""}>
        <summary>{t("sign_in.more")}</summary>
        <Field form={form} name="outboundProxy" label={t("sign_in.proxy")} placeholder={t("sign_in.optional")} />
        <Field
          form={form}
          name="authenticationName"
          label={t("sign_in.auth_name")}
          placeholder={t("sign_in.optional")}
        />
      </details>
      <button type="submit" class="primary" data-testid="sign-in" aria-disabled={busy}>
        {busy ? t("sign_in.busy") : t("sign_in.submit")}
      </button>
      {busy && (
        <button type="button" class="link" onClick={goOffline}>
          {t("sign_in.cancel")}
        </button>
      )}
      <p class="small">{t("sign_in.private")}</p>
    </form>
  );
}

/** The gateway's suggestions come a moment after the page; they fill only what is still empty. */
function useSuggestions(form: Form): void {
  const config = gatewayConfig.value;
  useEffect(() => {
    const { login, password, domain } = form.peek();
    const user = config.users.find((known) => known.login === login) ?? (login ? undefined : config.users[0]);
    form.value = { ...form.peek(), ...(!password && user), domain: domain || config.domain };
  }, [config, form]);
}

function DemoAccounts({ form }: { form: Form }): JSX.Element | null {
  const { users, domain } = gatewayConfig.value;
  if (users.length === 0) return null;
  return (
    <div class="demo">
      <p>{t("sign_in.demo")}</p>
      {users.map((user) => (
        <button
          type="button"
          key={user.login}
          class="chip"
          aria-pressed={user.login === form.value.login}
          onClick={() => (form.value = { ...form.value, ...user, domain: domain || form.value.domain })}
        >
          {user.login}
        </button>
      ))}
    </div>
  );
}

interface FieldProps {
  form: Form;
  name: keyof Account;
  label: string;
  placeholder?: string;
  autocomplete?: "username" | "current-password";
}

const TEST_ID: Partial<Record<keyof Account, string>> = {
  outboundProxy: "outbound-proxy",
  authenticationName: "auth-name",
};

function Field({ form, name, label, placeholder, autocomplete }: FieldProps): JSX.Element {
  const common = {
    name,
    value: form.value[name],
    required: name === "login" || name === "domain",
    autocomplete: autocomplete ?? "off",
    autocapitalize: "off",
    spellcheck: false,
    "data-testid": TEST_ID[name] ?? name,
    onInput: (event: { currentTarget: HTMLInputElement }) =>
      (form.value = { ...form.value, [name]: event.currentTarget.value }),
    ...(placeholder && { placeholder }),
  } as const;
  return (
    <label class="field">
      <span>{label}</span>
      {name === "password" ? <input type="password" {...common} /> : <input type="text" {...common} />}
    </label>
  );
}

function Problem(): JSX.Element | null {
  const panel = useRef<HTMLDivElement>(null);
  const error = line.value.state === "offline" ? line.value.error : undefined;
  // The cursor goes where the mistake is.
  useEffect(() => {
    if (error?.reason === "auth_rejected")
      panel.current?.closest("form")?.querySelector<HTMLInputElement>("input[name=password]")?.select();
  }, [error]);
  if (!error) return null;
  const { text, hint } = errorWords(error);
  return (
    <div ref={panel} class="problem" role="alert" data-testid="sign-in-error" data-reason={error.reason}>
      <AlertIcon />
      <div>
        <strong>{text}</strong>
        {hint && <p>{hint}</p>}
        {error.sip?.status && (
          <p class="small">
            SIP {error.sip.status} {error.sip.reason}
          </p>
        )}
      </div>
    </div>
  );
}

// SPDX-License-Identifier: GPL-3.0-or-later
// The SIP account: three fields, and two more for those who need them. What is wrong with a field stands
// under it, and the cursor goes there.

import { useSignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { JSX } from "preact";
import { account, line, type Account } from "../app_state";
import { gatewayConfig } from "../config";
import { enter } from "../enter";
import { faultyField } from "../failures";
import { errorWords, t } from "../i18n";
import { lastAccount } from "../preferences";

const NOBODY: Account = { login: "", password: "", domain: "", outboundProxy: "", authenticationName: "" };
const REQUIRED = ["login", "password", "domain"] as const;

interface Form {
  values: Signal<Account>;
  /** Fields that were empty when the form was sent. */
  missing: Signal<readonly (keyof Account)[]>;
}

export function AccountForm(): JSX.Element {
  const values = useSignal<Account>({ ...NOBODY, ...lastAccount.load(), ...account.value });
  const missing = useSignal<readonly (keyof Account)[]>([]);
  const form: Form = { values, missing };
  const element = useRef<HTMLFormElement>(null);
  useSuggestedDomain(values);
  useFocusOnFault(element);

  const busy = line.value.state === "connecting";
  const submit = (event: Event): void => {
    event.preventDefault();
    missing.value = REQUIRED.filter((name) => !values.value[name].trim());
    const [first] = missing.value;
    if (first) return focusField(element.current, first);
    lastAccount.save(values.value);
    enter(values.value);
  };
  const { outboundProxy, authenticationName } = values.peek();
  return (
    <form ref={element} class="account-form" noValidate onSubmit={submit}>
      <Field form={form} name="login" label={t("sign_in.login")} autocomplete="username" />
      <Field form={form} name="password" label={t("sign_in.password")} autocomplete="current-password" />
      <Field form={form} name="domain" label={t("sign_in.domain")} placeholder={t("sign_in.domain_hint")} />
      <details open={outboundProxy + authenticationName !== ""}>
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
      <p class="small">{t("sign_in.private")}</p>
    </form>
  );
}

/** The gateway's suggestion comes a moment after the page; it fills only what is still empty. */
function useSuggestedDomain(values: Signal<Account>): void {
  const { domain } = gatewayConfig.value;
  useEffect(() => {
    if (domain && !values.peek().domain) values.value = { ...values.peek(), domain };
  }, [domain, values]);
}

function focusField(form: HTMLFormElement | null, name: keyof Account): void {
  form?.querySelector<HTMLInputElement>(`input[name=${name}]`)?.select();
}

/** The cursor goes where the mistake is. */
function useFocusOnFault(form: { current: HTMLFormElement | null }): void {
  const error = line.value.state === "offline" ? line.value.error : undefined;
  useEffect(() => {
    const fault = faultyField(error?.reason);
    if (fault) focusField(form.current, fault);
  }, [error, form]);
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
  const problem = problemOf(form, name);
  const problemId = `problem-${name}`;
  const common = {
    name,
    value: form.values.value[name],
    autocomplete: autocomplete ?? "off",
    autocapitalize: "off",
    spellcheck: false,
    "data-testid": TEST_ID[name] ?? name,
    onInput: (event: { currentTarget: HTMLInputElement }) => {
      form.values.value = { ...form.values.value, [name]: event.currentTarget.value };
      form.missing.value = form.missing.value.filter((field) => field !== name);
    },
    ...(placeholder && { placeholder }),
    ...(problem && { "aria-invalid": true, "aria-describedby": problemId }),
  } as const;
  return (
    <div class="field">
      <label>
        <span>{label}</span>
        {name === "password" ? <input type="password" {...common} /> : <input type="text" {...common} />}
      </label>
      {problem && (
        <p id={problemId} class="field-problem" role="alert" data-testid="sign-in-error" data-reason={problem.reason}>
          {problem.text}
        </p>
      )}
    </div>
  );
}

function problemOf({ missing }: Form, name: keyof Account): { reason: string; text: string } | undefined {
  if (missing.value.includes(name)) return { reason: "missing", text: t("sign_in.missing") };
  const error = line.value.state === "offline" ? line.value.error : undefined;
  if (!error || faultyField(error.reason) !== name) return undefined;
  const { text, hint } = errorWords(error);
  return { reason: error.reason, text: `${text} ${hint}` };
}

// SPDX-License-Identifier: GPL-3.0-or-later
// t("key", {values}): the page's words in the user's language. English is in the first load, any other
// language comes when it is chosen. The types make a missing or a superfluous key an error.

import { effect, signal } from "@preact/signals";
import type { PhoneError } from "@patchcord/websdk";
import { preferences } from "./preferences";
import { en, type Catalogue, type TextKey } from "./texts/en";

const LOADERS = { en: () => Promise.resolve(en), de: () => import("./texts/de").then((module) => module.de) };

const catalogue = signal<Catalogue>(en);

export function loadLanguage(): void {
  effect(() => {
    const { language } = preferences.value;
    void LOADERS[language]().then((loaded) => {
      if (language !== preferences.peek().language) return;
      catalogue.value = loaded;
      document.documentElement.lang = language;
    });
  });
}

type Values = Readonly<Record<string, string | number>>;

const fill = (text: string, values: Values): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));

export function t(key: TextKey, values: Values = {}): string {
  return fill(catalogue.value.texts[key], values);
}

export interface ErrorWords {
  text: string;
  hint: string;
}

/** An error in the user's language; the SDK's own English where the catalogue has no words for it. */
export function errorWords(error: PhoneError, number = ""): ErrorWords {
  const [text, hint] = catalogue.value.reasons[error.reason] ?? [error.message, error.hint];
  const values = { number, host: location.host, status: error.sip?.status ? ` (${error.sip.status})` : "" };
  return { text: fill(text, values), hint };
}

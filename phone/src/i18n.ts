// SPDX-License-Identifier: GPL-3.0-or-later
// t("key", {values}): the page's words in the user's language. English is in the first load, any other
// language comes when it is chosen. The types make a missing or a superfluous key an error.

import { effect, signal } from "@preact/signals";
import type { PhoneError, Reason } from "@patchcord/websdk";
import { preferences } from "./preferences";
import { en, type Catalogue, type TextKey } from "./texts/en";

const LOADERS = { en: () => Promise.resolve(en), de: () => import("./texts/de").then((module) => module.de) };

const catalogue = signal<Catalogue>(en);

export function loadLanguage(): void {
  effect(() => {
    const { language } = preferences.value;
    void LOADERS[language]().then((loaded) => {
      if (language === preferences.peek().language) catalogue.value = loaded;
    });
  });
}

export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return catalogue.value.texts[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export interface ErrorWords {
  text: string;
  hint: string;
}

/** An error in the user's language; the SDK's own English where the catalogue has no words for it. */
export function errorWords(error: PhoneError): ErrorWords {
  const reasons: Partial<Record<Reason, readonly [text: string, hint: string]>> = catalogue.value.reasons;
  const [text, hint] = reasons[error.reason] ?? [error.message, error.hint];
  return { text, hint };
}

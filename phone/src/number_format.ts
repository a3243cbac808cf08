// SPDX-License-Identifier: GPL-3.0-or-later
// Phone numbers as people write them, and the country they are of. The tables are large: they come after the
// first paint, and until then a number is shown as it was typed.

import { signal } from "@preact/signals";
import type { CountryCode } from "libphonenumber-js/min";
import { classify, toDial } from "./number";
import { preferences } from "./preferences";

type Library = typeof import("libphonenumber-js/min");

const library = signal<Library | undefined>(undefined);

export function loadNumberTables(): void {
  import("libphonenumber-js/min").then(
    (loaded) => (library.value = loaded),
    () => undefined, // then numbers stay as they are typed
  );
}

/** The country whose national numbers are meant: that of the browser's region. */
function homeCountry({ isSupportedCountry }: Library): CountryCode | undefined {
  const region = new Intl.Locale(navigator.language).maximize().region;
  return region && isSupportedCountry(region) ? region : undefined;
}

/** The numbers of films and demos, which no table knows: +1 555 0100 to +1 555 0199. */
const FICTION = /^\+1555(01\d\d)$/;

/** The digits of a phone number with the spaces of its country; anything else as it is. */
export function formatNumber(text: string): string {
  if (!library.value || classify(text) !== "phone") return text;
  const fiction = FICTION.exec(toDial(text))?.[1];
  if (fiction) return `+1 555 ${fiction}`;
  return new library.value.AsYouType(homeCountry(library.value)).input(toDial(text));
}

/** "Germany", for a number that names its country. */
export function countryOf(text: string): string {
  if (!library.value || classify(text) !== "phone") return "";
  const typed = new library.value.AsYouType(homeCountry(library.value));
  typed.input(toDial(text));
  const country = typed.getCountry();
  if (!country || !typed.isInternational()) return "";
  return new Intl.DisplayNames([preferences.value.language], { type: "region" }).of(country) ?? "";
}

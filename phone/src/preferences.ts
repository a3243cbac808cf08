// SPDX-License-Identifier: GPL-3.0-or-later
// What the user chose for this browser, and the account of the last time without its password.

import { effect, signal } from "@preact/signals";
import { COUNTRIES, type Country } from "./sound";
import { load, save } from "./storage";

export interface Preferences {
  theme: "auto" | "light" | "dark";
  language: "en" | "de";
  tones: Country;
  ringVolume: number;
  shortcuts: boolean;
  notifications: boolean;
  /** Ids of devices, or "default". */
  mic: string;
  speaker: string;
  ringer: string;
  /** Of the other side, 0 to 100. */
  callVolume: number;
  /** The user was asked about notifications in this browser. */
  notificationsAsked: boolean;
}

const german = navigator.language.startsWith("de");
const DEFAULTS: Preferences = {
  theme: "auto",
  language: german ? "de" : "en",
  tones: countryOf(navigator.language),
  ringVolume: 0.7,
  shortcuts: true,
  notifications: false,
  mic: "default",
  speaker: "default",
  ringer: "default",
  callVolume: 100,
  notificationsAsked: false,
};

function countryOf(language: string): Country {
  const region = language.split("-")[1]?.toLowerCase() ?? language.toLowerCase();
  return COUNTRIES.find((country) => country === region) ?? (region === "gb" ? "uk" : "us");
}

function isPreferences(value: unknown): value is Partial<Preferences> {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).every(([key, one]) => typeof one === typeof DEFAULTS[key as keyof Preferences]);
}

export const preferences = signal<Preferences>({
  ...DEFAULTS,
  ...load<Partial<Preferences>>("preferences", {}, isPreferences),
});

export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
  save("preferences", preferences.value);
}

/** Lets the browser ask, and keeps the answer. */
export async function allowNotifications(): Promise<void> {
  const notifications = (await Notification.requestPermission()) === "granted";
  prefer({ notifications, notificationsAsked: true });
}

/** The theme as an attribute of the page, for the style sheet. */
export function applyTheme(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = preferences.value.theme;
  });
}

export interface LastAccount {
  login: string;
  domain: string;
  outboundProxy: string;
  authenticationName: string;
}

export const lastAccount = {
  load: (): LastAccount | null => load<LastAccount | null>("account", null, isLastAccount),
  save: ({ login, domain, outboundProxy, authenticationName }: LastAccount): void =>
    save("account", { login, domain, outboundProxy, authenticationName }),
};

function isLastAccount(value: unknown): value is LastAccount | null {
  const fields = ["login", "domain", "outboundProxy", "authenticationName"];
  return fields.every((field) => typeof (value as Record<string, unknown> | null)?.[field] === "string");
}

// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { keysShown, line, screen, signedIn, soundReady } from "../app_state";
import { t } from "../i18n";
import { enableSound } from "../sound";
import { Header } from "./header";
import { later } from "./later";
import { SignIn } from "./sign_in";

/** Comes while the user signs in. */
export const PhoneScreen = later(() => import("./phone_screen").then((module) => module.PhoneScreen));
const Elsewhere = later(() => import("./elsewhere").then((module) => module.Elsewhere));
const Settings = later(() => import("./settings").then((module) => module.Settings));
const Keys = later(() => import("./keys").then((module) => module.Keys));
const MobilePhone = later(() => import("./mobile_phone").then((module) => module.MobilePhone));

/** `/?mobile` is the mobile phone of the demo. */
const isMobile = new URLSearchParams(location.search).has("mobile");

export function App(): JSX.Element {
  if (line.value.state === "elsewhere") return <Elsewhere />;
  if (isMobile) return <MobilePhone />;
  if (!signedIn.value) return <SignIn />;
  return (
    <div class="page">
      <Header />
      <SoundBlocked />
      {keysShown.value && <Keys />}
      {screen.value === "settings" ? <Settings /> : <PhoneScreen />}
    </div>
  );
}

export function SoundBlocked(): JSX.Element | null {
  if (soundReady.value) return null;
  return (
    <button type="button" class="notice notice-warn" data-testid="sound-blocked" onClick={() => void enableSound()}>
      {t("sound.blocked")}
    </button>
  );
}

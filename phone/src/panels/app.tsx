// SPDX-License-Identifier: GPL-3.0-or-later
import type { JSX } from "preact";
import { screen, signedIn, soundReady } from "../app_state";
import { t } from "../i18n";
import { enableSound } from "../sound";
import { Header } from "./header";
import { PhoneScreen } from "./phone_screen";
import { Settings } from "./settings";
import { SignIn } from "./sign_in";

export function App(): JSX.Element {
  if (!signedIn.value) return <SignIn />;
  return (
    <div class="page">
      <Header />
      {!soundReady.value && (
        <button type="button" class="notice notice-warn" onClick={() => void enableSound()}>
          {t("sound.blocked")}
        </button>
      )}
      {screen.value === "settings" ? <Settings /> : <PhoneScreen />}
    </div>
  );
}
